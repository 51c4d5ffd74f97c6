#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/log_rules/log_lines.h"
#include "core/log_rules/standing.h"
#include "core/probes/probe_standing.h"
#include "model/container.h"
#include "model/ids.h"
#include "model/instance_spec.h"
#include "model/log_cursor.h"
#include "model/log_rule.h"

namespace hearth::core {

// What the reader of a container's log reports.

struct LogRead {
  ContainerId container;
  InstanceId instance;
  LogLines lines;
  LogCursor cursor;  ///< Where reading continues after these lines.
};
struct LogSkipped {
  ContainerId container;
  InstanceId instance;
  LogGap gap;
};
struct LogReaderChanged {
  ContainerId container;
  InstanceId instance;
  LogReading reading{};
  std::string reason;  ///< kUnreadable: why.
};

/// Read the container's log from `after` on, or else from its first line, apply the rules' patterns
/// to it, and report what was read until the container is gone. Ends the reading of the instance's
/// previous container.
struct FollowLog {
  ContainerId container;
  InstanceId instance;
  std::vector<LogRule> rules;
  std::optional<LogCursor> after;
  bool operator==(const FollowLog&) const = default;
};

// What else is found out about a container.

/// Ask the runtime about a container that has started: its address, and whether its image has a
/// HEALTHCHECK.
struct InspectContainer {
  ContainerId container;
  InstanceId instance;
  bool operator==(const InspectContainer&) const = default;
};
/// The answer, and each change of the HEALTHCHECK. Until there is an answer it is asked again: a
/// notice of a change does not tell the address.
struct HealthcheckReported {
  enum class By : std::uint8_t { kInspection, kNotice };

  ContainerId container;
  InstanceId instance;
  By by = By::kInspection;
  ImageHealth health{};
  std::string output;  ///< The start of what it printed.
};

/// Check the container for one of its probes. Answered by one CheckDone.
struct RunCheck {
  ContainerId container;
  InstanceId instance;
  NetworkMode network{};
  DueCheck due;
  bool operator==(const RunCheck&) const = default;
};
using WatchAction = std::variant<FollowLog, InspectContainer, RunCheck>;

struct CheckDone {
  ContainerId container;
  InstanceId instance;
  CheckAnswer answer;
};

}  // namespace hearth::core
