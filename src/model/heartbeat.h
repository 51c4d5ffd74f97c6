#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/incident.h"
#include "model/instance.h"
#include "model/instance_usage.h"
#include "model/resources.h"
#include "model/workload.h"

namespace hearth {

enum class BuildState : std::uint8_t { kRunning, kDone, kFailed };

/// The state of a build that this node was assigned.
struct BuildStatus {
  WorkloadName workload;
  Generation generation;
  BuildState state = BuildState::kRunning;
  std::optional<Digest> archive;  ///< kDone: the saved image, already in the content store.
  /// kFailed: the runtime's last words. kRunning: why the latest try failed, which is repeated;
  /// empty once another try has got further.
  std::string reason;
  /// kDone: the reference of the image, which is the ordered one plus what distinguishes this build
  /// from others that the node did for the same order. Empty: as ordered.
  std::string reference;
  bool operator==(const BuildStatus&) const = default;
};

/// Everything that a node has: sent when it changed, and periodically.
struct Report {
  std::map<InstanceId, InstanceStatus> instances;
  std::map<InstanceId, WorkloadName> workloads;    ///< Of the same instances.
  std::map<InstanceId, InstanceUsage> usage = {};  ///< Of those that run, as last sampled.
  std::vector<std::string> images;  ///< References of Hearth's images in the runtime, ordered.
  std::vector<BuildStatus> builds;
  std::vector<Incident> incidents;  ///< The latest, by number.
  Resources capacity;
  /// In words, what keeps the node from working (no runtime, disk full); else empty.
  std::string problem;
  /// In words, the resource that the node is short of, so that it slows down; else empty.
  std::string shortage;
  bool operator==(const Report&) const = default;
};

/// A sign of life. Fields that a sender without an agent does not know are absent.
struct Heartbeat {
  Incarnation incarnation;
  std::optional<std::uint64_t> seq;  ///< Counts the agent's heartbeats within an incarnation.
  /// On the agent's own monotonic clock; only differences are meaningful.
  std::optional<MonoTime> sent_at;
  AssignmentNumber applied;  ///< The assignment that the agent accepted last.
  Load load;
  std::optional<std::uint16_t> agent_port;  ///< Where the agent listens, on the node's address.
  std::optional<Report> report;
  /// The node that the sender claims to be; empty: not given. Not evaluated: the topic identifies
  /// the node.
  std::string node = {};
  bool operator==(const Heartbeat&) const = default;
};

}  // namespace hearth
