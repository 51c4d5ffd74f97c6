#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/operations/container_messages.h"
#include "core/operations/operation.h"
#include "model/container.h"
#include "model/ids.h"
#include "model/instance_spec.h"

namespace hearth::core {

/// The containers that the runtime has of one instance: which of them serves it, and how the others
/// are got rid of. One that does not serve is stopped and then removed; an adopted one is stopped
/// at most, and let go once its instance is not assigned.
///
/// Sans-io, not thread-safe.
class SlotContainers {
 public:
  /// After stopping, removing or letting go of a container failed.
  static constexpr Duration kClearingRetry = std::chrono::seconds(2);

  struct State {
    std::map<ContainerId, Container> all;
    std::set<ContainerId> leaving;    ///< Being stopped, removed or let go.
    std::set<ContainerId> condemned;  ///< Running, but not to go on.
    MonoTime next_clearing{};
    std::string unstoppable;  ///< Why one runs on that was to stop, in words; empty: none does.
    bool is_unstoppable_reported = false;  ///< To operators.
    bool operator==(const State&) const = default;
  };

  SlotContainers() = default;
  explicit SlotContainers(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  const std::map<ContainerId, Container>& all() const { return state_.all; }
  const std::set<ContainerId>& leaving() const { return state_.leaving; }
  bool empty() const { return state_.all.empty(); }
  /// nullptr: it is not known.
  Container* find(const ContainerId& container);
  /// The container that serves the generation or still can; nullptr if a fresh one is needed.
  const Container* serving(Generation generation) const;
  /// The adopted container, whatever its state; nullptr: there is none.
  Container* adopted();
  bool has_adopted() const;
  /// Whether a running container is being stopped, so that no other may run beside it. `only_one`:
  /// not even one that is only condemned.
  bool must_stop_first(bool only_one) const;

  /// Returns the known container, which is `seen` if it is new, and whether it is.
  std::pair<Container&, bool> add(const Container& seen);
  void erase(const ContainerId& container);
  void erase_all_but(const std::set<ContainerId>& kept);
  /// It is stopped, however well it does.
  void condemn(const ContainerId& container) { state_.condemned.insert(container); }
  /// It is to be started again, and to serve.
  void reprieve(Container& container);

  /// What gets rid of all containers but `keep`.
  void clear_out(const ContainerId& keep, const StopSpec& stop, MonoTime now, OperationIds& ids,
                 std::vector<ContainerAction>& actions);
  /// What gets rid of those of an instance that is not assigned: one that is adopted is let go.
  void leave(const StopSpec& stop, MonoTime now, OperationIds& ids,
             std::vector<ContainerAction>& actions);
  /// The outcome of one of these.
  void on_cleared(const ContainerAction& asked, const Result<void>& outcome, MonoTime now);
  /// Why the container that was to be stopped last could not be, in words; empty: it was.
  const std::string& unstoppable() const { return state_.unstoppable; }
  /// The same, for operators; once.
  std::optional<std::string> take_unstoppable();

  /// The first instant after `now` at which clear_out() or leave() may have something to do.
  std::optional<MonoTime> next_deadline(MonoTime now) const;
  void check_invariants() const;

 private:
  void let_go(const InstanceId& instance, MonoTime now, OperationIds& ids,
              std::vector<ContainerAction>& actions);
  void on_cleared(const StopContainer& stop, const Result<void>& outcome);
  void on_cleared(const RemoveContainer& remove, const Result<void>& outcome);
  void on_cleared(const LetGo& let_go, const Result<void>& outcome);

  State state_;
};

}  // namespace hearth::core
