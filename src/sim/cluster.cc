#include "sim/cluster.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "wire/assignment_codec.h"
#include "wire/heartbeat_codec.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t kAgentPort = 7701;
/// Followed by a node's number.
constexpr std::string_view kAddress = "10.0.0.";
constexpr const char* kTopicPrefix = "hearth.";
/// The furthest that a clock is set wrong.
constexpr WallClock::duration kWallErrorMax = std::chrono::hours(48);
/// How long after the end of the faults the operator switches on a machine that is still off.
constexpr Duration kPersonComes = seconds(20);

constexpr RestartSettings kRestart{.backoff_min = milliseconds(500),
                                   .backoff_max = seconds(6),
                                   .healthy_after = seconds(20),
                                   .crash_loop_count = 5,
                                   .crash_loop_window = seconds(60)};

bool is_down(const Workload& workload) {
  return workload.phase == WorkloadPhase::kStopped || workload.phase == WorkloadPhase::kRemoved;
}

/// Whether it is stopped, and its adopted container is kept.
bool keeps_container(const Workload& workload) {
  return workload.phase == WorkloadPhase::kStopped && workload.current &&
         workload.current_release().spec.instance.adopted;
}

/// Whether it is what was asked for. That an adopted container was restarted since is no matter.
bool is_same(WorkloadSpec deployed, const WorkloadSpec& asked) {
  if (deployed.instance.adopted) deployed.instance.adopted->afresh = false;
  return deployed == asked;
}

core::AgentSettings agent_settings(const NodeName& name, std::uint32_t cpu_millis) {
  return {.node = name,
          .incarnation = {},
          .capacity = {.cpu_millis = cpu_millis, .memory_bytes = 0},
          .agent_port = kAgentPort,
          .restart = kRestart,
          .stop_grace = seconds(2)};
}

}  // namespace

core::ManagerSettings simulated_manager_settings(bool with_power) {
  core::ManagerSettings settings{.liveness = settings_of(LivenessProfile::kDefault),
                                 .recovery = {.boot_timeout = seconds(12),
                                              .switch_timeout = seconds(3),
                                              .attempts_max = 3,
                                              .backoff_min = seconds(2),
                                              .backoff_max = seconds(8)},
                                 .with_power = {},
                                 .power_by_default = with_power};
  settings.liveness.agent_down_grace = seconds(10);
  return settings;
}

Cluster::Cluster(World& world, const ClusterShape& shape)
    : world_(world),
      shape_(shape),
      wall_prng_(shape.wall_seed),
      topics_(kTopicPrefix),
      broker_(world, topics_.canary()),
      manager_({.world = world,
                .broker = broker_,
                .power_faults = power_faults_,
                .wall_error = draw_wall_error()},
               {.settings = simulated_manager_settings(shape.with_power),
                .topic_prefix = kTopicPrefix,
                .inbox_max = shape.inbox_max},
               manager_hooks()),
      operator_(world, [this](const Command& command,
                              auto done) { ask_manager(command, std::move(done)); }),
      checker_(world, manager_.stored(), truth()),
      service_checker_(world, manager_.stored(), kRestart, truth_of_services()),
      start_checker_(world, manager_.stored()) {
  const std::optional<BusAddress> named =
      shape.broker == BrokerKind::kNamed
          ? std::optional(BusAddress{broker_.address(), kTopicPrefix})
          : std::nullopt;
  for (std::uint32_t i = 1; i <= shape.nodes; ++i) {
    const NodeName name = *NodeName::parse(fmt::format("node{}", i));
    machines_.emplace(name,
                      std::make_unique<SimMachine>(
                          SimMachine::Parts{world_, broker_, content_, draw_wall_error()},
                          agent_settings(name, shape.cpu_millis), named, machine_hooks(name)));
  }
}

