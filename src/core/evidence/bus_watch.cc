#include "core/evidence/bus_watch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/duration_text.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

static_assert(TimedPart<BusWatch>);

BusWatch::BusWatch(const LivenessSettings& settings, MonoTime now)
    : BusWatch(settings, State{.next_send = now, .last_returned = now, .round_trip = {}}) {}

BusWatch::BusWatch(const LivenessSettings& settings, const State& state)
    : interval_(std::min(settings.heartbeat_interval / 2, settings.suspect_after / 4)),
      stale_after_(settings.suspect_after / 2),
      state_(state) {}

void BusWatch::on_returned(MonoTime sent_at, MonoTime now) {
  HEARTH_CHECK(sent_at <= now);
  if (state_.round_trip && sent_at <= state_.last_returned) return;  // Repeated or out of order.
  state_.round_trip = now - sent_at;
  state_.sees = carries_at(now) || *state_.round_trip <= round_trip_max();
  state_.last_returned = sent_at;
}

bool BusWatch::on_tick(MonoTime now) {
  const bool carried = std::exchange(state_.carried, carries_at(now));
  return carried != state_.carried;
}

std::optional<MonoTime> BusWatch::take_canary(MonoTime now) {
  if (now < state_.next_send) return std::nullopt;
  state_.next_send = now + interval_;
  return now;
}

bool BusWatch::carries_at(MonoTime now) const {
  return state_.sees && now - state_.last_returned <= stale_after_;
}

std::string BusWatch::blindness(MonoTime now) const {
  const Duration silence = now - state_.last_returned;
  const bool slow = state_.round_trip && *state_.round_trip > round_trip_max() &&
                    silence < 2 * *state_.round_trip;  // Canaries still come back.
  if (slow) {
    return fmt::format("the bus took {} to return a canary, more than the {} allowed",
                       show_duration(*state_.round_trip), show_duration(round_trip_max()));
  }
  return fmt::format("no canary has come back over the bus for {}", show_duration(silence));
}

std::optional<MonoTime> BusWatch::next_deadline() const {
  if (!state_.carried) return state_.next_send;
  const MonoTime stale_at = state_.last_returned + stale_after_ + Duration(1);
  return std::min(state_.next_send, stale_at);
}

void BusWatch::on_stall(Duration lateness, MonoTime now) {
  state_.last_returned =
      std::max(state_.last_returned, std::min(state_.last_returned + lateness, now));
}

void BusWatch::check_invariants() const {
  HEARTH_CHECK(!state_.sees || state_.round_trip);
  HEARTH_CHECK(!state_.carried || state_.sees);
  HEARTH_CHECK(!state_.round_trip || *state_.round_trip >= Duration::zero());
}

}  // namespace hearth::core
