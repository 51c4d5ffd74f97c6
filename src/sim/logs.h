#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/container_runtime.h"
#include "sim/host.h"

namespace hearth::sim {

/// The logs of one engine's containers, and those who follow them. Every line is delivered once, a
/// little later, or lies within a gap: of each log the last kLinesKept lines are kept, and fewer
/// after rotate(). It draws no random numbers, so it changes no history in which nobody follows.
class SimLogs {
 public:
  static constexpr std::size_t kLinesKept = 100;

  /// What a reader finds at the engine.
  enum class Standing : std::uint8_t { kUnreachable, kGone, kStopped, kRunning };

  SimLogs(SimHost& host, std::function<Standing(const ContainerId&)> standing)
      : host_(host), standing_(std::move(standing)) {}

  void write(const ContainerId& container, LogStream stream, std::string_view text);
  void remove(const ContainerId& container) { logs_.erase(container); }
  /// The engine discards all lines of the container but the last.
  void rotate(const ContainerId& container);
  /// Whether the engine's log driver can be read from.
  void set_readable(bool readable);
  /// A container or the engine may have started or ended.
  void changed();
  std::unique_ptr<LogFollower> follow(LogFollowRequest request,
                                      ContainerRuntime::LogHandlers handlers);

 private:
  struct Line {
    LogStream stream;
    std::int64_t stamp;
    std::string text;
  };
  struct Log {
    std::deque<Line> lines;
    std::size_t discarded = 0;  ///< How many came before them.

    std::size_t end() const { return discarded + lines.size(); }
    const Line& line(std::size_t index) const { return lines[index - discarded]; }
  };
  struct Reader {
    LogFollowRequest request;
    ContainerRuntime::LogHandlers handlers;
    LogCursor cursor;
    std::size_t next = 0;  ///< Index of the next line, of all that were ever written.
    std::optional<std::int64_t> last_stamp;  ///< Of the lines read.
    std::optional<LogReaderState::Kind> state;
    bool ended = false;
  };
  class Follower;

  void attend_soon(const std::shared_ptr<Reader>& reader);
  void attend(Reader& reader);
  void attend_soon_to(const ContainerId& container);
  void deliver(Reader& reader, const Log& log, bool caught_up);
  static std::optional<LogGap> find_gap(Reader& reader, const Log& log);
  static void discard(Log& log, std::size_t kept);
  static void report(Reader& reader, LogReaderState state);
  static bool was_read(const Reader& reader, const Log& log, std::size_t index);

  SimHost& host_;
  const std::function<Standing(const ContainerId&)> standing_;
  bool readable_ = true;
  std::map<ContainerId, Log> logs_;
  std::vector<std::weak_ptr<Reader>> readers_;  ///< Some can have expired.
};

}  // namespace hearth::sim
