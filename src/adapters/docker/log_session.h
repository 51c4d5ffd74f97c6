#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/docker/log_delivery.h"
#include "adapters/docker/log_follower.h"
#include "adapters/docker/log_lines.h"
#include "adapters/docker/log_place.h"
#include "adapters/docker/log_source.h"

namespace hearth::docker {

/// One log that is followed: a coroutine that inspects the container, reads a snapshot, follows,
/// and starts again when anything goes wrong. Shared by that coroutine and the follower's handle.
class LogSession {
 public:
  LogSession(std::shared_ptr<LogFollowing> following, LogFollowRequest request,
             ContainerRuntime::LogHandlers handlers);
  ~LogSession();
  LogSession(const LogSession&) = delete;
  LogSession& operator=(const LogSession&) = delete;

  /// Returns once the container is gone or the reading is stopped.
  void run(Coroutine& coroutine);
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  using State = LogReaderState::Kind;

  struct Reading {
    bool follow = false;
    std::optional<std::uint64_t> tail;  ///< Begins that many pieces before the end; nullopt: all.
    bool farthest = false;  ///< There is no earlier line to begin with: what is missing is lost.
    bool to_the_last_byte = false;  ///< The container does not run: an unfinished line is one.
  };
  struct End {
    enum class Kind : std::uint8_t {
      kComplete,     ///< The engine ended the log regularly.
      kUnconnected,  ///< Lines are missing before the first new one: begin earlier.
      kUnsure,       ///< A snapshot must say what came.
      kQuiet,        ///< Nothing came for a while.
      kTrouble,      ///< The engine says that it cannot read on.
      kBroke,
      kUnreadable,
      kGone,
      kAtRest,
      kStopped,
    };
    Kind kind = Kind::kComplete;
    std::string reason = {};
  };

  End attend(Coroutine& coroutine);
  End follow_on(Coroutine& coroutine);
  End read_snapshot(bool to_the_last_byte, Coroutine& coroutine);
  End read_past_damage(Reading reading, const std::string& words, Coroutine& coroutine);
  std::optional<std::uint64_t> readable_tail(Coroutine& coroutine);
  Result<LogSource> inspect(Coroutine& coroutine);

  Result<AnswerStream> open(const Reading& reading, Coroutine& coroutine);
  Result<std::string_view> next_piece(AnswerStream& stream, Coroutine& coroutine);
  End read(const Reading& reading, Coroutine& coroutine);
  End read_stream(AnswerStream& stream, const Reading& reading, Coroutine& coroutine);
  bool take(const LogLine& line, const Reading& reading, End& end);
  End refused(AnswerStream& stream, Coroutine& coroutine);
  bool wait_until_ready(Coroutine& coroutine);

  Reading connecting(bool follow) const;
  /// Reaches further back.
  Reading earlier(Reading reading) const;
  bool rotates() const { return source_.file_bytes_max.has_value(); }
  bool files_are_small() const;
  /// Whether lines come so fast that the engine can begin two files in a moment.
  bool is_fast() const;
  void count_bytes(std::size_t bytes);
  bool needs_snapshot(const LogLine& line) const;
  void report_missing_start(const Reading& reading, std::uint64_t bytes);
  void interrupted(State state, std::string reason);
  void pause(Duration duration, Coroutine& coroutine);

  const std::shared_ptr<LogFollowing> following_;
  const LogFollowRequest request_;
  const std::string doing_;
  LogDelivery delivery_;
  LogPlace place_;
  LogSource source_;
  Sleeper sleeper_;
  AnswerStream* open_ = nullptr;  ///< While its next piece is awaited.
  bool stopped_ = false;
  bool admitted_ = false;
  bool caught_up_ = false;
  std::optional<std::int64_t> first_stamp_;  ///< Of all lines, if they were read from the first.
  std::optional<std::string> rested_;        ///< The run whose log was read to its end.
  std::uint32_t failures_ = 0;               ///< Interruptions in a row without a line.
  LogGap::Cause gap_cause_ = LogGap::Cause::kRotated;
  /// More pieces from the end cannot be read: the file is damaged before them.
  std::optional<std::uint64_t> tail_max_;
  std::uint64_t tail_hint_;  ///< Pieces that are likely to reach back far enough.
  Clock::time_point second_begin_;
  std::uint64_t second_bytes_ = 0;  ///< Received since.
  std::uint64_t former_bytes_ = 0;  ///< In the second before.
};

}  // namespace hearth::docker
