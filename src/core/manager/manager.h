#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/evidence/bus_watch.h"
#include "core/evidence/dial_record.h"
#include "core/liveness/heartbeat_age.h"
#include "core/liveness/node_liveness.h"
#include "core/manager/messages.h"
#include "core/placement/placement.h"
#include "core/reconcile/reconcile.h"
#include "core/recovery/recovery_ladder.h"
#include "model/settings.h"

namespace hearth::core {

struct ManagerSettings {
  LivenessSettings liveness;
  RecoverySettings recovery;
  std::set<NodeName> with_power;  ///< Nodes that have a power driver of their own.
  bool power_by_default = false;  ///< True if every other node has one, too.
};

/// What the manager knows of a node beyond what it keeps on disk.
struct NodeSoftState {
  std::optional<MonoTime> last_heard;
  Load load;
  std::optional<Report> report;  ///< The last one; absent: a box without an agent, or not told yet.
  WishNumber wished;             ///< The assignment last published.
  WishNumber applied;            ///< The one it last said it took over.
};

/// Counts of what went by, for metrics. All since the start.
struct ManagerCounters {
  std::uint64_t heartbeats = 0;
  std::uint64_t heartbeats_stale = 0;  ///< Of an older life, or a repetition: no sign of life.
  std::uint64_t steps_late = 0;        ///< The loop itself was late and deadlines were put off.
};

/// The control plane as a pure function: decides which nodes live, where work goes, what is built
/// where, and how lost nodes come back.
///
/// Sans-io: it reads no clock, arms no timer and does nothing. The same snapshot and the same
/// events at the same instants give the same batches, byte for byte. The shell delivers Started
/// first, then whatever happens, and Ticked no later than next_deadline(); it commits a batch's
/// writes before it carries out the batch's actions, and takes no further step in between.
///
/// Not responsible for: bytes, topics, retries of the transport. Not thread-safe.
class Manager {
 public:
  /// Continues from `snapshot` with the next epoch.
  Manager(ManagerSettings settings, Snapshot snapshot, Instant now);
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// Applies `event` as of `now`, which never runs backwards.
  ManagerBatch step(const ManagerEvent& event, Instant now);

  /// When Ticked must be delivered even if nothing else happens.
  MonoTime next_deadline() const;

  // What it knows, for showing. Valid until the next step.
  Epoch epoch() const { return epoch_; }
  bool bus_carries() const { return bus_carries_; }
  const ManagerCounters& counters() const { return counters_; }
  const ManagerSettings& settings() const { return settings_; }
  std::vector<const Node*> nodes() const;
  const Node* find_node(const NodeName& name) const;
  const NodeSoftState* find_soft_state(const NodeName& name) const;
  const std::map<WorkloadName, Workload>& workloads() const { return workloads_; }
  const std::map<InstanceId, Instance>& instances() const { return instances_; }
  const std::set<InstanceId>& instances_on(const NodeName& node) const;

  /// Why it is where and what it is, in words, one line each. Empty: not known.
  std::vector<std::string> explain_node(const NodeName& name, Instant now) const;
  std::vector<std::string> explain_workload(const WorkloadName& name, Instant now) const;

 private:
  struct NodeRecord;

  // manager.cc: the step and the commands.
  void visit(const Started& event);
  void visit(const Ticked& event);
  void visit(const HeartbeatReceived& event);
  void visit(const StatusFetched& event);
  void visit(const CanaryReturned& event);
  void visit(const Dialled& event);
  void visit(const PowerSwitched& event);
  void visit(const CommandReceived& event);
  Result<CommandResult> carry_out(const ImportNodes& command);
  bool update(NodeRecord& record, const NodeEntry& entry);
  Result<CommandResult> carry_out(const DeployWorkload& command);
  Result<CommandResult> carry_out(const StopWorkload& command);
  Result<CommandResult> carry_out(const RemoveWorkload& command);
  Result<void> check_room_for(const WorkloadName& name) const;
  Workload& workload_to_deploy(const WorkloadName& name);
  void note_lateness();
  void flush();
  void act(ManagerAction action) { batch_.actions.push_back(std::move(action)); }
  void tell(EventType type, std::string subject, std::string message);
  NodeRecord* record_of(const NodeName& name);

