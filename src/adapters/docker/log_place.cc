#include "adapters/docker/log_place.h"

#include <algorithm>

namespace hearth::docker {

std::optional<std::int64_t> LogPlace::last_stamp() const {
  const LogPosition& output = cursor_.standard_output;
  const LogPosition& error = cursor_.standard_error;
  if (cursor_.at_start()) return std::nullopt;
  if (output.lines == 0) return error.stamp;
  if (error.lines == 0) return output.stamp;
  return std::max(output.stamp, error.stamp);
}

void LogPlace::begin_reading(Begin begin) {
  seen_output_ = {};
  seen_error_ = {};
  connected_ = cursor_.at_start() && begin == Begin::kFirstLine;
}

LogPlace::Verdict LogPlace::take(LogStream stream, std::int64_t stamp) {
  const LogPosition& position = cursor_.of(stream);
  Seen& sent = seen(stream);
  if (!sent.all && position.lines > 0) {
    if (stamp == position.stamp && sent.lines < position.lines) {
      sent.all = ++sent.lines == position.lines;
      connected_ = connected_ || sent.all;
      return Verdict::kReadAlready;
    }
    if (stamp != position.stamp && stamp <= position.latest) return Verdict::kReadAlready;
  }
  // A line older than the last one of the other stream was written beside it.
  const auto last = last_stamp();
  if (!connected_ && (!last || stamp > *last)) return Verdict::kUnconnected;
  sent.all = true;
  cursor_.of(stream).advance(stamp);
  return Verdict::kNew;
}

bool LogPlace::steps_back(LogStream stream, std::int64_t stamp) const {
  const LogPosition& position = cursor_.of(stream);
  return position.lines > 0 && stamp <= position.stamp;
}

}  // namespace hearth::docker
