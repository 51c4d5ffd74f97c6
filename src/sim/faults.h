#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/cluster.h"

namespace hearth::sim {

/// Injects random faults: crashes, freezes, cuts, stalls, failures, in the mix and at the pace that
/// the seed draws. Each ends on its own or at Cluster::heal().
class FaultSchedule {
 public:
  FaultSchedule(Cluster& cluster, MonoTime end);

 private:
  /// One kind of fault; `node` is the one affected, if it affects a node.
  using Fault = void (FaultSchedule::*)(const NodeName& node);
  static const std::vector<Fault>& all_faults();

  void plan_next();
  void strike();

  // Of a node's containers, agent, machine.
  void crash_container(const NodeName& node);
  void crash_container_in_a_loop(const NodeName& node) { crash_again_and_again(node, 8); }
  void break_workload(const NodeName& node);
  void sicken_program(const NodeName& node);
  void meddle_with_container(const NodeName& node);
  void rotate_logs(const NodeName& node);
  void forbid_logs(const NodeName& node);
  void crash_agent(const NodeName& node);
  void crash_agent_at_save(const NodeName& node);
  void crash_agent_for_long(const NodeName& node);
  void reset_node(const NodeName& node);
  void crash_node(const NodeName& node);
  void freeze_node(const NodeName& node);
  // Of its engine and disk.
  void restart_engine(const NodeName& node);
  void hang_engine(const NodeName& node);
  void trouble_engine(const NodeName& node);
  void lose_images(const NodeName& node);
  void fill_disk(const NodeName& node);
  void busy_disk(const NodeName& node);
  void hang_disk(const NodeName& node);
  void lose_disk(const NodeName& node);
  void damage_file_at_power_cut(const NodeName& node);
  // Of the manager and its store.
  void crash_manager(const NodeName& node);
  void freeze_manager(const NodeName& node);
  void fail_commits(const NodeName& node);
  void hang_commits(const NodeName& node);
  void lose_commits(const NodeName& node);
  // Of the bus and the ways to it.
  void stall_broker(const NodeName& node);
  void stop_broker(const NodeName& node);
  void lose_topics(const NodeName& node);
  void trouble_bus(const NodeName& node);
  void write_foreign_records(const NodeName& node);
  void cut_node_from_bus(const NodeName& node);
  void cut_node_from_manager(const NodeName& node);
  void cut_node_off(const NodeName& node);
  void cut_manager_from_bus(const NodeName& node);
  void start_agent_cut_off(const NodeName& node);
  void start_manager_cut_off(const NodeName& node);
  // Of the power driver.
  void trouble_power(const NodeName& node);

  std::optional<ContainerId> draw_container(const NodeName& node);
  void crash_again_and_again(const NodeName& node, std::uint32_t times);
  void set_broker(SimBroker::State state, std::string_view words);
  void cut(const NodeName& node, bool bus, bool dial, std::string_view words);
  void for_a_while(Duration low, Duration high, Task end);

  Cluster& cluster_;
  World& world_;
  MonoTime end_;
  Duration gap_max_;
  std::vector<Fault> mix_;
};

}  // namespace hearth::sim
