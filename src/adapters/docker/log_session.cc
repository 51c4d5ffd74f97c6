#include "adapters/docker/log_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "adapters/docker/container_target.h"

namespace hearth::docker {
namespace {

constexpr Backoff kRetries(std::chrono::milliseconds(100), std::chrono::seconds(5));
/// How often a log that ends though its container runs is read again before that is reported.
constexpr std::uint32_t kSilentRetriesMax = 3;
/// How often a reader that is full is asked whether it can take more.
constexpr Duration kReaderLook = std::chrono::milliseconds(10);
/// A reader that is full for longer can miss a change of files.
constexpr Duration kHeldMax = std::chrono::milliseconds(100);
/// Between two snapshots of a log that is written without pause.
constexpr Duration kSnapshotPause = std::chrono::milliseconds(20);
/// The engine has no trouble with files that take longer than this to fill.
constexpr std::uint64_t kSmallFileBytes = 1024 * 1024;
constexpr std::uint64_t kTailFirst = 1024;
constexpr std::uint64_t kTailMin = 64;
constexpr std::uint64_t kTailMost = 1024 * 1024;
constexpr std::uint64_t kTailFactor = 16;
constexpr std::uint64_t kMuchBytes = 64 * 1024;
constexpr std::size_t kRefusalBytesMax = 64 * 1024;

}  // namespace

LogSession::LogSession(std::shared_ptr<LogFollowing> following, LogFollowRequest request,
                       ContainerRuntime::LogHandlers handlers)
    : following_(std::move(following)),
      request_(std::move(request)),
      doing_(container_words("follow the log of", request_.container)),
      delivery_(std::move(handlers)),
      place_(request_.after),
      sleeper_(following_->loop_),
      tail_hint_(kTailFirst),
      second_begin_(Clock::now()) {}

LogSession::~LogSession() {
  if (admitted_) --following_->followed_;
}

void LogSession::stop() {
  stopped_ = true;
  delivery_.close();
  sleeper_.wake();
  if (open_ != nullptr) open_->break_off();
}

void LogSession::run(Coroutine& coroutine) {
  while (!stopped_) {
    const std::uint64_t lines_before = delivery_.lines();
    const End end = attend(coroutine);
    if (stopped_) return;
    if (delivery_.lines() != lines_before) failures_ = 0;
    switch (end.kind) {
      case End::Kind::kGone: return delivery_.report({.kind = State::kGone});
      case End::Kind::kAtRest:
        failures_ = 0;
        interrupted(State::kAtRest, "");
        pause(following_->timeouts_.log_rest, coroutine);
        continue;
      case End::Kind::kUnreadable:
        interrupted(State::kUnreadable, end.reason);
        pause(following_->timeouts_.log_unreadable, coroutine);
        continue;
      case End::Kind::kComplete:
        // The container has ended, or the engine gave up without a word: it is asked which.
        if (++failures_ <= 1) continue;
        if (failures_ > kSilentRetriesMax) {
          interrupted(State::kReconnecting,
                      "the Docker engine ends the log though its container runs");
        }
        break;
      case End::Kind::kUnconnected:
      case End::Kind::kUnsure:
      case End::Kind::kQuiet:
      case End::Kind::kTrouble:
      case End::Kind::kBroke:
      case End::Kind::kStopped:
        ++failures_;
        interrupted(State::kReconnecting, end.reason);
        following_->client_.forget();
        break;
    }
    pause(kRetries.after(failures_, following_->prng_), coroutine);
  }
}

void LogSession::interrupted(State state, std::string reason) {
  caught_up_ = false;
  delivery_.report({.kind = state, .reason = std::move(reason)});
}

void LogSession::pause(Duration duration, Coroutine& coroutine) {
  if (!stopped_) sleeper_.sleep(duration, coroutine);
}

/// Reads the log until something interrupts that.
LogSession::End LogSession::attend(Coroutine& coroutine) {
  if (!admitted_) {
    if (following_->followed_ >= LogFollowing::kFollowedMax) {
      return {End::Kind::kUnreadable,
              fmt::format("{} logs are followed already, which is the most at once",
                          LogFollowing::kFollowedMax)};
    }
    ++following_->followed_;
    admitted_ = true;
  }
  auto source = inspect(coroutine);
  if (stopped_) return {End::Kind::kStopped};
  if (!source) {
    const bool gone = source.error().code == ErrorCode::kNotFound;
    return {gone ? End::Kind::kGone : End::Kind::kBroke, source.error().message};
  }
  source_ = *std::move(source);
  if (!source_.running && rested_ == source_.run) return {End::Kind::kAtRest};

  if (!caught_up_) delivery_.report({.kind = State::kCatchingUp});
  End read = read_snapshot(!source_.running, coroutine);
  if (read.kind != End::Kind::kComplete) return read;
  if (!source_.running) {
    rested_ = source_.run;
    return {End::Kind::kAtRest};
  }
  rested_.reset();
  caught_up_ = true;
  delivery_.report({.kind = State::kCaughtUp});
  return follow_on(coroutine);
}

/// Everything up to now was read. Follows what comes; returns when the engine ends that.
LogSession::End LogSession::follow_on(Coroutine& coroutine) {
  bool more_is_likely = false;
  while (!stopped_) {
    const std::uint64_t lines_before = delivery_.lines();
    End end{End::Kind::kUnsure};
    const bool polls = more_is_likely || (rotates() && is_fast());
    if (!polls) end = read(connecting(/*follow=*/true), coroutine);
    switch (end.kind) {
      case End::Kind::kUnsure:
      case End::Kind::kUnconnected:
      case End::Kind::kTrouble:
      case End::Kind::kQuiet: break;
      case End::Kind::kComplete:
      case End::Kind::kBroke:
      case End::Kind::kUnreadable:
      case End::Kind::kGone:
      case End::Kind::kAtRest:
      case End::Kind::kStopped: return end;
    }
    const std::uint64_t lines_followed = delivery_.lines();
    if (End read = read_snapshot(false, coroutine); read.kind != End::Kind::kComplete) return read;
    more_is_likely = files_are_small() && delivery_.lines() != lines_followed;
    if (end.kind == End::Kind::kQuiet) continue;
    if (delivery_.lines() != lines_before) failures_ = 0;
    const bool in_vain = !polls && delivery_.lines() == lines_before;
    pause(in_vain ? kRetries.after(++failures_, following_->prng_) : kSnapshotPause, coroutine);
  }
  return {End::Kind::kStopped};
}

LogSession::End LogSession::read_snapshot(bool to_the_last_byte, Coroutine& coroutine) {
  const std::uint64_t lines_before = delivery_.lines();
  Reading reading = connecting(/*follow=*/false);
  reading.to_the_last_byte = to_the_last_byte;
  End end = read(reading, coroutine);
  while (end.kind == End::Kind::kUnconnected && !stopped_) {
    reading = earlier(reading);
    end = read(reading, coroutine);
  }
  const bool ends_early = end.kind == End::Kind::kBroke && failures_ >= kSilentRetriesMax;
  if (end.kind == End::Kind::kTrouble || ends_early) {
    end = read_past_damage(reading, end.reason, coroutine);
  }
  const std::uint64_t lines = delivery_.lines() - lines_before;
  tail_hint_ = std::clamp(2 * lines, kTailMin, kTailMost);
  return end;
}

/// The engine cannot read the log from where `reading` began. What follows the damage can be read
/// from the end.
LogSession::End LogSession::read_past_damage(Reading reading, const std::string& words,
                                             Coroutine& coroutine) {
  tail_max_ = readable_tail(coroutine);
  if (stopped_) return {End::Kind::kStopped};
  if (!tail_max_) return {End::Kind::kBroke, words};  // It can read all: the trouble has passed.
  gap_cause_ = LogGap::Cause::kDamaged;
  reading.tail = tail_max_;
  reading.farthest = true;
  End end = read(reading, coroutine);
  if (end.kind == End::Kind::kTrouble) end.kind = End::Kind::kBroke;
  return end;
}

/// How many pieces at the end the engine can read; nullopt if it has no trouble with any number.
std::optional<std::uint64_t> LogSession::readable_tail(Coroutine& coroutine) {
  enum class Probe : std::uint8_t { kGood, kShort, kBad };
  const auto probe = [&](std::uint64_t tail) {
    LogLines lines(source_.terminal ? LogLines::Format::kTerminal : LogLines::Format::kFrames);
    auto stream = open({.tail = tail}, coroutine);
    if (!stream || stream->status() != 200) return Probe::kBad;
    for (;;) {
      const auto piece = next_piece(*stream, coroutine);
      if (!piece || stopped_) return Probe::kBad;
      if (piece->empty()) break;
      if (!lines.feed(*piece, [](const LogLine&) { return true; })) return Probe::kBad;
    }
    if (!lines.trouble().empty()) return Probe::kBad;
    return lines.pieces() < tail ? Probe::kShort : Probe::kGood;
  };
  std::uint64_t good = 0;
  std::uint64_t bad = 1;
  for (;; bad *= 4) {
    const Probe seen = probe(bad);
    if (seen == Probe::kBad) break;
    if (seen == Probe::kShort || bad >= kTailMost) return std::nullopt;
    good = bad;
  }
  while (bad - good > 1 && !stopped_) {
    const std::uint64_t middle = good + (bad - good) / 2;
    (probe(middle) == Probe::kBad ? bad : good) = middle;
  }
  return good;
}

Result<LogSource> LogSession::inspect(Coroutine& coroutine) {
  const std::string doing = container_words("inspect", request_.container);
  const auto answer =
      following_->client_.ask({.method = "GET",
                               .target = container_target(request_.container, "/json"),
                               .body = {},
                               .doing = doing,
                               .patience = http::CallTimes::of(following_->timeouts_.answer)},
                              coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200) return tl::unexpected(refusal(answer->status, answer->body, doing));
  return decode_log_source(answer->body);
}

/// A reading that is likely to begin with lines that were read.
LogSession::Reading LogSession::connecting(bool follow) const {
  Reading reading{.follow = follow, .tail = tail_max_};
  if (!place_.cursor().at_start()) {
    const std::uint64_t wanted = follow ? kTailMin : tail_hint_;
    reading.tail = std::min(wanted, tail_max_.value_or(wanted));
  }
  reading.farthest = reading.tail == tail_max_;
  return reading;
}

LogSession::Reading LogSession::earlier(Reading reading) const {
  // A log of a few files is read whole: it would have to be searched several times otherwise.
  const bool whole = rotates() || reading.tail.value_or(kTailMost) >= kTailMost;
  reading.tail = whole ? tail_max_ : std::optional(*reading.tail * kTailFactor);
  if (tail_max_ && reading.tail > tail_max_) reading.tail = tail_max_;
  reading.farthest = reading.tail == tail_max_;
  return reading;
}

Result<AnswerStream> LogSession::open(const Reading& reading, Coroutine& coroutine) {
  const DockerTimeouts& timeouts = following_->timeouts_;
  // Not all at once: many logs can be followed since the same moment.
  const Duration jitter{following_->prng_.between(0, timeouts.log_quiet.count() / 5)};
  const std::string tail = reading.tail ? std::to_string(*reading.tail) : "all";
  return following_->client_.open(
      {.method = "GET",
       .target = container_target(
           request_.container, fmt::format("/logs?follow={}&timestamps=1&stdout=1&stderr=1&tail={}",
                                           reading.follow ? 1 : 0, tail)),
       .body = {},
       .doing = doing_,
       .patience = {timeouts.answer, reading.follow ? timeouts.log_quiet + jitter : timeouts.answer,
                    http::kForEver}},
      coroutine);
}

Result<std::string_view> LogSession::next_piece(AnswerStream& stream, Coroutine& coroutine) {
  open_ = &stream;
  auto piece = stream.next(coroutine);
  open_ = nullptr;
  return piece;
}

LogSession::End LogSession::read(const Reading& reading, Coroutine& coroutine) {
  auto stream = open(reading, coroutine);
  if (stopped_) return {End::Kind::kStopped};
  if (!stream) return {End::Kind::kBroke, stream.error().message};
  if (stream->status() != 200) return refused(*stream, coroutine);
  const std::uint64_t lines_before = delivery_.lines();
  End end = read_stream(*stream, reading, coroutine);
  delivery_.flush();
  if (tail_max_) *tail_max_ += delivery_.lines() - lines_before;
  return stopped_ ? End{End::Kind::kStopped} : end;
}

LogSession::End LogSession::refused(AnswerStream& stream, Coroutine& coroutine) {
  const auto body = stream.rest(kRefusalBytesMax, coroutine);
  if (stopped_) return {End::Kind::kStopped};
  if (!body) return {End::Kind::kBroke, body.error().message};
  constexpr unsigned kNotImplemented = 501;
  const std::string reason = refusal(stream.status(), *body, doing_).message;
  const bool never = stream.status() == kNotImplemented ||
                     body->find("does not support reading") != std::string::npos;
  if (never) return {End::Kind::kUnreadable, reason};
  return {stream.status() == 404 ? End::Kind::kGone : End::Kind::kBroke, reason};
}

LogSession::End LogSession::read_stream(AnswerStream& stream, const Reading& reading,
                                        Coroutine& coroutine) {
  LogLines lines(source_.terminal ? LogLines::Format::kTerminal : LogLines::Format::kFrames);
  End end;
  const LogLines::Sink sink = [&](const LogLine& line) { return take(line, reading, end); };
  place_.begin_reading(reading.tail ? LogPlace::Begin::kLaterLine : LogPlace::Begin::kFirstLine);
  std::uint64_t bytes = 0;
  for (;;) {
    const bool held_long = !wait_until_ready(coroutine);
    if (held_long && reading.follow && rotates()) return {End::Kind::kUnsure};
    auto piece = next_piece(stream, coroutine);
    if (stopped_) return {End::Kind::kStopped};
    if (!piece) {
      const bool quiet = reading.follow && piece.error().code == ErrorCode::kTimeout;
      return {quiet ? End::Kind::kQuiet : End::Kind::kBroke, piece.error().message};
    }
    if (piece->empty()) break;
    for (std::string_view arrived = *piece; !arrived.empty(); arrived = stream.arrived()) {
      bytes += arrived.size();
      if (reading.follow) count_bytes(arrived.size());
      const auto fed = lines.feed(arrived, sink);
      if (!fed) return {End::Kind::kBroke, fed.error().message};
      if (*fed == LogLines::Verdict::kEnded) return end;
    }
    delivery_.flush();
    if (stopped_) return {End::Kind::kStopped};
    if (bytes > kMuchBytes) stream.prepare_for_transfer();
  }
  if (!lines.trouble().empty()) return {End::Kind::kTrouble, lines.trouble()};
  if (reading.to_the_last_byte) lines.finish(sink);
  report_missing_start(reading, bytes + lines.pieces() * kJsonLineExtraBytes);
  return end;
}

/// The first line that the engine has is the container's first line, unless the log is so long that
/// the engine can have begun to discard files. (Nobody can say whether it has.)
void LogSession::report_missing_start(const Reading& reading, std::uint64_t bytes) {
  if (reading.follow || !first_stamp_) return;
  if (source_.whole_bytes_max && bytes >= *source_.whole_bytes_max) {
    delivery_.report(LogGap{.from = std::nullopt, .to = *first_stamp_, .lines = std::nullopt});
  }
  first_stamp_.reset();
}

/// Returns false, with the cause in `end`, if the reading must not go on.
bool LogSession::take(const LogLine& line, const Reading& reading, End& end) {
  if (stopped_) return false;
  if (!reading.tail && place_.cursor().at_start()) first_stamp_ = line.stamp;
  LogPlace place = place_;
  LogPlace::Verdict verdict = place.take(line.stream, line.stamp);
  // Only a snapshot is sure of what is missing, unless none can be read.
  const bool is_sure = !reading.follow || reading.tail == 0;
  if (verdict == LogPlace::Verdict::kUnconnected && reading.farthest && is_sure) {
    delivery_.report(LogGap{.cause = std::exchange(gap_cause_, LogGap::Cause::kRotated),
                            .from = place_.last_stamp(),
                            .to = line.stamp,
                            .lines = std::nullopt});
    place.accept_missing();
    verdict = place.take(line.stream, line.stamp);
  }
  if (verdict == LogPlace::Verdict::kUnconnected) {
    end = {End::Kind::kUnconnected};
    return false;
  }
  if (verdict == LogPlace::Verdict::kNew && !is_sure && needs_snapshot(line)) {
    end = {End::Kind::kUnsure};
    return false;
  }
  place_ = place;
  if (verdict == LogPlace::Verdict::kNew) delivery_.add(line, place_.cursor(), caught_up_);
  return true;
}

/// Whether a new line of a followed log might not be the next one: the engine loses lines when two
/// files begin in a moment, and after a change of files sends the last one again from its start.
bool LogSession::needs_snapshot(const LogLine& line) const {
  return rotates() &&
         (files_are_small() || is_fast() || place_.steps_back(line.stream, line.stamp));
}

bool LogSession::files_are_small() const {
  return source_.file_bytes_max.value_or(kSmallFileBytes) < kSmallFileBytes;
}

bool LogSession::is_fast() const {
  const bool lately = Clock::now() - second_begin_ < std::chrono::seconds(2);
  return lately && std::max(second_bytes_, former_bytes_) >= *source_.file_bytes_max / 4;
}

void LogSession::count_bytes(std::size_t bytes) {
  const Clock::time_point now = Clock::now();
  if (now - second_begin_ >= std::chrono::seconds(1)) {
    const bool next = now - second_begin_ < std::chrono::seconds(2);
    former_bytes_ = next ? second_bytes_ : 0;
    second_bytes_ = 0;
    second_begin_ = now;
  }
  second_bytes_ += bytes;
}

/// False if that took so long that a change of files can have been missed.
bool LogSession::wait_until_ready(Coroutine& coroutine) {
  const Clock::time_point begun = Clock::now();
  while (!stopped_ && request_.ready && !request_.ready()) {
    sleeper_.sleep(kReaderLook, coroutine);
  }
  return Clock::now() - begun <= kHeldMax;
}

}  // namespace hearth::docker
