#include "sim/cluster.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t kAgentPort = 7701;
/// The latest answer of a switch; the manager has long given it up by then.
constexpr Duration kPowerAnswerMax = seconds(15);
/// Whatever anybody set a clock to.
constexpr WallClock::duration kWallErrorMax = std::chrono::hours(48);
/// After the faults ended: when a person walks up to a machine that is still off.
constexpr Duration kPersonComes = seconds(20);

bool is_down(const Workload& workload) {
  return workload.phase == WorkloadPhase::kStopped || workload.phase == WorkloadPhase::kRemoved;
}

core::AgentSettings agent_settings(const NodeName& name, std::uint32_t cpu_millis) {
  return {.node = name,
          .incarnation = {},
          .capacity = {.cpu_millis = cpu_millis, .memory_bytes = 0},
          .agent_port = kAgentPort,
          .restart = {.backoff_min = milliseconds(500),
                      .backoff_max = seconds(6),
                      .healthy_after = seconds(20),
                      .crash_loop_count = 5,
                      .crash_loop_window = seconds(60)},
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
      bus_(world),
      manager_({world, bus_, store_, draw_wall_error()},
               simulated_manager_settings(shape.with_power), manager_hooks()),
      person_(world, [this](RequestId request,
                            const Command& command) { manager_.ask(request, command); }),
      checker_(world, store_, truth()) {
  for (std::uint32_t i = 1; i <= shape.nodes; ++i) {
    const NodeName name = *NodeName::parse(fmt::format("node{}", i));
    machines_.emplace(name, std::make_unique<SimMachine>(
                                SimMachine::Parts{world_, bus_, content_, draw_wall_error()},
                                agent_settings(name, shape.cpu_millis), agent_hooks(name)));
  }
}

Checker::Truth Cluster::truth() {
  return {.is_well =
              [this](const NodeName& name) {
                return machines_.at(name)->dialled() == DialOutcome::kAnswered && bus_.carries() &&
                       !bus_.is_cut(name) && !dial_cut_.contains(name) && manager_.works();
              },
          .can_be_dialled =
              [this](const NodeName& name) { return dial(name) == DialOutcome::kAnswered; },
          .can_be_heard = [this](const NodeName& name) { return can_be_heard(name); },
          .bus_carries = [this] { return bus_.carries(); },
          .carried_until = [this] { return bus_.carried_until(); },
          .manager_works = [this] { return manager_.works(); },
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
                  if (container.state != ContainerState::kRunning) continue;
                  running.push_back({.workload = container.workload,
                                     .generation = container.generation,
                                     .reference = engine.image_of().at(id).reference,
                                     .bits = *engine.image_of().at(id).archive});
                }
                return running;
              }};
}