Checker::Truth Cluster::truth() {
  return {.is_well =
              [this](const NodeName& name) {
                return dial(name) == DialOutcome::kAnswered && has_way_to_manager(name) &&
                       manager_.works();
              },
          .can_be_dialled =
              [this](const NodeName& name) { return dial(name) == DialOutcome::kAnswered; },
          .can_be_received = [this](const NodeName& name) { return can_be_received(name); },
          .bus_carries = [this] { return broker_.carries(); },
          .carried_until = [this] { return broker_.carried_until(); },
          .manager_works = [this] { return manager_.works(); },
          .has_crashed =
              [this](const InstanceId& id) {
                return std::any_of(machines_.begin(), machines_.end(), [&](const auto& entry) {
                  return entry.second->engine().crashed().contains(id);
                });
              },
          .doubled =
              [this](const NodeName& name) {
                std::set<InstanceId> doubled;
                if (!machines_.at(name)->works()) return doubled;
                const SimEngine& engine = machines_.at(name)->engine();
                for (const auto& [id, container] : engine.containers()) {
                  if (engine.running(container.instance) > 1) doubled.insert(container.instance);
                }
                return doubled;
              },
          .running =
              [this](const NodeName& name) {
                std::vector<Checker::RunningBits> running;
                const SimEngine& engine = machines_.at(name)->engine();
                for (const auto& [id, container] : engine.containers()) {
                  if (container.state != ContainerState::kRunning || container.adopted) continue;
                  running.push_back({.workload = container.workload,
                                     .generation = container.generation,
                                     .reference = engine.image_of().at(id).reference,
                                     .bits = *engine.image_of().at(id).archive});
                }
                return running;
              }};
}

ServiceChecker::Truth Cluster::truth_of_services() {
  return {.is_at_fault =
              [this](const ContainerId& id) {
                return std::any_of(machines_.begin(), machines_.end(), [&](const auto& entry) {
                  return entry.second->engine().is_at_fault(id);
                });
              },
          .runs = [this](const NodeName& name, const ContainerId& id) { return runs(name, id); },
          .is_connected =
              [this](const NodeName& name) {
                const SimMachine& machine = *machines_.at(name);
                return machine.works() && machine.engine().is_reliable() && can_be_received(name);
              },
          .running =
              [this](const WorkloadName& workload) {
                std::uint32_t count = 0;
                for (const auto& [name, machine] : machines_) {
                  for (const auto& [id, container] : machine->engine().containers()) {
                    if (container.workload == workload && runs(name, id)) ++count;
                  }
                }
                return count;
              },
          .is_foreign =
              [this](const NodeName& name, const ContainerId& id) {
                return machines_.at(name)->engine().is_foreign(id);
              },
          .mounts_of =
              [this](const WorkloadName& workload) {
                std::vector<std::string> mounts;
                for (const auto& [name, machine] : machines_) {
                  for (const auto& [id, container] : machine->engine().containers()) {
                    if (container.workload != workload) continue;
                    const SimEngine::HandMade* hand_made = machine->engine().hand_made(id);
                    mounts.push_back(hand_made == nullptr ? "" : hand_made->mounts);
                  }
                }
                return mounts;
              }};
}

/// Whether it does its work, if its program does.
bool Cluster::runs(const NodeName& name, const ContainerId& container) const {
  const auto& containers = machines_.at(name)->engine().containers();
  const auto found = containers.find(container);
  return found != containers.end() && found->second.state == ContainerState::kRunning &&
         !found->second.paused;
}

/// Everything that its agent sends reaches the manager, sooner or later.
bool Cluster::has_way_to_manager(const NodeName& name) const {
  const SimMachine& machine = *machines_.at(name);
  return machine.agent_runs() && machine.agent().bus() != nullptr &&
         machine.agent().bus()->is_connected() && broker_.carries() && manager_.is_alive() &&
         manager_.process().bus().reads(topics_.status(name));
}

bool Cluster::can_be_received(const NodeName& name) const {
  return machines_.at(name)->dialled() == DialOutcome::kAnswered && has_way_to_manager(name) &&
         broker_.is_reliable() && manager_.works();
}

Cluster::Running Cluster::running() const {
  Running running;
  for (const auto& [name, machine] : machines_) {
    for (const auto& [id, container] : machine->engine().containers()) {
      if (container.state == ContainerState::kRunning) running[name].insert(id);
    }
  }
  return running;
}

/// Drawn from a separate source, so that a history is the same whatever the clocks show.
WallError Cluster::draw_wall_error() {
  if (shape_.wall_clocks == WallClocks::kAgree) return {};
  const auto draw = [this] {
    return WallClock::duration(wall_prng_.between(-kWallErrorMax.count(), kWallErrorMax.count()));
  };
  if (!shape_.clocks_are_set) return {.before = draw()};
  return {.before = draw(),
          .after = draw(),
          .set_at = world_.now() + seconds(wall_prng_.between(0, 120))};
}

