#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "model/event.h"
#include "model/history.h"
#include "model/ids.h"
#include "model/instance.h"
#include "model/node.h"
#include "model/workload.h"

namespace hearth {

/// One change to what the manager must not forget. The writes of a step are committed together, in
/// order, before any of its actions is executed.
struct PutEpoch {
  Epoch epoch;
  bool operator==(const PutEpoch&) const = default;
};
struct PutNode {
  Node node;
  bool operator==(const PutNode&) const = default;
};
struct PutWorkload {
  Workload workload;
  bool operator==(const PutWorkload&) const = default;
};
struct PutInstance {
  Instance instance;
  bool operator==(const PutInstance&) const = default;
};
struct DeleteInstance {
  InstanceId id;
  bool operator==(const DeleteInstance&) const = default;
};
struct AppendEvent {
  ClusterEvent event;
  bool operator==(const AppendEvent&) const = default;
};
struct AppendHistory {
  HistoryEntry entry;
  bool operator==(const AppendHistory&) const = default;
};
/// The manager ran at that time.
struct PutAlive {
  WallTime at;
  bool operator==(const PutAlive&) const = default;
};
using Write = std::variant<PutEpoch, PutNode, PutWorkload, PutInstance, DeleteInstance, AppendEvent,
                           AppendHistory, PutAlive>;

/// Everything that a manager starts from.
struct Snapshot {
  Epoch epoch;  ///< Of the last manager that ran; zero if there was none.
  std::uint64_t last_event_seq = 0;
  std::optional<WallTime> alive_at;  ///< When the last manager is known to have run.
  std::vector<Node> nodes;
  std::vector<Workload> workloads;
  std::vector<Instance> instances;
};

}  // namespace hearth
