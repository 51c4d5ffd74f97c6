#pragma once

#include <cstdint>
#include <optional>

#include "ports/container_runtime.h"

namespace hearth::docker {

/// Where the reading of a log stands, and which of the lines that the engine sends (again) are
/// new. Pure.
///
/// Every reading begins with lines that were read before. They prove that nothing was lost: the
/// engine discards the oldest lines first, so if the line that was read last is there, all after
/// it is. Stamps identify lines and are compared within one stream only; a line of a known time is
/// taken in the order of arrival, so a clock that was set back does no harm.
class LogPlace {
 public:
  enum class Verdict : std::uint8_t {
    kNew,          ///< The place has moved behind it.
    kReadAlready,  ///< Skipped.
    kUnconnected,  ///< It is new, but lines before it are missing. The place has not moved.
  };

  /// Where a reading begins.
  enum class Begin : std::uint8_t { kFirstLine, kLaterLine };

  explicit LogPlace(const std::optional<LogCursor>& after) : cursor_(after.value_or(LogCursor{})) {}

  const LogCursor& cursor() const { return cursor_; }
  /// The stamp of the line read last; nullopt if none was.
  std::optional<std::int64_t> last_stamp() const;

  /// The engine sends the log again, from its first line or some later one on. (Lines before the
  /// first one can be missing, if they were discarded.)
  void begin_reading(Begin begin);
  Verdict take(LogStream stream, std::int64_t stamp);
  /// From here on missing lines are accepted, until the next reading.
  void accept_missing() { connected_ = true; }

  /// Whether a connected reading sends this line out of order: the engine repeats itself, or the
  /// clock was set back.
  bool steps_back(LogStream stream, std::int64_t stamp) const;

 private:
  /// What a reading has sent of a stream.
  struct Seen {
    std::uint32_t lines = 0;  ///< With the stamp of the stream's position.
    bool all = false;         ///< Everything up to the position was sent.
  };

  Seen& seen(LogStream stream) { return stream == LogStream::kStderr ? seen_error_ : seen_output_; }

  LogCursor cursor_;
  Seen seen_output_;
  Seen seen_error_;
  bool connected_ = false;
};

}  // namespace hearth::docker
