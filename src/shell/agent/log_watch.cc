#include "shell/agent/log_watch.h"

#include <algorithm>
#include <utility>

namespace hearth {
namespace {

core::LogReading reading_of(LogReaderState::Kind kind) {
  switch (kind) {
    case LogReaderState::Kind::kCatchingUp: return core::LogReading::kBehind;
    case LogReaderState::Kind::kCaughtUp: return core::LogReading::kCaughtUp;
    case LogReaderState::Kind::kReconnecting: return core::LogReading::kReconnecting;
    case LogReaderState::Kind::kUnreadable: return core::LogReading::kUnreadable;
    // The container does not run: its core knows, and nothing can be said of its log.
    case LogReaderState::Kind::kAtRest:
    case LogReaderState::Kind::kGone: return core::LogReading::kBehind;
  }
  return core::LogReading::kBehind;
}

}  // namespace

void LogWatch::follow(const core::FollowLog& wanted) {
  readings_.erase(wanted.instance);
  Result<std::unique_ptr<LineMatcher>> matcher = ports_.patterns.compile(wanted.rules);
  if (!matcher) {  // The manager checks patterns, but may be another version.
    return deliver_(core::LogReaderChanged{.container = wanted.container,
                                           .instance = wanted.instance,
                                           .reading = core::LogReading::kUnreadable,
                                           .reason = matcher.error().message});
  }
  Reading& reading = readings_[wanted.instance];
  reading.container = wanted.container;
  reading.matcher = *std::move(matcher);
  reading.follower = ports_.runtime.follow_log(
      {.container = wanted.container, .after = wanted.after}, handlers(wanted.instance));
}

ContainerRuntime::LogHandlers LogWatch::handlers(const InstanceId& instance) {
  // A follower that was replaced calls no handler any more, so the reading found is its own.
  return {.on_lines = [this, instance](const LogBatch& batch) { on_lines(instance, batch); },
          .on_gap = [this, instance](const LogGap& gap) { on_gap(instance, gap); },
          .on_state = [this, instance](const LogReaderState& state) { on_state(instance, state); }};
}

void LogWatch::on_lines(const InstanceId& instance, const LogBatch& batch) {
  Reading& reading = readings_.at(instance);
  core::LogRead read{
      .container = reading.container, .instance = instance, .lines = {}, .cursor = batch.cursor};
  for (const LogLine& line : batch.lines) {
    const std::optional<Duration> age =
        batch.caught_up ? std::nullopt : std::optional(age_of(line.stamp));
    core::StreamLines& stream =
        line.stream == LogStream::kStderr ? read.lines.from_stderr : read.lines.from_stdout;
    ++stream.count;
    stream.age = age;
    for (const std::uint16_t rule : reading.matcher->match(line.text, line.stream)) {
      const std::string_view head = line.text.substr(0, core::RuleWatch::kEvidenceBytesMax);
      read.lines.matched.push_back({.rule = rule, .age = age, .text = std::string(head)});
    }
  }
  deliver_(read);
}

void LogWatch::on_gap(const InstanceId& instance, const LogGap& gap) {
  const Duration to = std::max(age_of(gap.to), Duration::zero());
  const Duration from = gap.from ? std::max(age_of(*gap.from), to) : to;
  deliver_(core::LogSkipped{.container = readings_.at(instance).container,
                            .instance = instance,
                            .gap = {.from_age = from, .to_age = to, .lines = gap.lines}});
}

void LogWatch::on_state(const InstanceId& instance, const LogReaderState& state) {
  const auto found = readings_.find(instance);
  const core::LogReaderChanged changed{.container = found->second.container,
                                       .instance = instance,
                                       .reading = reading_of(state.kind),
                                       .reason = state.reason};
  if (state.kind == LogReaderState::Kind::kGone) readings_.erase(found);
  deliver_(changed);
}

Duration LogWatch::age_of(std::int64_t stamp) const {
  return ports_.clock.now().wall.time_since_epoch() - std::chrono::nanoseconds(stamp);
}

}  // namespace hearth
