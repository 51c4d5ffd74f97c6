#include "core/rule_watch/watched_clock.h"

#include "base/check.h"

namespace hearth::core {

Duration WatchedClock::at(MonoTime now) const {
  if (!running_since) return before;
  HEARTH_CHECK(now >= *running_since);
  return before + (now - *running_since);
}

std::optional<MonoTime> WatchedClock::when(Duration watched) const {
  if (!running_since) return std::nullopt;
  return *running_since + (watched - before);
}

void WatchedClock::run(MonoTime now) {
  if (!running_since) running_since = now;
}

void WatchedClock::stop(MonoTime now) {
  before = at(now);
  running_since.reset();
}

}  // namespace hearth::core