bool Cluster::can_be_heard(const NodeName& name) const {
  const SimMachine& machine = *machines_.at(name);
  return machine.dialled() == DialOutcome::kAnswered && bus_.carries() && bus_.is_reliable() &&
         !bus_.is_cut(name) && manager_.works();
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

/// From a chance of its own, so that a history is the same whatever the clocks show.
WallError Cluster::draw_wall_error() {
  if (shape_.wall_clocks == WallClocks::kAgree) return {};
  const auto draw = [this] {
    return WallClock::duration(wall_prng_.between(-kWallErrorMax.count(), kWallErrorMax.count()));
  };
  return {.before = draw(),
          .after = draw(),
          .set_at = world_.now() + seconds(wall_prng_.between(0, 120))};
}

AgentProcess::Hooks Cluster::agent_hooks(const NodeName& name) {
  return {
      .on_status = [this, name](const Heartbeat& one) { checker_.on_status(name, one); },
      .on_saved = [this, name](const Assignment& one) { checker_.on_saved(name, one); },
      .on_stop = [this, name](const ContainerId& one) { check_stop(name, one); },
      .on_build_begins = [this,
                          name](const BuildOrder& order) { checker_.on_build_begins(name, order); },
      .on_build_ends =
          [this, name](const BuildOrder& order, const Result<Digest>& outcome) {
            checker_.on_build_ends(name, order, outcome);
          },
      .manager_reachable = [this, name] { return manager_.answers() && !dial_cut_.contains(name); },
      .on_crash = [this, name] { checker_.on_agent_crash(name); }};
}

void Cluster::check_stop(const NodeName& name, const ContainerId& container) {
  const SimEngine& engine = machines_.at(name)->engine();
  const auto found = engine.containers().find(container);
  const Assignment* newest = bus_.newest_for(name);
  if (found == engine.containers().end() || newest == nullptr) return;
  // One of two that run is rightly stopped.
  if (engine.running(found->second.instance) == 1) {
    checker_.on_last_stopped(*newest, found->second.instance);
  }
}

ManagerProcess::Hooks Cluster::manager_hooks() {
  return {.on_batch = [this](const core::ManagerBatch& batch) { checker_.on_batch(batch); },
          .on_action = [this](const core::ManagerAction& action) { checker_.on_action(action); },
          .dial = [this](const NodeName& name) { return dial(name); },
          .fetch_status = [this](const NodeName& name) -> Result<Heartbeat> {
            if (dial(name) != DialOutcome::kAnswered) {
              return fail(ErrorCode::kUnavailable, "no answer");
            }
            return machines_.at(name)->agent().status();
          },
          .switch_power = [this](const NodeName& name, PowerVerb verb,
                                 const auto& done) { switch_power(name, verb, done); },
          .on_reply = [this](const core::Reply& reply) { person_.on_reply(reply); },
          .on_crash =
              [this] {
                running_at_crash_ = running();
                checker_.on_manager_crash();
              }};
}

DialOutcome Cluster::dial(const NodeName& name) {
  return dial_cut_.contains(name) ? DialOutcome::kNoAnswer : machines_.at(name)->dialled();
}

void Cluster::switch_power(const NodeName& name, PowerVerb verb,
                           const std::function<void(Result<void>)>& done) {
  if (world_.chance(power_faults_.no_answer)) return;
  const bool fails = world_.chance(power_faults_.failure);
  const bool deaf = world_.chance(power_faults_.deaf);
  const bool tells_failure = deaf && world_.chance(500);
  const bool never_tells = deaf && !tells_failure && world_.chance(500);
  const Duration late = deaf ? world_.between(seconds(2), kPowerAnswerMax) : Duration(0);
  world_.after(world_.between(milliseconds(50), milliseconds(1500)), [=, this] {
    if (fails) return done(fail(ErrorCode::kFailed, "the switch does not answer"));
    SimMachine& machine = *machines_.at(name);
    verb == PowerVerb::kOff ? machine.power_off() : machine.power_on();
    if (never_tells) return;
    if (tells_failure) return done(fail(ErrorCode::kFailed, "the connection broke"));
    world_.after(late, [done] { done({}); });
  });
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
                       .agent = {.address = "10.0.0." + name.str().substr(4), .port = kAgentPort}});
    machines_.at(name)->power_on();
  }
  checker_.begin({names.begin(), names.end()});
  manager_.start();
  person_.import_nodes(std::move(entries));
}

void Cluster::heal() {
  world_.note("faults", "end");
  bus_.set_faults({});
  bus_.set_broker(SimBus::Broker::kCarries);
  bus_.join_manager();
  set_power_faults({});
  manager_.set_store_fails(false);
  manager_.thaw();
  for (auto& [name, machine] : machines_) {
    bus_.join_node(name);
    join_dial(name);
    machine->thaw();
    machine->disk().full = false;
    machine->disk().busy = false;
    machine->agent().crash_at_save(AgentProcess::SaveCrash::kNone);
    machine->engine().set_faults({});
    machine->engine().go_on();
    checker_.on_engine_trouble_ended(name);
  }
  world_.after(kPersonComes, [this] {
    for (auto& [name, machine] : machines_) machine->power_on();
  });
}

