#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/instance.h"
#include "model/resources.h"
#include "model/workload.h"

namespace hearth {

enum class BuildState : std::uint8_t { kRunning, kDone, kFailed };

/// How a build that was ordered of this node stands.
struct BuildStatus {
  WorkloadName workload;
  Generation generation;
  BuildState state = BuildState::kRunning;
  std::optional<Digest> archive;  ///< kDone: the saved image, already in the content store.
  std::string reason;             ///< kFailed: the runtime's own last words.
  /// kDone: what it is called; the order's reference and what tells this build from each other one
  /// that the node did on that order. Empty: as ordered.
  std::string reference;
  bool operator==(const BuildStatus&) const = default;
};

/// All that a node has: told when it changed, and now and then.
struct Report {
  std::map<InstanceId, InstanceStatus> instances;
  std::map<InstanceId, WorkloadName> workloads;  ///< Of the same instances.
  std::vector<std::string> images;  ///< References of Hearth's images in the runtime, ordered.
  std::vector<BuildStatus> builds;
  Resources capacity;
  std::string
      problem;  ///< What keeps the node from working (no runtime, disk full), in words; else empty.
  bool operator==(const Report&) const = default;
};

/// A sign of life. What a foreign box does not tell is absent.
struct Heartbeat {
  Incarnation incarnation;
  std::optional<std::uint64_t> seq;  ///< Counts the agent's heartbeats within an incarnation.
  std::optional<MonoTime>
      sent_at;  ///< On the agent's own monotonic clock; only differences mean anything.
  AssignmentNumber applied;  ///< The assignment that the agent last took over.
  Load load;
  std::optional<std::uint16_t> agent_port;  ///< Where the agent listens, on the node's address.
  std::optional<Report> report;
  /// Whose it says it is; empty: not told. On a topic nobody asks: the topic says whose it is.
  std::string node = {};
  bool operator==(const Heartbeat&) const = default;
};

}  // namespace hearth
