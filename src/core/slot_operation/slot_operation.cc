#include "core/slot_operation/slot_operation.h"

namespace hearth::core {

bool SlotOperation::may_believe(const Listing& listing) const {
  return !listing.is_older_than(state_.changed_in) && !state_.in_flight;
}

MonoTime SlotOperation::take_start(const ContainerId& container, MonoTime now) {
  if (!state_.start || state_.start->container != container) return now;
  const MonoTime requested_at = state_.start->at;
  state_.start.reset();
  return requested_at;
}

}  // namespace hearth::core