  // fleet.cc: the nodes' lives.
  NodeRecord& add_node(const Node& node);
  void watch_bus();
  void tend_nodes();
  void tend(NodeRecord& record);
  void judge(NodeRecord& record);
  void become(NodeRecord& record, NodeState state, std::string evidence);
  void resume(NodeRecord& record);
  void lose(NodeRecord& record);
  void climb(NodeRecord& record);
  void recover_late(NodeRecord& record);
  std::string blindness(MonoTime now) const;
  void republish_if_unheard(NodeRecord& record);
  void schedule(NodeRecord& record);
  bool has_power(const NodeName& name) const;

  // reports.cc: what nodes tell.
  enum class Way : std::uint8_t { kBus, kHttp };
  void hear(NodeRecord& record, const Heartbeat& heartbeat, MonoTime received_at, Way way);
  void note_usability(NodeRecord& record);
  void note_trouble(NodeRecord& record, const Heartbeat& heartbeat);
  bool is_stale(NodeRecord& record, const Heartbeat& heartbeat);
  void sign_of_life(NodeRecord& record, const Heartbeat& heartbeat, MonoTime sign_at);
  void boot_anew(NodeRecord& record);
  void take_report(NodeRecord& record, const Report& report);
  void take_status(Instance& instance, const InstanceStatus& status, const NodeName& node);

  // builds.cc: from bundle to image.
  void take_build(const NodeName& node, const BuildStatus& build);
  void find_builders();
  void find_builder(Workload& workload);
  std::string stuck_builder(const Workload& workload) const;
  void finish_build(Workload& workload, Image image);

  // work.cc: instances and assignments.
  void reconcile_work();
  void retire(Workload& workload);
  void reconcile_one(const WorkloadName& name);
  bool carry_out(const WorkPlan& plan, Workload& workload);
  bool create(const NewInstance& wanted, Workload& workload);
  void place_pending(Workload& workload);
  bool put_on_node(Instance& instance);
  void choose_warm_node(const WorkloadName& name);
  bool has_copy_on(const WorkloadName& workload, const NodeName& node) const;
  void publish_assignments();
  Assignment assignment_for(const NodeName& node) const;
  Candidates& candidates();
  bool took_over(const NodeRecord& record) const;
  std::string unusable(const NodeRecord& record) const;
  Instance* find_instance(const InstanceId& id);
  void add_instance(Instance instance);
  void forget_instance(const InstanceId& id);
  void touch(const Instance& instance);
  void touch_work_on(const NodeName& node);

  ManagerSettings settings_;
  Epoch epoch_;
  std::uint64_t event_seq_;
  Instant now_;
  std::optional<MonoTime> promised_;  ///< The deadline that the last step announced.
  BusWatch bus_;
  bool bus_carries_ = false;
  ManagerCounters counters_;

  std::map<NodeName, NodeRecord> nodes_;
  std::set<std::pair<MonoTime, NodeName>> deadlines_;  ///< One entry a node, perhaps too early.
  std::map<WorkloadName, Workload> workloads_;
  std::map<WorkloadName, Workload> removed_;  ///< For their numbers.
  std::map<InstanceId, Instance> instances_;
  std::map<WorkloadName, std::vector<InstanceId>>
      instances_of_;  ///< In the order of their numbers.
  std::map<NodeName, std::set<InstanceId>> instances_on_;
  std::map<WorkloadName, NodeName> warm_node_;  ///< Which node holds the image without running it.

  // Of the step under way.
  ManagerBatch batch_;
  std::optional<Candidates> candidates_;
  bool capacity_changed_ = false;  ///< A node came, went or told of room: pending work may fit.
  std::set<NodeName> nodes_touched_;
  std::set<WorkloadName> workloads_touched_;
  std::set<InstanceId> instances_touched_;
  std::set<WorkloadName> work_due_;     ///< To be reconciled.
  std::set<NodeName> assignments_due_;  ///< To be compared with what was published.
};

}  // namespace hearth::core
