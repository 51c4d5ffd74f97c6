#include "core/runtime_inventory/runtime_inventory.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

static_assert(TimedPart<RuntimeInventory>);

RuntimeInventory::RuntimeInventory(State state) : state_(std::move(state)) {}

void RuntimeInventory::on_found(MonoTime now) {
  state_.up = true;
  state_.down_reason.clear();
  state_.failures = 0;
  state_.last_failure.clear();
  state_.asked_in.reset();
  state_.is_stale = false;
  state_.next_listing = now;
}

void RuntimeInventory::on_lost(const std::string& reason) {
  state_.up = false;
  state_.down_reason = reason;
  state_.known = false;
  state_.asked_in.reset();
  state_.is_stale = false;
}

void RuntimeInventory::on_missed(MonoTime now) {
  if (state_.asked_in) {
    state_.is_stale = true;
  } else {
    const MonoTime due = std::max(now, state_.answered_at + kRetry);
    state_.next_listing = std::min(state_.next_listing, due);
  }
}

std::optional<Listing> RuntimeInventory::on_listed(std::uint64_t number,
                                                   const Result<Inventory>& outcome, MonoTime now) {
  if (state_.asked_in != number) return std::nullopt;
  state_.asked_in.reset();
  state_.answered_at = now;
  const bool is_stale = std::exchange(state_.is_stale, false);
  if (outcome) {
    state_.failures = 0;
    state_.last_failure.clear();
    state_.known = true;
    state_.next_listing = now + (is_stale ? kRetry : kPeriod);
    return Listing{.inventory = *outcome, .asked_in = number, .asked_at = state_.asked_at};
  }
  ++state_.failures;
  state_.last_failure = outcome.error().message;
  state_.next_listing = now + kRetry;
  const bool hangs = outcome.error().code == ErrorCode::kTimeout;
  if (hangs && state_.failures > kFailuresTolerated) state_.known = false;
  return std::nullopt;
}

void RuntimeInventory::list_soon(MonoTime now) {
  state_.next_listing = std::min(state_.next_listing, std::max(now, state_.asked_at + kRetry));
}

std::optional<std::uint64_t> RuntimeInventory::tend(const Turn& turn) {
  if (!state_.up || state_.asked_in || turn.now < state_.next_listing) return std::nullopt;
  state_.asked_in = turn.number;
  state_.asked_at = turn.now;
  return state_.asked_in;
}

std::string RuntimeInventory::problem() const {
  if (!state_.up) return state_.down_reason;
  if (!state_.known && state_.failures == 0) return "its containers have not been listed yet";
  if (!state_.known || state_.failures > kFailuresTolerated) {
    return "its containers cannot be listed: " + state_.last_failure;
  }
  return {};
}

std::optional<MonoTime> RuntimeInventory::next_deadline() const {
  if (!state_.up || state_.asked_in) return std::nullopt;
  return state_.next_listing;
}

void RuntimeInventory::check_invariants() const {
  HEARTH_CHECK(state_.up || !state_.known);
  HEARTH_CHECK(state_.up || !state_.asked_in);
  HEARTH_CHECK(state_.asked_in || !state_.is_stale);
  HEARTH_CHECK(state_.failures > 0 || state_.last_failure.empty());
}

}  // namespace hearth::core
