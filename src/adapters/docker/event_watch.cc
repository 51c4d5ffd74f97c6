#include "adapters/docker/event_watch.h"

#include <chrono>
#include <utility>

#include "adapters/docker/engine_codec.h"
#include "adapters/docker/line_splitter.h"
#include "base/backoff.h"

namespace hearth::docker {
namespace {

constexpr Duration kRetryMin = std::chrono::milliseconds(100);
constexpr Duration kRetryMax = std::chrono::seconds(5);
constexpr std::size_t kEventBytesMax = 256 * 1024;
constexpr std::size_t kRefusalBytesMax = 64 * 1024;
constexpr std::size_t kEndsMax = 1024;

WallTime wall_now() {
  return WallTime(std::chrono::duration_cast<WallClock::duration>(
      std::chrono::system_clock::now().time_since_epoch()));
}

}  // namespace

void EventWatch::run(const ContainerRuntime::Handlers& handlers, Coroutine& coroutine) {
  using Clock = std::chrono::steady_clock;
  const Backoff backoff(kRetryMin, kRetryMax);
  std::uint32_t breaks = 0;
  std::optional<Error> reported;
  while (!closed_) {
    const Clock::time_point begun = Clock::now();
    bool watched = false;
    const Error why = run_until_it_breaks(handlers, watched, coroutine);
    if (closed_) return;
    client_.forget();
    killed_for_memory_.clear();
    ends_.clear();
    if (watched) ++counters_.watch_breaks;
    if (watched || reported != why) handlers.on_lost(why);
    reported = why;
    if (closed_) return;
    // A watch that breaks at once is no better than none.
    if (Clock::now() - begun > kRetryMax) breaks = 0;
    pause_.sleep(backoff.after(++breaks), coroutine);
  }
}

void EventWatch::close() {
  closed_ = true;
  pause_.wake();
}

Error EventWatch::run_until_it_breaks(const ContainerRuntime::Handlers& handlers, bool& watched,
                                      Coroutine& coroutine) {
  constexpr std::string_view kDoing = "report its events";
  auto stream = client_.open({.method = "GET",
                              .target = events_target({config_.node, config_.cluster}, wall_now()),
                              .body = {},
                              .doing = std::string(kDoing),
                              .patience = {config_.timeouts.answer, kForEver, kForEver}},
                             coroutine);
  if (!stream) return stream.error();
  if (stream->status() != 200) {
    const auto body = stream->rest(kRefusalBytesMax, coroutine);
    return body ? refusal(stream->status(), *body, kDoing) : body.error();
  }
  if (closed_) return {};
  watched = true;
  handlers.on_watching();

  const auto take = [&](std::string_view line) -> Result<void> {
    if (closed_) return {};
    const auto event = decode_event(line);
    if (!event) {
      ++counters_.events_unreadable;
      return tl::unexpected(event.error());
    }
    if (!event->has_value()) return {};
    if (auto notice = notice_of(**event)) handlers.on_notice(std::move(*notice));
    return {};
  };
  LineSplitter lines(kEventBytesMax);
  for (;;) {
    const auto piece = stream->next(coroutine);
    if (!piece) return piece.error();
    if (piece->empty()) break;
    if (const auto taken = lines.feed(*piece, take); !taken) return taken.error();
  }
  return {ErrorCode::kUnavailable,
          "the Docker engine ended its event stream: it is stopping or restarting"};
}

std::optional<ContainerNotice> EventWatch::notice_of(const EngineEvent& event) {
  if (event.instance.empty()) return std::nullopt;
  ContainerNotice notice{.kind = ContainerNotice::Kind::kStarted,
                         .container = event.container,
                         .instance = event.instance,
                         .exit = std::nullopt};
  switch (event.kind) {
    case EngineEvent::Kind::kOutOfMemory:
      if (killed_for_memory_.size() < kEndsMax) killed_for_memory_.insert(event.container);
      return std::nullopt;
    case EngineEvent::Kind::kStart: forget_end(event.container); break;
    case EngineEvent::Kind::kDie:
      notice.kind = ContainerNotice::Kind::kExited;
      notice.exit = ContainerExit{.code = event.exit_code,
                                  .out_of_memory = killed_for_memory_.contains(event.container)
                                                       ? OutOfMemory::kMain
                                                       : OutOfMemory::kNo,
                                  .at = event.at};
      if (ends_.size() < kEndsMax) ends_[event.container] = *notice.exit;
      break;
    case EngineEvent::Kind::kDestroy:
      notice.kind = ContainerNotice::Kind::kRemoved;
      if (listings_ > 0 && gone_.size() < kEndsMax) gone_.insert(event.container);
      forget_end(event.container);
      break;
  }
  return notice;
}

std::optional<ContainerExit> EventWatch::end_of(const ContainerId& container) const {
  const auto end = ends_.find(container);
  return end == ends_.end() ? std::nullopt : std::optional(end->second);
}

void EventWatch::forget_end(const ContainerId& container) {
  killed_for_memory_.erase(container);
  ends_.erase(container);
}

}  // namespace hearth::docker
