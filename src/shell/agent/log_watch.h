#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "core/agent/messages.h"
#include "ports/clock.h"
#include "ports/container_runtime.h"
#include "ports/line_matcher.h"

namespace hearth {

/// Reads the logs of containers for the agent's core: follows them through the runtime, applies the
/// patterns of their rules, and passes on what matched and how many lines there were.
///
/// One log per instance: that of its latest container. It decides nothing. All on the loop.
class LogWatch {
 public:
  struct Ports {
    const Clock& clock;
    ContainerRuntime& runtime;
    const PatternCompiler& patterns;
  };
  using Deliver = std::function<void(const core::AgentEvent&)>;

  LogWatch(Ports ports, Deliver deliver) : ports_(ports), deliver_(std::move(deliver)) {}

  /// Also once the container was started again: what is followed already is read on from `after`.
  void follow(const core::FollowLog& wanted);

 private:
  struct Reading {
    ContainerId container;
    std::unique_ptr<LineMatcher> matcher;
    std::unique_ptr<LogFollower> follower;
  };

  ContainerRuntime::LogHandlers handlers(const InstanceId& instance);
  void on_lines(const InstanceId& instance, const LogBatch& batch);
  void on_gap(const InstanceId& instance, const LogGap& gap);
  void on_state(const InstanceId& instance, const LogReaderState& state);
  Duration age_of(std::int64_t stamp) const;

  Ports ports_;
  Deliver deliver_;
  std::map<InstanceId, Reading> readings_;
};

}  // namespace hearth
