#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "core/assignments/assignment_ledger.h"
#include "core/batch/changes.h"
#include "core/builds/build_watch.h"
#include "core/fleet/fleet.h"
#include "core/instances/instance_table.h"
#include "core/placement/capacity_table.h"
#include "core/warm_images/warm_images.h"
#include "core/workloads/workload_catalog.h"

namespace hearth::core {

/// Executes the consequences of what nodes report and of their states: a heartbeat reaches the
/// node's watch, its report the instances, builds and capacity, and a verdict the work on the node
/// and its recovery.
///
/// Only this class changes a watch, so that each one is returned to the fleet with its next
/// deadline. Holds references for one step. Sans-io, not thread-safe.
class NodeExecutor {
 public:
  struct Parts {
    Epoch epoch;
    std::uint32_t recovery_attempts_max;
    Fleet& fleet;
    AssignmentLedger& assignments;
    WorkloadCatalog& workloads;
    InstanceTable& instances;
    const WarmImages& warm_images;
    CapacityTable& capacity;
    BuildWatch& build_watch;
    Changes& changes;
  };

  NodeExecutor(Parts parts, Instant now) : parts_(parts), now_(now) {}

  /// Enters a node that is not known yet, and asks for its topics.
  void add(const NodeEntry& entry);
  /// Applies the entry of a node that is known. True if that changed anything.
  bool update(NodeWatch& watch, const NodeEntry& entry);
  /// The manager has started: asks for the node's topics, continues its recovery, assigns its work.
  /// `alive_at`: when the manager before it is known to have run.
  void resume(NodeWatch& watch, std::optional<WallTime> alive_at);

  enum class Way : std::uint8_t { kBus, kHttp };
  /// A heartbeat of the node. False if it is stale, and changes nothing.
  bool receive(NodeWatch& watch, const Heartbeat& heartbeat, MonoTime received_at, Way way);
  /// Its status could not be fetched over HTTP.
  void on_fetch_failed(NodeWatch& watch);
  void on_dialled(NodeWatch& watch, std::uint64_t dial, DialOutcome outcome);
  void on_switched(NodeWatch& watch, PowerVerb verb, const Result<void>& outcome);

  /// Does what is due for each node whose deadline has come.
  void tend_due();
  /// Returns a watch to the fleet, with its next deadline.
  void settle(NodeWatch& watch);
  void settle_all();

  /// How many nodes were tended in this step.
  std::size_t tended() const { return tended_; }

 private:
  void note_eligibility(NodeWatch& watch, const Heartbeat& heartbeat,
                        const AssignmentRecord& assignment);
  void on_sign_of_life(NodeWatch& watch, const Heartbeat& heartbeat, MonoTime received_at);
  void on_report(NodeWatch& watch, const Report& report);
  void on_build(const NodeName& builder, const BuildStatus& build);
  void transition(NodeWatch& watch, Verdict verdict);
  void lose_work(const NodeName& name);
  void publish_recovery(NodeWatch& watch);
  void tend(NodeWatch& watch, AssignmentRecord& assignment);
  void settle(NodeWatch& watch, const AssignmentRecord& assignment);

  Parts parts_;
  Instant now_;
  std::size_t tended_ = 0;
};

/// Whether work may be placed on the node, and if not, why.
Eligibility eligibility_of(const NodeWatch& watch, const AssignmentLedger& assignments,
                           Epoch epoch);

}  // namespace hearth::core
