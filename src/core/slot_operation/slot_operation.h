#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/time.h"
#include "core/operations/operation.h"
#include "core/runtime_inventory/listing.h"
#include "model/ids.h"

namespace hearth::core {

/// Of one slot (core/instance_slot): what is in flight that creates, adopts, recreates or starts a
/// container, one at a time, and which listings are recent enough to be believed.
///
/// Sans-io, not thread-safe.
class SlotOperation {
 public:
  struct StartRequest {
    ContainerId container;
    MonoTime at;
    bool operator==(const StartRequest&) const = default;
  };
  struct State {
    std::optional<OperationId> in_flight;
    std::optional<StartRequest> start;  ///< The container has not run since.
    std::uint64_t changed_in = 0;       ///< The last turn in which something was done or happened.
    bool operator==(const State&) const = default;
  };

  SlotOperation() = default;
  explicit SlotOperation(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  const std::optional<OperationId>& in_flight() const { return state_.in_flight; }

  OperationId begin(OperationIds& ids) {
    const OperationId id = ids.next();
    state_.in_flight = id;
    return id;
  }
  OperationId begin_start(OperationIds& ids, const ContainerId& container, MonoTime now) {
    state_.start = StartRequest{.container = container, .at = now};
    return begin(ids);
  }
  /// It was answered.
  void end(const Turn& turn) {
    note_change(turn);
    state_.in_flight.reset();
  }
  /// Something was done or happened.
  void note_change(const Turn& turn) { state_.changed_in = turn.number; }

  /// True if the listing is no older than what was done, and no operation is in flight.
  bool may_believe(const Listing& listing) const;
  /// This container runs: when its process was started, at the latest. Its first line can come
  /// before the runtime says that it runs, so a start that was requested counts from the request;
  /// once, since somebody else may start it again.
  MonoTime take_start(const ContainerId& container, MonoTime now);

 private:
  State state_;
};

}  // namespace hearth::core