SimMachine::Hooks Cluster::machine_hooks(const NodeName& name) {
  return {.agent =
              {.on_status =
                   [this, name](const Heartbeat& one) {
                     checker_.on_status(name, one);
                     service_checker_.on_status(name, one);
                     start_checker_.on_status(name, one);
                   },
               .on_stop = [this, name](const ContainerId& one) { check_stop(name, one); },
               .on_create =
                   [this, name](const InstanceId& one) { service_checker_.on_create(name, one); },
               .on_recreate =
                   [this, name](const InstanceId& one) { service_checker_.on_recreate(name, one); },
               .on_start = [this, name](const ContainerId& one,
                                        const Report& report) { check_start(name, one, report); },
               .on_change =
                   [this, name](const ContainerId& one) { service_checker_.on_change(name, one); },
               .on_build_begins =
                   [this, name](const BuildOrder& order) { checker_.on_build_begins(name, order); },
               .on_build_ends =
                   [this, name](const BuildOrder& order, const Result<Digest>& outcome) {
                     checker_.on_build_ends(name, order, outcome);
                   },
               .manager_reachable =
                   [this, name] { return manager_.answers() && !dial_cut_.contains(name); },
               .manager = [this](const HttpCall& call) { return answer_of_manager(call); }},
          .on_saved = [this, name](const Assignment& one) { checker_.on_saved(name, one); },
          .on_agent_crash = [this, name](const core::Agent& agent) { on_agent_crash(name, agent); },
          .on_disk_lost =
              [this, name] {
                checker_.forget_node(name);
                service_checker_.on_memory_lost(name);
              }};
}

void Cluster::on_agent_crash(const NodeName& name, const core::Agent& agent) {
  checker_.on_agent_crash(name);
  service_checker_.on_agent_crash(name, agent.save().slots.incidents.stored);
  start_checker_.on_agent_crash(name);
}

void Cluster::check_start(const NodeName& name, const ContainerId& container,
                          const Report& report) {
  const auto& containers = machines_.at(name)->engine().containers();
  const auto found = containers.find(container);
  if (found != containers.end()) start_checker_.on_start(name, found->second.instance, report);
}

void Cluster::check_stop(const NodeName& name, const ContainerId& container) {
  const SimMachine& machine = *machines_.at(name);
  const auto found = machine.engine().containers().find(container);
  const std::string topic = topics_.assignment(name);
  const SimBroker::Record* newest = broker_.newest(topic);
  const SimBus* bus = machine.agent().bus();
  if (found == machine.engine().containers().end() || newest == nullptr) return;
  if (bus == nullptr || bus->is_interrupted(topic)) return;
  service_checker_.on_stop(found->second.instance);
  // If two run, stopping one is right, and so it is if this one gave cause.
  if (machine.engine().is_at_fault(container)) return;
  if (machine.engine().running(found->second.instance) == 1) {
    checker_.on_last_stopped(*decode_assignment(newest->payload), found->second.instance);
  }
}

SimManager::Hooks Cluster::manager_hooks() {
  return {
      .process = {.on_batch =
                      [this](const core::ManagerBatch& batch) {
                        checker_.on_batch(batch);
                        service_checker_.on_batch(batch);
                        start_checker_.on_batch(batch);
                      },
                  .on_assignment = [this](const Assignment& one) { checker_.on_assignment(one); },
                  .on_event =
                      [this](const ClusterEvent& event) {
                        world_.note("manager",
                                    fmt::format("{}: {}", name_of(event.type), event.message));
                      },
                  .on_power_order = [this](const NodeName& name,
                                           PowerVerb verb) { checker_.on_switch(name, verb); },
                  .switch_power = [this](const NodeName& name,
                                         PowerVerb verb) { carry_out_switch(name, verb); },
                  .dial = [this](const NodeName& name, const Endpoint&) { return dial(name); },
                  .agents = [this](const HttpCall& call) { return answer_of_agent(call); },
                  .on_effect = {},
                  .on_fatal = {}},
      .on_start = [this] { move_embedded_broker(true); },
      .on_crash =
          [this] {
            move_embedded_broker(false);
            running_at_crash_ = running();
            checker_.on_manager_crash();
            service_checker_.on_manager_crash();
          }};
}

/// Without a running manager it has no address.
void Cluster::move_embedded_broker(bool to_a_live_manager) {
  if (shape_.broker != BrokerKind::kEmbedded) return;
  broker_.move_to(to_a_live_manager ? fmt::format("broker{}:9092", ++brokers_) : "");
}

DialOutcome Cluster::dial(const NodeName& name) const {
  return dial_cut_.contains(name) ? DialOutcome::kNoAnswer : machines_.at(name)->dialled();
}

