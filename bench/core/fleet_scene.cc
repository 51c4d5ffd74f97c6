#include "bench/core/fleet_scene.h"

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::bench {
namespace {

constexpr std::uint64_t kGiB = 1ULL << 30;

NodeName node_name(std::uint32_t number) {
  return *NodeName::parse(fmt::format("node-{}", number));
}

WorkloadName workload_name(std::uint32_t number) {
  return *WorkloadName::parse(fmt::format("app-{}", number));
}

Digest digest(std::uint32_t number) {
  return *Digest::parse(fmt::format("sha256:{:064x}", number));
}

Image image_of(std::uint32_t workload) {
  return {.reference = fmt::format("hearth/app-{}:1", workload), .archive = digest(workload)};
}

}  // namespace

core::ManagerSettings FleetScene::settings() {
  return {.liveness = settings_of(LivenessProfile::kDefault),
          .recovery = {},
          .with_power = {},
          .power_by_default = true};
}

Snapshot FleetScene::snapshot(std::uint32_t nodes, std::uint32_t instances) {
  Snapshot all;
  for (std::uint32_t i = 0; i < nodes; ++i) {
    all.nodes.push_back({.name = node_name(i),
                         .display_name = "",
                         .agent = {.address = "10.0.0.1", .port = 7701},
                         .state = NodeState::kLive,
                         .incarnation = {.boot_id = "boot", .start_count = 1}});
  }
  for (std::uint32_t i = 0; i < instances; ++i) {
    const std::uint32_t number = i / kInstancesOfWorkload;
    const WorkloadName name = workload_name(number);
    if (i % kInstancesOfWorkload == 0) {
      const Release release{.generation = {1},
                            .spec = {.instances = kInstancesOfWorkload,
                                     .bundle = digest(number),
                                     .container = {.resources = {.cpu_millis = 50}}},
                            .image = image_of(number)};
      all.workloads.push_back({.name = name,
                               .phase = WorkloadPhase::kDeployed,
                               .current = release,
                               .next_instance = kInstancesOfWorkload + 1});
    }
    Instance instance{.id = make_instance_id(name, i % kInstancesOfWorkload + 1),
                      .workload = name,
                      .generation = {1}};
    instance.node = node_name(i % nodes);
    instance.image = image_of(number);
    instance.container.resources.cpu_millis = 50;
    instance.status = {.state = InstanceState::kRunning, .container = {"c" + instance.id.str()}};
    all.instances.push_back(std::move(instance));
  }
  return all;
}

FleetScene::FleetScene(std::uint32_t nodes, std::uint32_t instances)
    : manager_(settings(), snapshot(nodes, instances), {now_, {}}) {
  for (std::uint32_t i = 0; i < nodes; ++i) {
    Beating node{.name = node_name(i), .heartbeat = {}};
    node.heartbeat.incarnation = {.boot_id = "boot", .start_count = 1};
    node.heartbeat.load = {.cpu = 200, .memory = 300, .disk = 100};
    Report report{.instances = {}, .capacity = {.cpu_millis = 4000, .memory_bytes = 4 * kGiB}};
    for (const InstanceId& id : manager_.instances_on(node.name)) {
      const Instance& instance = manager_.instance_table().instance(id);
      report.instances.emplace(id, instance.status);
      report.images.push_back(instance.image.reference);
    }
    node.heartbeat.report = std::move(report);
    number_of_.emplace(node.name.str(), nodes_.size());
    nodes_.push_back(std::move(node));
  }
  other_step(core::Started{});
  for (int i = 0; i < 3; ++i) beat();
  for (Beating& node : nodes_) node.heartbeat.report.reset();
  for (int i = 0; i < 40; ++i) beat();  // Dials have been answered, images are warm.
  HEARTH_CHECK(placed() == instances);
}

void FleetScene::step(const core::ManagerEvent& event) {
  carry_out(manager_.step(event, {now_, {}}));
}

void FleetScene::other_step(const core::ManagerEvent& event) {
  const auto begin = std::chrono::steady_clock::now();
  core::ManagerBatch batch = manager_.step(event, {now_, {}});
  others_ += std::chrono::steady_clock::now() - begin;
  carry_out(batch);
}

void FleetScene::carry_out(const core::ManagerBatch& batch) {
  for (const core::ManagerAction& action : batch.actions) {
    if (const auto* canary = std::get_if<core::SendCanary>(&action)) {
      due_.push_back(core::CanaryReturned{canary->sent_at});
    } else if (const auto* dial = std::get_if<core::Dial>(&action)) {
      const bool is_dead = number_of_.at(dial->node.str()) < dead_;
      due_.push_back(core::Dialled{dial->node, dial->dial,
                                   is_dead ? DialOutcome::kNoAnswer : DialOutcome::kAnswered});
    } else if (const auto* reported = std::get_if<core::PublishAssignment>(&action)) {
      const auto number = number_of_.find(reported->assignment.node.str());
      if (number == number_of_.end()) continue;
      nodes_[number->second].heartbeat.applied = reported->assignment.number;
    }
  }
}

void FleetScene::pass_until(MonoTime end) {
  while (!due_.empty() || manager_.next_deadline() <= end) {
    for (const core::ManagerEvent& event : std::exchange(due_, {})) other_step(event);
    if (manager_.next_deadline() > end) continue;
    now_ = std::max(now_, manager_.next_deadline());
    other_step(core::Ticked{});
  }
  now_ = end;
}

std::size_t FleetScene::beat() {
  const Duration gap = settings().liveness.heartbeat_interval / static_cast<int>(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    pass_until(now_ + gap);
    if (i < dead_) continue;
    Heartbeat& heartbeat = nodes_[i].heartbeat;
    heartbeat.seq = heartbeat.seq.value_or(0) + 1;
    heartbeat.sent_at = now_;
    step(core::HeartbeatReceived{nodes_[i].name, heartbeat, now_});
  }
  return nodes_.size() - dead_;
}

std::size_t FleetScene::placed() const {
  std::size_t count = 0;
  for (const auto& [id, instance] : manager_.instances()) {
    const bool is_well = instance.node && instance.desired_state == DesiredState::kRun &&
                         manager_.fleet().state_of(*instance.node) == NodeState::kLive &&
                         number_of_.at(instance.node->str()) >= dead_;
    if (is_well) ++count;
  }
  return count;
}

}  // namespace hearth::bench
