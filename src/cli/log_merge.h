#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"

namespace hearth::cli {

/// Puts the lines of several logs in the order of the times at which they were written, as far as
/// that costs no more than a moment.
///
/// The lines of one log keep their order. The first line of all is known once each open log has
/// one; a log without lines holds the others up for `patience` after its last one, and after that
/// only for kHold, in which a line of the same time may still arrive. So a slow log can come late,
/// in the order of its arrival, and a quiet one does not slow a busy one down.
///
/// Pure: time is an argument. Not thread-safe.
class LogMerge {
 public:
  static constexpr Duration kHold = std::chrono::milliseconds(100);
  /// Of one log that wait here; the line that exceeds it still fits.
  static constexpr std::size_t kWaitingBytesMax = 256UL * 1024;

  /// Where a line comes from.
  struct Origin {
    std::string instance;
    std::string node;
    bool operator==(const Origin&) const = default;
  };
  struct Line {
    Origin origin;
    std::string time;  ///< "2026-03-01T09:15:02.123456789Z": as text it sorts as it does in time.
    std::string text;
    bool operator==(const Line&) const = default;
  };
  using LogId = std::uint64_t;

  explicit LogMerge(Duration patience) : patience_(patience) {}

  LogId open(Origin origin, MonoTime now);
  /// No more lines come of it. Those that wait here stay.
  void close(LogId log);
  /// Whether the log has room for another line.
  bool has_room(LogId log) const;
  /// An empty `time` is that of the line before it.
  void put(LogId log, std::string time, std::string text, MonoTime now);

  /// The next line, if it is known by now.
  std::optional<Line> next(MonoTime now);
  /// When next() may return a line that it did not return yet; nullopt: once one was put or a log
  /// was closed.
  std::optional<MonoTime> next_deadline() const;
  bool empty() const;

 private:
  struct Waiting {
    std::string time;
    std::string text;
    MonoTime received_at;
  };
  struct Log {
    Origin origin;
    std::deque<Waiting> lines;
    std::size_t bytes = 0;
    std::string last_time;
    MonoTime empty_since;
    bool open = true;
  };
  using Logs = std::map<LogId, Log>;

  /// The log whose first line is the earliest.
  Logs::const_iterator earliest() const;
  /// From when on that line can be given out.
  MonoTime due(const Log& log) const;

  Duration patience_;
  Logs logs_;
  LogId next_id_ = 1;
};

}  // namespace hearth::cli
