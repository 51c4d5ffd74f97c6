#include "core/slot_operation/slot_operation.h"

namespace hearth::core {

bool SlotOperation::may_believe(const Listing& listing) const {
  return !listing.is_older_than(state_.changed_in) && !state_.in_flight;
}

MonoTime SlotOperation::started_at_latest(const ContainerId& container, MonoTime now) const {
  if (!state_.start || state_.start->container != container) return now;
  return state_.start->at;
}

}  // namespace hearth::core
