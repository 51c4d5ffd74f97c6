#pragma once

#include <string>
#include <vector>

#include "core/log_rules/log_lines.h"
#include "core/log_rules/standing.h"
#include "model/ids.h"
#include "model/log_rule.h"

namespace hearth::core {

// What the reader of a container's log reports.

struct LogRead {
  ContainerId container;
  InstanceId instance;
  LogLines lines;
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

/// Read the container's log from its first line on, apply the rules' patterns to it, and report
/// what was read until the container is gone. Ends the reading of the instance's previous
/// container.
struct FollowLog {
  ContainerId container;
  InstanceId instance;
  std::vector<LogRule> rules;
  bool operator==(const FollowLog&) const = default;
};

}  // namespace hearth::core