std::optional<Result<HttpReply>> Cluster::answer_of_agent(const HttpCall& call) const {
  const NodeName name = *NodeName::parse("node" + call.server.address.substr(kAddress.size()));
  const DialOutcome dialled = dial(name);
  if (dialled == DialOutcome::kNoAnswer) return std::nullopt;
  if (dialled != DialOutcome::kAnswered) {
    return fail(ErrorCode::kUnavailable, "connection refused");
  }
  return HttpReply{.body = encode(machines_.at(name)->agent().agent().status())};
}

std::optional<Result<HttpReply>> Cluster::answer_of_manager(const HttpCall&) const {
  const ManagerShell& shell = manager_.process().shell();
  return HttpReply{.body = fmt::format(R"({{"bootstrap":"{}","topic_prefix":"{}"}})",
                                       shell.bus_bootstrap(), shell.topic_prefix())};
}

void Cluster::carry_out_switch(const NodeName& name, PowerVerb verb) {
  SimMachine& machine = *machines_.at(name);
  verb == PowerVerb::kOff ? machine.power_off() : machine.power_on();
}

/// The bundle of a deploy has been uploaded before.
void Cluster::ask_manager(const Command& command, Completion<core::CommandResult> done) {
  if (const auto* deploy = std::get_if<DeployWorkload>(&command)) {
    content_.bundles.insert(deploy->spec.bundle);
  }
  manager_.ask(command, std::move(done));
}

void Cluster::cut_off(const NodeName& name) {
  broker_.cut(name.str());
  cut_dial(name);
}

void Cluster::write_foreign_records(const NodeName& name) {
  const std::string huge(SimBus::kRecordBytesMax + 1, 'x');
  for (const std::string& topic :
       {topics_.status(name), topics_.assignment(name), topics_.canary()}) {
    for (const std::string& payload :
         {std::string(R"({"v":1,)"), std::string("\x00\xff", 2), huge}) {
      broker_.write_foreign(topic, payload);
    }
  }
}

std::vector<NodeName> Cluster::node_names() const {
  std::vector<NodeName> names;
  for (const auto& [name, machine] : machines_) names.push_back(name);
  return names;
}

void Cluster::start() {
  const std::vector<NodeName> names = node_names();
  std::vector<NodeEntry> entries;
  for (const NodeName& name : names) {
    entries.push_back({.name = name,
                       .display_name = name.str(),
                       .agent = {.address = fmt::format("{}{}", kAddress, name.str().substr(4)),
                                 .port = kAgentPort}});
    machines_.at(name)->power_on();
  }
  checker_.begin({names.begin(), names.end()});
  service_checker_.begin();
  manager_.start();
  operator_.import_nodes(std::move(entries));
}

void Cluster::heal() {
  world_.note("faults", "end");
  broker_.set_faults({});
  broker_.set_state(SimBroker::State::kCarries);
  broker_.join(kManagerWay);
  set_power_faults({});
  manager_.set_store_fails(false);
  manager_.let_store_go_on();
  manager_.thaw();
  for (auto& [name, machine] : machines_) {
    broker_.join(name.str());
    join_dial(name);
    machine->thaw();
    machine->disk().set_full(false);
    machine->disk().set_busy(false);
    machine->disk().go_on();
    machine->crash_agent_at_save(SimMachine::SaveCrash::kNone);
    machine->spare_at_power_off();
    machine->engine().set_faults({});
    machine->engine().go_on();
    machine->engine().cure_all();
    checker_.on_engine_trouble_ended(name);
  }
  world_.after(kPersonComes, [this] {
    for (auto& [name, machine] : machines_) machine->power_on();
  });
}

std::string Cluster::unsettled() {
  if (operator_.is_waiting()) return "the operator waits for an answer";
  if (!manager_.works()) return "the manager does not work";
  if (!manager_.core().bus_carries()) return "the manager considers the bus blind";
  std::string why = unsettled_nodes();
  if (why.empty()) why = unsettled_workloads();
  if (why.empty()) why = unsettled_containers();
  return why;
}

std::string Cluster::unsettled_nodes() {
  for (auto& [name, machine] : machines_) {
    if (!machine->works()) return fmt::format("'{}' does not work", name.str());
    const auto found = stored().nodes().find(name);
    if (found == stored().nodes().end()) return fmt::format("'{}' is not known", name.str());
    const Node& node = found->second;
    if (node.state != NodeState::kLive || node.recovery.phase != RecoveryPhase::kNone) {
      return fmt::format("'{}' works, but is {} and its recovery {}", name.str(),
                         name_of(node.state), name_of(node.recovery.phase));
    }
    if (node.incarnation != machine->agent().agent().status().incarnation) {
      return fmt::format("the incarnation of '{}' is not known", name.str());
    }
    const AssignmentNumber assigned = manager_.core().assignments().record(name).assigned();
    if (machine->agent().agent().status().applied != assigned) {
      return fmt::format("'{}' does not follow its assignment", name.str());
    }
    if (machine->work_folder().files() > 0) {
      return fmt::format("files of '{}' are left over", name.str());
    }
  }
  return {};
}

