#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "ports/store.h"
#include "sim/stored_state.h"
#include "sim/world.h"

namespace hearth::sim {

/// The Store of the manager, on its disk: it outlives the manager's processes. A commit happens at
/// one instant, completely or not at all.
///
/// A failed commit might have been done, and is then retried. The last commits can be lost if the
/// disk did not keep its promise, which shows when the process crashes.
class SimStore final : public Store {
 public:
  /// The most commits that lose_last() loses.
  static constexpr std::size_t kLostMax = 8;

  struct Hooks {
    /// Before a commit that will be done. False: the process died instead.
    std::function<bool()> on_commit;
    std::function<void()> on_committed;
  };
  SimStore(World& world, Hooks hooks) : world_(world), hooks_(std::move(hooks)) {}

  Result<Snapshot> load() override { return state_.snapshot(); }
  Result<void> commit(const std::vector<Write>& writes) override;
  /// Always empty: only followers of long past events read from here.
  Result<std::vector<ClusterEvent>> events_after(std::uint64_t, std::size_t) override { return {}; }

  /// Always empty, likewise.
  Result<History> history_of(const WorkloadName&) override { return {}; }

  /// Commits fail until this is reset.
  void set_fails(bool fails) { fails_ = fails; }
  bool fails() const { return fails_; }
  const StoredState& state() const { return state_; }

  /// Goes back by `commits`, or by as many as can be lost; returns how many. Only commits that
  /// recorded observations are lost: which nodes live, how instances fare, what is gone. The
  /// Checker describes what losing others would break.
  std::size_t lose_last(std::size_t commits);

 private:
  World& world_;
  Hooks hooks_;
  StoredState state_;
  std::deque<StoredState> before_;  ///< The states before the last commits that can be lost.
  bool fails_ = false;
};

}  // namespace hearth::sim
