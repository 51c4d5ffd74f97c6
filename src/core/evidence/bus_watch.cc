#include "core/evidence/bus_watch.h"

#include <algorithm>

namespace hearth::core {

BusWatch::BusWatch(const LivenessSettings& settings, MonoTime now)
    : interval_(std::min(settings.heartbeat_interval / 2, settings.suspect_after / 4)),
      stale_after_(settings.suspect_after / 2),
      next_send_(now),
      last_returned_(now) {}

void BusWatch::on_sent(MonoTime now) {
  next_send_ = now + interval_;
}

void BusWatch::on_returned(MonoTime sent_at, MonoTime now) {
  if (round_trip_ && sent_at <= last_returned_) return;  // Repeated, or overtaken.
  round_trip_ = now - sent_at;
  sees_ = carries_at(now) || *round_trip_ <= round_trip_max();
  last_returned_ = sent_at;
}

void BusWatch::excuse(Duration lateness, MonoTime now) {
  last_returned_ = std::max(last_returned_, std::min(last_returned_ + lateness, now));
}

}  // namespace hearth::core
