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
  Follower(SimLogs& logs, std::shared_ptr<Reader> reader)
      : logs_(logs), reader_(std::move(reader)) {}
  ~Follower() override { reader_->ended = true; }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  void look() override { logs_.attend_soon(reader_); }

 private:
  SimLogs& logs_;
  std::shared_ptr<Reader> reader_;  // Its tasks observe it.
};

void SimLogs::write(const ContainerId& container, LogStream stream, std::string_view text) {
  const std::int64_t stamp = std::chrono::nanoseconds(host_.wall().time_since_epoch()).count();
  logs_[container].push_back({stream, stamp, std::string(text)});
  changed();
}

void SimLogs::changed() {
  std::erase_if(readers_, [](const auto& reader) { return reader.expired(); });
  for (const auto& weak : readers_) attend_soon(weak.lock());
}

std::unique_ptr<LogFollower> SimLogs::follow(LogFollowRequest request,
                                             ContainerRuntime::LogHandlers handlers) {
  const auto reader = std::make_shared<Reader>();
  reader->cursor = request.after.value_or(LogCursor{});
  reader->request = std::move(request);
  reader->handlers = std::move(handlers);
  readers_.push_back(reader);
  attend_soon(reader);
  return std::make_unique<Follower>(*this, reader);
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
  const bool caught_up = reader.state == Kind::kCaughtUp;
  if (!caught_up && reader.state != Kind::kAtRest) report(reader, {.kind = Kind::kCatchingUp});
  deliver(reader, logs_[reader.request.container], caught_up);
  report(reader, {.kind = standing == Standing::kRunning ? Kind::kCaughtUp : Kind::kAtRest});
}

void SimLogs::deliver(Reader& reader, const Log& log, bool caught_up) {
  std::vector<LogLine> lines;
  for (; reader.next < log.size(); ++reader.next) {
    const Line& line = log[reader.next];
    if (was_read(reader, log, reader.next)) continue;
    lines.push_back({.stream = line.stream, .stamp = line.stamp, .text = line.text});
  }
  for (const LogLine& line : lines) reader.cursor.of(line.stream).advance(line.stamp);
  if (!lines.empty() && !reader.ended) reader.handlers.on_lines({lines, caught_up, reader.cursor});
}

/// Whether the line is not behind the cursor that the reader came with.
bool SimLogs::was_read(const Reader& reader, const Log& log, std::size_t index) {
  const LogStream stream = log[index].stream;
  const LogPosition position = reader.request.after.value_or(LogCursor{}).of(stream);
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (found == position.lines) return index < i;
    if (log[i].stream == stream && log[i].stamp == position.stamp) ++found;
  }
  return found == position.lines;
}

void SimLogs::report(Reader& reader, LogReaderState state) {
  if (reader.ended || reader.state == state.kind) return;
  reader.state = state.kind;
  reader.handlers.on_state(state);
}

}  // namespace hearth::sim
