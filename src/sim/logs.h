#pragma once

#include <cstdint>
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

/// The logs of one engine's containers, and those who follow them. Faultless: every line is kept
/// and delivered once, a little later. It draws no random numbers, so it changes no history in
/// which nobody follows.
class SimLogs {
 public:
  /// What a reader finds at the engine.
  enum class Standing : std::uint8_t { kUnreachable, kGone, kStopped, kRunning };

  SimLogs(SimHost& host, std::function<Standing(const ContainerId&)> standing)
      : host_(host), standing_(std::move(standing)) {}

  void write(const ContainerId& container, LogStream stream, std::string_view text);
  void remove(const ContainerId& container) { logs_.erase(container); }
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
  using Log = std::vector<Line>;
  struct Reader {
    LogFollowRequest request;
    ContainerRuntime::LogHandlers handlers;
    LogCursor cursor;
    std::size_t next = 0;  ///< Index of the next line.
    std::optional<LogReaderState::Kind> state;
    bool ended = false;
  };
  class Follower;

  void attend_soon(const std::shared_ptr<Reader>& reader);
  void attend(Reader& reader);
  void deliver(Reader& reader, const Log& log, bool caught_up);
  static void report(Reader& reader, LogReaderState state);
  static bool was_read(const Reader& reader, const Log& log, std::size_t index);

  SimHost& host_;
  const std::function<Standing(const ContainerId&)> standing_;
  std::map<ContainerId, Log> logs_;
  std::vector<std::weak_ptr<Reader>> readers_;  ///< Some can have expired.
};

}  // namespace hearth::sim