std::string Cluster::unsettled_workloads() {
  for (const auto& [name, spec] : operator_.promised()) {
    const auto found = stored().workloads().find(name);
    const bool down = found == stored().workloads().end() || is_down(found->second);
    if (!spec) {
      if (!down) return fmt::format("'{}' should be down", name.str());
      continue;
    }
    if (down || !is_same(found->second.latest().spec, *spec)) {
      return fmt::format("'{}' should be deployed with another specification", name.str());
    }
    const WorkloadPhase wanted = content_.bad_bundles.contains(spec->bundle)
                                     ? WorkloadPhase::kFailed
                                     : WorkloadPhase::kDeployed;
    // A release of which a container crashed may have failed.
    const bool is_failed = found->second.phase == WorkloadPhase::kFailed && found->second.current;
    if (found->second.phase != wanted && !is_failed) {
      return fmt::format("'{}' is {}: {}", name.str(), name_of(found->second.phase),
                         found->second.reason);
    }
  }
  return {};
}

/// Every container runs and is what the store says, and there are as many as wanted.
std::string Cluster::unsettled_containers() {
  std::map<WorkloadName, std::uint32_t> present;
  std::set<InstanceId> seen;
  for (const auto& [name, machine] : machines_) {
    for (const auto& [id, container] : machine->engine().containers()) {
      if (std::string why = unsettled_container(name, container); !why.empty()) return why;
      seen.insert(container.instance);
      ++present[container.workload];
    }
  }
  for (const auto& [id, instance] : stored().instances()) {
    if (!seen.contains(id)) {
      return fmt::format("'{}' ({}, {}) has no container: {}", id.str(),
                         name_of(instance.desired_state), name_of(instance.status.state),
                         instance.status.reason);
    }
  }
  for (const auto& [name, workload] : stored().workloads()) {
    // Its container may be one that could not be adopted before it was stopped.
    if (keeps_container(workload) && present[name] <= 1) continue;
    const bool up = !is_down(workload) && workload.current;
    const std::uint32_t wanted = up ? workload.current->spec.instances : 0;
    if (present[name] != wanted) {
      return fmt::format("{} of {} instances of '{}' run", present[name], wanted, name.str());
    }
  }
  return {};
}

std::string Cluster::unsettled_container(const NodeName& name, const Container& container) const {
  const std::string& instance_id = container.instance.str();
  const auto found = stored().instances().find(container.instance);
  if (found == stored().instances().end() || found->second.node != name) {
    return fmt::format("container {} of '{}' should not be on '{}'", container.id.str(),
                       instance_id, name.str());
  }
  const Instance& instance = found->second;
  const InstanceStatus& status = instance.status;
  if (instance.desired_state == DesiredState::kStage && container.adopted) {
    if (container.state != ContainerState::kRunning) return {};
    return fmt::format("the adopted container {} of '{}' runs", container.id.str(), instance_id);
  }
  const bool is_done = status.state == InstanceState::kCompleted;
  const bool is_left_ill =
      status.must_be_replaced && service_checker_.is_budget_spent(instance.workload);
  if (container.state != ContainerState::kRunning && !is_done) {
    return fmt::format("container {} of '{}' does not run", container.id.str(), instance_id);
  }
  const bool is_reported = is_done || status.state == InstanceState::kRunning;
  if (!is_reported || status.container != container.id) {
    return fmt::format("the store says that '{}' is {} in {}, but it runs in {}", instance_id,
                       name_of(status.state), status.container.str(), container.id.str());
  }
  if (!instance.is_ready() && !is_left_ill) {
    return fmt::format("'{}' is not ready: {}", instance_id, status.health_reason);
  }
  if (container.adopted) return {};
  const Image& image = machines_.at(name)->engine().image_of().at(container.id);
  const bool is_right =
      image.reference == instance.image.reference && image.archive == instance.image.archive;
  if (!is_right) return fmt::format("'{}' runs the wrong image", instance_id);
  return {};
}

}  // namespace hearth::sim
