#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "ports/store.h"
#include "sim/stored_state.h"
#include "sim/world.h"

namespace hearth::sim {

/// The Store of the manager, on its disk: it outlives the manager's processes. A commit happens at
/// one instant, all of it or nothing.
///
/// One that fails may have been done all the same, and is then tried again. The last ones can be
/// lost where the disk did not keep what it promised, which a crash of the process brings to light.
class SimStore final : public Store {
 public:
  /// Lost by lose_last() at most.
  static constexpr std::size_t kLostMax = 8;

  struct Hooks {
    /// Before a commit that will be done. False: the process died instead.
    std::function<bool()> on_commit;
    std::function<void()> on_committed;
  };
  SimStore(World& world, Hooks hooks) : world_(world), hooks_(std::move(hooks)) {}

  Result<Snapshot> load() override { return state_.snapshot(); }
  Result<void> commit(const std::vector<Write>& writes) override;
  /// None: what the shell asks for goes to who follows the events of long ago.
  Result<std::vector<ClusterEvent>> events_after(std::uint64_t, std::size_t) override { return {}; }

  /// Commits fail until further notice.
  void set_fails(bool fails) { fails_ = fails; }
  bool fails() const { return fails_; }
  const StoredState& state() const { return state_; }

  /// Goes back by as many commits as it is told, or as may be lost; returns how many. Lost are only
  /// commits that told of what was seen: which nodes live, how instances fare, what is gone. What
  /// else would be broken promises, the Checker says.
  std::size_t lose_last(std::size_t commits);

 private:
  World& world_;
  Hooks hooks_;
  StoredState state_;
  std::deque<StoredState> before_;  ///< The states before the last commits that may be lost.
  bool fails_ = false;
};

}  // namespace hearth::sim