std::string Cluster::unsettled() {
  if (person_.is_waiting()) return "the operator waits for an answer";
  if (!manager_.works()) return "the manager does not work";
  if (!manager_.manager().bus_carries()) return "the manager thinks that the bus does not carry";
  std::string why = unsettled_nodes();
  if (why.empty()) why = unsettled_workloads();
  if (why.empty()) why = unsettled_containers();
  return why;
}

std::string Cluster::unsettled_nodes() {
  for (auto& [name, machine] : machines_) {
    if (!machine->works()) return fmt::format("'{}' does not work", name.str());
    const auto found = store_.nodes().find(name);
    if (found == store_.nodes().end()) return fmt::format("'{}' is not known", name.str());
    const Node& node = found->second;
    if (node.state != NodeState::kLive || node.recovery.phase != RecoveryPhase::kNone) {
      return fmt::format("'{}' works, but is {} and its recovery {}", name.str(),
                         name_of(node.state), name_of(node.recovery.phase));
    }
    if (node.incarnation != machine->agent().status().incarnation) {
      return fmt::format("the life of '{}' is not known", name.str());
    }
    const WishNumber wished = manager_.manager().assignments().record(name).assigned();
    if (machine->agent().status().applied != wished) {
      return fmt::format("'{}' does not follow its assignment", name.str());
    }
  }
  return {};
}

std::string Cluster::unsettled_workloads() {
  for (const auto& [name, spec] : person_.promised()) {
    const auto found = store_.workloads().find(name);
    const bool down = found == store_.workloads().end() || is_down(found->second);
    if (!spec) {
      if (!down) return fmt::format("'{}' was to be down", name.str());
      continue;
    }
    if (down || found->second.latest().spec != *spec) {
      return fmt::format("'{}' was to be deployed otherwise", name.str());
    }
    const WorkloadPhase wanted = content_.bad_bundles.contains(spec->bundle)
                                     ? WorkloadPhase::kFailed
                                     : WorkloadPhase::kDeployed;
    if (found->second.phase != wanted) {
      return fmt::format("'{}' is {}: {}", name.str(), name_of(found->second.phase),
                         found->second.reason);
    }
  }
  return {};
}

/// Every container runs, is what the store says it is, and there are as many as wanted.
std::string Cluster::unsettled_containers() {
  std::map<WorkloadName, std::uint32_t> running;
  std::set<InstanceId> seen;
  for (const auto& [name, machine] : machines_) {
    for (const auto& [id, container] : machine->engine().containers()) {
      const std::string& instance_id = container.instance.str();
      const auto found = store_.instances().find(container.instance);
      if (found == store_.instances().end() || found->second.node != name) {
        return fmt::format("container {} of '{}' should not be on '{}'", id.str(), instance_id,
                           name.str());
      }
      const Instance& instance = found->second;
      if (container.state != ContainerState::kRunning) {
        return fmt::format("container {} of '{}' does not run", id.str(), instance_id);
      }
      if (instance.status.state != InstanceState::kRunning || instance.status.container != id) {
        return fmt::format("the store says of '{}' that it is {} in {}, but it runs in {}",
                           instance_id, name_of(instance.status.state),
                           instance.status.container.str(), id.str());
      }
      const Image& image = machine->engine().image_of().at(id);
      const bool is_right =
          image.reference == instance.image.reference && image.archive == instance.image.archive;
      if (!is_right) {
        return fmt::format("'{}' runs an image that it should not", instance_id);
      }
      seen.insert(container.instance);
      ++running[container.workload];
    }
  }
  for (const auto& [id, instance] : store_.instances()) {
    if (!seen.contains(id)) {
      return fmt::format("'{}' ({}, {}) has no container: {}", id.str(), name_of(instance.desire),
                         name_of(instance.status.state), instance.status.reason);
    }
  }
  for (const auto& [name, workload] : store_.workloads()) {
    const bool up = !is_down(workload) && workload.current;
    const std::uint32_t wanted = up ? workload.current->spec.instances : 0;
    if (running[name] != wanted) {
      return fmt::format("{} of {} instances of '{}' run", running[name], wanted, name.str());
    }
  }
  return {};
}

}  // namespace hearth::sim
