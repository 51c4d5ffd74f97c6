#include "sim/logs.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hearth::sim {
namespace {

constexpr Duration kDelay = std::chrono::milliseconds(5);

}  // namespace

class SimLogs::Follower final : public LogFollower {
 public:
  explicit Follower(std::shared_ptr<Reader> reader) : reader_(std::move(reader)) {}
  ~Follower() override { reader_->ended = true; }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

 private:
  std::shared_ptr<Reader> reader_;  // Its tasks observe it.
};

void SimLogs::write(const ContainerId& container, LogStream stream, std::string_view text) {
  const std::int64_t stamp = std::chrono::nanoseconds(host_.wall().time_since_epoch()).count();
  Log& log = logs_[container];
  log.lines.push_back({stream, stamp, std::string(text)});
  discard(log, kLinesKept);
  attend_soon_to(container);
}

void SimLogs::rotate(const ContainerId& container) {
  const auto found = logs_.find(container);
  if (found != logs_.end()) discard(found->second, 1);
}

void SimLogs::discard(Log& log, std::size_t kept) {
  while (log.lines.size() > kept) {
    log.lines.pop_front();
    ++log.discarded;
  }
}

void SimLogs::set_readable(bool readable) {
  if (readable_ == readable) return;
  readable_ = readable;
  changed();
}

void SimLogs::changed() {
  std::erase_if(readers_, [](const auto& reader) { return reader.expired(); });
  for (const auto& weak : readers_) attend_soon(weak.lock());
}

void SimLogs::attend_soon_to(const ContainerId& container) {
  for (const auto& weak : readers_) {
    const auto reader = weak.lock();
    if (reader && reader->request.container == container) attend_soon(reader);
  }
}

std::unique_ptr<LogFollower> SimLogs::follow(LogFollowRequest request,
                                             ContainerRuntime::LogHandlers handlers) {
  const auto reader = std::make_shared<Reader>();
  reader->cursor = request.after.value_or(LogCursor{});
  reader->request = std::move(request);
  reader->handlers = std::move(handlers);
  readers_.push_back(reader);
  attend_soon(reader);
  return std::make_unique<Follower>(reader);
}

void SimLogs::attend_soon(const std::shared_ptr<Reader>& reader) {
  host_.after(kDelay, [this, weak = std::weak_ptr(reader)] {
    const auto alive = weak.lock();
    if (!alive) return;
    if (alive->request.ready && !alive->request.ready()) return attend_soon(alive);
    attend(*alive);
  });
}

void SimLogs::attend(Reader& reader) {
  using Kind = LogReaderState::Kind;
  if (reader.state == Kind::kGone) return;
  const Standing standing = standing_(reader.request.container);
  if (standing == Standing::kUnreachable) {
    return report(reader, {Kind::kReconnecting, "the engine does not answer"});
  }
  if (standing == Standing::kGone) return report(reader, {.kind = Kind::kGone});
  if (!readable_) {
    return report(reader, {Kind::kUnreadable, "the log driver does not support reading"});
  }
  const bool caught_up = reader.state == Kind::kCaughtUp;
  if (!caught_up && reader.state != Kind::kAtRest) report(reader, {.kind = Kind::kCatchingUp});
  deliver(reader, logs_[reader.request.container], caught_up);
  report(reader, {.kind = standing == Standing::kRunning ? Kind::kCaughtUp : Kind::kAtRest});
}

void SimLogs::deliver(Reader& reader, const Log& log, bool caught_up) {
  const std::optional<LogGap> gap = find_gap(reader, log);
  if (gap && gap->from && !reader.ended) reader.handlers.on_gap(*gap);
  std::vector<LogLine> lines;
  for (; reader.next < log.end(); ++reader.next) {
    const Line& line = log.line(reader.next);
    reader.last_stamp = line.stamp;
    if (was_read(reader, log, reader.next)) continue;
    lines.push_back({.stream = line.stream, .stamp = line.stamp, .text = line.text});
  }
  for (const LogLine& line : lines) reader.cursor.of(line.stream).advance(line.stamp);
  if (!lines.empty() && !reader.ended) reader.handlers.on_lines({lines, caught_up, reader.cursor});
  if (gap && !gap->from && !reader.ended) reader.handlers.on_gap(*gap);
}

/// Lines that were discarded before the reader came to them; it goes on behind them.
std::optional<LogGap> SimLogs::find_gap(Reader& reader, const Log& log) {
  if (reader.next >= log.discarded) return std::nullopt;
  const std::size_t lost = log.discarded - std::exchange(reader.next, log.discarded);
  return LogGap{.cause = LogGap::Cause::kRotated,
                .from = reader.last_stamp,
                .to = log.lines.front().stamp,  // One line at least is kept.
                .lines = lost};
}

/// Whether the line is not behind the cursor that the reader came with.
bool SimLogs::was_read(const Reader& reader, const Log& log, std::size_t index) {
  const LogStream stream = log.line(index).stream;
  const LogPosition position = reader.request.after.value_or(LogCursor{}).of(stream);
  std::uint32_t found = 0;
  for (std::size_t i = log.discarded; i < log.end(); ++i) {
    if (found == position.lines) return index < i;
    if (log.line(i).stream == stream && log.line(i).stamp == position.stamp) ++found;
  }
  return found == position.lines;
}

void SimLogs::report(Reader& reader, LogReaderState state) {
  if (reader.ended || reader.state == state.kind) return;
  reader.state = state.kind;
  reader.handlers.on_state(state);
}

}  // namespace hearth::sim
