#include "adapters/docker/event_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

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
constexpr int kSigkill = 9;
/// A large process that is killed for lack of memory takes a while to be taken apart.
constexpr Duration kMemoryDeathMax = std::chrono::seconds(10);

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
    forget_all();
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
  verdict_.wake();
}

Error EventWatch::run_until_it_breaks(const ContainerRuntime::Handlers& handlers, bool& watched,
                                      Coroutine& coroutine) {
  constexpr std::string_view kDoing = "report its events";
  auto stream = client_.open({.method = "GET",
                              .target = events_target(wall_now()),
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
    auto event = decode_event({config_.node, config_.cluster}, line);
    if (!event) {
      ++counters_.events_unreadable;
      return tl::unexpected(event.error());
    }
    if (!event->has_value()) return {};
    if (auto notice = notice_of(*std::move(*event))) handlers.on_notice(std::move(*notice));
    return {};
  };
  LineSplitter lines(kEventBytesMax, LongLines::kSkipped);
  for (std::uint64_t skipped = 0;;) {
    const auto piece = stream->next(coroutine);
    if (!piece) return piece.error();
    if (piece->empty()) break;
    if (const auto taken = lines.feed(*piece, take); !taken) return taken.error();
    if (std::exchange(skipped, lines.skipped()) != lines.skipped()) on_skipped(handlers);
    if (closed_) return {};
  }
  return {ErrorCode::kUnavailable,
          "the Docker engine ended its event stream: it is stopping or restarting"};
}

/// What it said is not known: a container that counts as ended may run again, and one whose child
/// was killed may have ended.
void EventWatch::on_skipped(const ContainerRuntime::Handlers& handlers) {
  ++counters_.events_skipped;
  undecided_.clear();
  ends_.clear();
  handlers.on_missed(
      {ErrorCode::kExhausted,
       fmt::format("the Docker engine sent an event of more than {} KiB", kEventBytesMax / 1024)});
}

std::optional<ContainerNotice> EventWatch::notice_of(EngineEvent event) {
  using Kind = ContainerNotice::Kind;
  if (event.instance.empty() || event.stranger) {
    const std::optional<InstanceId> adopted = adopter_.instance_of(event.container);
    if (!adopted) return std::nullopt;
    event.instance = *adopted;
  }
  ContainerNotice notice{.kind = Kind::kStarted,
                         .container = event.container,
                         .instance = event.instance,
                         .exit = std::nullopt,
                         .health = event.health,
                         .name = event.name};
  switch (event.kind) {
    case EngineEvent::Kind::kOutOfMemory: on_out_of_memory(event); return std::nullopt;
    case EngineEvent::Kind::kKill:
      if (event.signal == kSigkill && runs_.size() < kEndsMax) {
        runs_[event.container].sent_kill = true;
      }
      return std::nullopt;
    case EngineEvent::Kind::kStart: forget_run(event.container); break;
    case EngineEvent::Kind::kDie:
      notice.kind = Kind::kExited;
      notice.exit = exit_by(event);
      undecided_.erase(event.container);
      if (ends_.size() < kEndsMax) ends_[event.container] = *notice.exit;
      break;
    case EngineEvent::Kind::kDestroy:
      notice.kind = Kind::kRemoved;
      if (listings_ > 0 && gone_.size() < kEndsMax) gone_.insert(event.container);
      forget_run(event.container);
      break;
    case EngineEvent::Kind::kPause: notice.kind = Kind::kPaused; break;
    case EngineEvent::Kind::kUnpause: notice.kind = Kind::kUnpaused; break;
    case EngineEvent::Kind::kHealth: notice.kind = Kind::kHealth; break;
    case EngineEvent::Kind::kRename: notice.kind = Kind::kRenamed; break;
    case EngineEvent::Kind::kRestart: notice.kind = Kind::kRestarted; break;
  }
  return notice;
}

/// The kernel says that it killed some process. If that was the main one, the container's death
/// follows within moments.
void EventWatch::on_out_of_memory(const EngineEvent& event) {
  if (ends_.contains(event.container) || runs_.size() >= kEndsMax) return;
  Run& run = runs_[event.container];
  run.out_of_memory_at = event.at;
  run.memory_limit_bytes = containers_.memory_limit_of(event.container);
  // Once the container has ended, its files are gone.
  if (const auto files = containers_.files_of(event.container)) {
    if (const auto limit = files->memory_limit()) run.memory_limit_bytes = limit;
    if (const auto peak = files->memory_peak()) run.memory_peak_bytes = peak;
  }
  undecided_.try_emplace(
      event.container,
      Undecided{event.instance, std::chrono::steady_clock::now() + config_.timeouts.memory_death});
  verdict_.wake();
}

/// Out of memory is how it ended only if it was killed right after, and nobody else can have done
/// it.
ContainerExit EventWatch::exit_by(const EngineEvent& event) const {
  ContainerExit exit{.code = event.exit_code, .out_of_memory = OutOfMemory::kNo, .at = event.at};
  const auto found = runs_.find(event.container);
  if (found == runs_.end() || !found->second.out_of_memory_at) return exit;
  const Run& run = found->second;
  const bool killed = event.exit_code == 128 + kSigkill && !run.sent_kill &&
                      event.at - *run.out_of_memory_at <= kMemoryDeathMax;
  exit.out_of_memory = killed ? OutOfMemory::kMain : OutOfMemory::kChild;
  exit.memory_limit_bytes = run.memory_limit_bytes;
  exit.memory_peak_bytes = run.memory_peak_bytes;
  return exit;
}

void EventWatch::report_children(const ContainerRuntime::Handlers& handlers, Coroutine& coroutine) {
  while (!closed_) {
    const auto now = std::chrono::steady_clock::now();
    Duration wait = kForEver;
    std::vector<ContainerNotice> due;
    for (const auto& [container, one] : undecided_) {
      if (one.due > now) {
        wait = std::min<Duration>(wait, one.due - now);
        continue;
      }
      due.push_back({.kind = ContainerNotice::Kind::kChildOutOfMemory,
                     .container = container,
                     .instance = one.instance,
                     .exit = std::nullopt});
    }
    for (const ContainerNotice& notice : due) {
      undecided_.erase(notice.container);
      handlers.on_notice(notice);
      if (closed_) return;
    }
    if (due.empty()) verdict_.sleep(wait, coroutine);
  }
}

std::optional<ContainerExit> EventWatch::end_of(const ContainerId& container) const {
  const auto end = ends_.find(container);
  return end == ends_.end() ? std::nullopt : std::optional(end->second);
}

void EventWatch::forget_run(const ContainerId& container) {
  runs_.erase(container);
  undecided_.erase(container);
  ends_.erase(container);
}

void EventWatch::forget_all() {
  runs_.clear();
  undecided_.clear();
  ends_.clear();
}

}  // namespace hearth::docker
