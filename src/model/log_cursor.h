#pragma once

#include <algorithm>
#include <cstdint>

#include "model/log_rule.h"

namespace hearth {

/// Where the reading of one output stream stands. A stream is in the order of its stamps, unless
/// the clock was set back.
struct LogPosition {
  /// Of the line read last, by the runtime's wall clock: nanoseconds since the Unix epoch.
  std::int64_t stamp = 0;
  /// How many lines with that very stamp were read. 0: nothing of this stream was.
  std::uint32_t lines = 0;
  /// The latest stamp read; after `stamp` only if the clock was set back in between.
  std::int64_t latest = 0;
  bool operator==(const LogPosition&) const = default;

  /// Moves behind a line.
  void advance(std::int64_t to) {
    latest = lines == 0 ? to : std::max(latest, to);
    lines = lines > 0 && stamp == to ? lines + 1 : 1;
    stamp = to;
  }
};

/// Where the reading of a container's log continues: after the last line that was read of each
/// stream. A small plain value, kept by the reader's owner, so that a restart of either side
/// neither loses nor repeats a line.
///
/// The streams are counted separately because their lines are stamped before they are written: two
/// lines of different streams can be in the log in the opposite order of their stamps.
struct LogCursor {
  LogPosition standard_output;
  LogPosition standard_error;
  bool operator==(const LogCursor&) const = default;

  const LogPosition& of(LogStream stream) const {
    return stream == LogStream::kStderr ? standard_error : standard_output;
  }
  LogPosition& of(LogStream stream) {
    return stream == LogStream::kStderr ? standard_error : standard_output;
  }
  /// Whether nothing was read yet.
  bool at_start() const { return standard_output.lines == 0 && standard_error.lines == 0; }
};

}  // namespace hearth
