#include "sim/scenario.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/evidence/dial_record.h"
#include "model/enum_names.h"
#include "sim/cluster.h"
#include "sim/faults.h"
#include "sim/service_specs.h"
#include "sim/service_stories.h"
#include "sim/story.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The duration of the ordinary scenario.
constexpr Duration kOrdinaryDay = std::chrono::minutes(2);
constexpr std::uint32_t kCpuOfNode = 1000;
constexpr std::size_t kInbox = 20'000;
/// Full after a second or two of a hanging store.
constexpr std::size_t kSmallInbox = 3;

constexpr std::array<EnumName<Scenario>, 14> kScenarios{{
    {Scenario::kRandom, "random"},
    {Scenario::kPartition, "partition"},
    {Scenario::kManagerCrashes, "manager-crashes"},
    {Scenario::kManagerFreezes, "manager-freezes"},
    {Scenario::kBrokerStall, "broker-stall"},
    {Scenario::kPowerCycle, "power-cycle"},
    {Scenario::kRollingUpdate, "rolling-update"},
    {Scenario::kBuilderDeath, "builder-death"},
    {Scenario::kServicesFail, "services-fail"},
    {Scenario::kHandsMeddle, "hands-meddle"},
    {Scenario::kDependencies, "dependencies"},
    {Scenario::kCrashLoops, "crash-loops"},
    {Scenario::kAdoption, "adoption"},
    {Scenario::kOrdinary, "ordinary"},
}};

// The random scenario.
// ------------------------------------------------------------------------------

/// What the workloads of a random history are like.
struct RandomMix {
  bool with_services = false;
  /// Some start after the first one, which is never taken away: what waits for ever is not settled.
  bool with_order = false;
  bool with_adopted = false;
  bool is_tied = false;     ///< Some are tied to a node, which has room for all.
  std::uint32_t share = 0;  ///< The most instances of one workload.
};

WorkloadSpec draw_spec(World& world, const RandomMix& mix, std::uint64_t name) {
  const bool is_base = mix.with_order && name == 1;
  const std::uint64_t number = !is_base && world.chance(100) ? 9 : 1 + world.prng().below(4);
  WorkloadSpec spec = Story::spec(
      number, static_cast<std::uint32_t>(world.prng().below(std::max(mix.share, 1U) + 1)));
  if (is_base) spec.instances = std::max(spec.instances, 1U);
  if (world.chance(200)) spec.on_node_lost = NodeLossPolicy::kStay;
  if (world.chance(150)) {  // One port for each workload, so that each has room.
    const auto port = static_cast<std::uint16_t>(8000 + name);
    spec.instances = std::min(spec.instances, 1U);
    spec.instance.container.ports = {{.host_port = port, .container_port = 80}};
    spec.instance.replace = ReplaceOrder::kStopFirst;
  }
  if (mix.is_tied && world.chance(200)) {
    spec.node = Story::node(static_cast<std::uint32_t>(1 + world.prng().below(3)));
  }
  if (mix.with_order && !is_base && world.chance(600)) {
    spec.after = {
        {.workload = Story::workload(1),
         .until = world.chance(700) ? Dependency::Until::kReady : Dependency::Until::kStarted,
         .restart_with_it = world.chance(400)}};
  }
  if (mix.with_services) make_service(world, spec);
  return spec;
}

void change_workload(Story& story, const RandomMix& mix, std::uint64_t number) {
  World& world = story.world();
  Operator& the_operator = story.cluster().the_operator();
  const WorkloadName name = Story::workload(number);
  const std::uint64_t what = world.prng().below(10);
  const bool must_stay = mix.with_order && number == 1;
  if (what < 6 || must_stay) return the_operator.deploy(name, draw_spec(world, mix, number));
  if (!the_operator.promised().contains(name)) return;
  if (what < 8) return the_operator.stop(name);
  the_operator.remove(name);
  if (what == 9) the_operator.deploy(name, draw_spec(world, mix, number));
}

/// Somebody runs a container on the first node; it is adopted, and let go in some histories.
void plan_adoption(Story& story, MonoTime end) {
  enum class Change : std::uint8_t { kRestart, kStop, kRemove, kDeploy };
  constexpr std::uint64_t kChanges = 4;
  constexpr std::uint64_t kAdopted = 8;
  World& world = story.world();
  const std::string container = "postgres";
  story.machine(1).engine().run_by_hand(container, made_by_hand());
  WorkloadSpec spec = Story::spec(kAdopted, 1);
  make_adopted(world, spec, Story::node(1), container);
  Operator& the_operator = story.cluster().the_operator();
  const WorkloadName name = Story::workload(kAdopted);
  world.after(world.between(milliseconds(0), seconds(10)),
              [&the_operator, name, spec] { the_operator.deploy(name, spec); });
  const std::uint64_t changes = world.prng().below(4);
  for (std::uint64_t i = 0; i < changes; ++i) {
    world.at(world.now() + world.between(seconds(11), end - world.now()),
             [&world, &the_operator, name, spec] {
               switch (static_cast<Change>(world.prng().below(kChanges))) {
                 case Change::kRestart: {
                   // A restart whose answer is lost, of what was stopped, says nothing.
                   const auto promised = the_operator.promised().find(name);
                   const bool runs = promised != the_operator.promised().end() && promised->second;
                   if (runs && !the_operator.is_waiting()) the_operator.restart(name);
                   return;
                 }
                 case Change::kStop: return the_operator.stop(name);
                 case Change::kRemove: return the_operator.remove(name);
                 case Change::kDeploy: return the_operator.deploy(name, spec);
               }
             });
  }
}

/// The operator's commands during the faults.
void plan_commands(Story& story, std::uint32_t slots, RandomMix mix, MonoTime end) {
  World& world = story.world();
  const std::uint64_t names = 1 + world.prng().below(4);
  mix.share = static_cast<std::uint32_t>(slots / names);
  story.cluster().content().bad_bundles.insert(Story::bundle(9));
  for (std::uint64_t name = 1; name <= names; ++name) {
    world.after(world.between(milliseconds(0), seconds(10)), [&story, &world, mix, name] {
      story.cluster().the_operator().deploy(Story::workload(name), draw_spec(world, mix, name));
    });
  }
  const std::uint64_t changes = world.prng().below(8);
  for (std::uint64_t i = 0; i < changes; ++i) {
    const std::uint64_t number = 1 + world.prng().below(names);
    world.at(world.now() + world.between(seconds(5), end - world.now()),
             [&story, mix, number] { change_workload(story, mix, number); });
  }
  if (mix.with_adopted) plan_adoption(story, end);
}

BrokerKind draw_broker(World& world) {
  if (world.chance(500)) return BrokerKind::kNamed;
  return world.chance(500) ? BrokerKind::kAsked : BrokerKind::kEmbedded;
}

void tell_random(Story& story) {
  World& world = story.world();
  const bool with_services = world.chance(300);
  const ClusterShape shape{.nodes = static_cast<std::uint32_t>(3 + world.prng().below(3)),
                           .with_power = world.chance(700),
                           .cpu_millis = world.chance(700) ? kCpuOfNode : 0,
                           .broker = draw_broker(world),
                           .inbox_max = world.chance(300) ? kSmallInbox : kInbox,
                           .clocks_are_set = !with_services};
  story.begin(shape);
  const MonoTime end = world.now() + world.between(seconds(20), seconds(90));
  // The capacity of one node is left free, for replacements.
  const std::uint32_t slots = (shape.nodes - 1) * (kCpuOfNode / Story::kCpuOfInstance);
  plan_commands(story, slots,
                {.with_services = with_services,
                 .with_order = world.chance(300),
                 .with_adopted = with_services && world.chance(300),
                 .is_tied = shape.cpu_millis == 0 && world.chance(300)},
                end);
  const FaultSchedule faults(story.cluster(), end);
  world.run_until(end);
  if (story.broken()) return;
  story.cluster().heal();
  story.settle();
  if (!story.broken()) story.await_ends();
  if (!story.broken()) story.stay_quiet();
}

// The scripted scenarios.
// --------------------------------------------------------------------------------

void deploy_two(Story& story) {
  story.begin({.nodes = 3, .with_power = true, .cpu_millis = kCpuOfNode});
  story.cluster().the_operator().deploy(Story::workload(1), Story::spec(1, 2));
  story.cluster().the_operator().deploy(Story::workload(2), Story::spec(2, 1));
}

void tell_partition(Story& story) {
  deploy_two(story);
  story.settle();
  Cluster& cluster = story.cluster();
  const auto containers_before = story.machine(1).engine().containers();

  story.world().note("script", "node1 loses the bus, and can be dialled");
  cluster.broker().cut(Story::node(1).str());
  story.pass(seconds(12));
  if (story.broken()) return;
  story.expect(story.verdict(1) == NodeState::kUnreachable, "node1 should be unreachable");
  story.expect(story.machine(1).engine().containers() == containers_before,
               "nothing on node1 should have been touched");
  story.expect(story.running(Story::workload(1)) == 2, "app1 should run twice, not more");
  cluster.broker().join(Story::node(1).str());
  story.settle(seconds(20));

  story.world().note("script", "the manager loses the bus");
  cluster.broker().cut(kManagerWay);
  story.pass(seconds(20));
  if (story.broken()) return;
  story.expect(!cluster.manager().core().bus_carries(), "the manager should know it is blind");
  story.expect(story.verdict(2) == NodeState::kLive, "no node should be judged");
  cluster.broker().join(kManagerWay);
  story.settle(seconds(20));

  story.world().note("script", "node2 is cut off completely");
  cluster.cut_off(Story::node(2));
  story.pass(seconds(8));
  if (story.broken()) return;
  story.expect(story.verdict(2) == NodeState::kDead, "node2 should be dead");
  cluster.heal();
  story.settle();
  if (!story.broken()) story.stay_quiet();
}

/// The manager freezes after `silent`, once or twice; in the last freeze node1 can be dialled
/// again.
void come_back_unseen(Story& story, Duration silent) {
  SimManager& manager = story.cluster().manager();
  const std::uint64_t last = story.world().prng().below(2);
  story.pass(silent);
  for (std::uint64_t freeze = 0; freeze <= last; ++freeze) {
    manager.freeze();
    story.pass(seconds(3));
    if (freeze == last) story.cluster().join_dial(Story::node(1));
    story.pass(seconds(2));
    manager.thaw();
    story.pass(story.world().between(milliseconds(1), milliseconds(700)));
  }
}

void tell_manager_freezes(Story& story) {
  deploy_two(story);
  story.settle();
  Cluster& cluster = story.cluster();
  const LivenessSettings liveness = simulated_manager_settings(true).liveness;
  for (int round = 0; round < 4 && !story.broken(); ++round) {
    story.world().note("script", "node1 can no longer be dialled, and then loses the bus");
    cluster.cut_dial(Story::node(1));
    story.pass(3 * core::DialRecord::kLivePeriod);
    cluster.broker().cut(Story::node(1).str());
    // Shortly before the silence alone makes it dead, which counts from its last heartbeat.
    const Duration end = liveness.dead_after_unconfirmed;
    const Duration beat = liveness.heartbeat_interval;
    come_back_unseen(story, story.world().between(end - 2 * beat, end - beat / 2));
    cluster.heal();
    story.settle();
  }
  if (!story.broken()) story.stay_quiet();
}

void tell_broker_stall(Story& story) {
  deploy_two(story);
  story.settle();
  Cluster& cluster = story.cluster();
  for (const SimBroker::State trouble : {SimBroker::State::kStalled, SimBroker::State::kDown}) {
    if (story.broken()) return;
    story.world().note("script", trouble == SimBroker::State::kStalled ? "the broker stalls"
                                                                       : "the broker is down");
    cluster.broker().set_state(trouble);
    story.pass(story.world().between(seconds(2), seconds(15)));
    story.world().note("script", "a node dies meanwhile");
    story.machine(3).power_off();
    story.pass(seconds(10));
    if (story.broken()) return;
    story.expect(story.verdict(3) == NodeState::kLive, "no node should be judged meanwhile");
    story.world().note("script", "the broker resumes, with everything it held");
    cluster.broker().set_state(SimBroker::State::kCarries);
    story.pass(seconds(2));
    if (story.broken()) return;
    story.expect(story.verdict(1) == NodeState::kLive && story.verdict(2) == NodeState::kLive,
                 "those that live should be live");
    story.expect(story.verdict(3) != NodeState::kLive, "the dead one should not be");
    story.settle();
  }
  if (story.broken()) return;
  story.world().note("script", "the broker comes back empty, and a node's disk was lost");
  cluster.broker().lose_topics();
  story.machine(1).lose_disk(seconds(2));
  story.settle(seconds(20));
  if (!story.broken()) story.stay_quiet();
}

void tell_power_cycle(Story& story) {
  deploy_two(story);
  story.settle();
  Cluster& cluster = story.cluster();
  story.world().note("script", "node1 hangs");
  story.machine(1).freeze();
  story.pass(seconds(5));
  story.expect(story.running(Story::workload(1)) >= 2, "app1 should run elsewhere");
  story.settle(seconds(30));
  story.world().note("script", "node2 loses power, and its switch fails at first");
  cluster.set_power_faults({.failure = 1000});
  story.machine(2).power_off();
  story.pass(seconds(6));
  cluster.set_power_faults({});
  story.settle(seconds(60));
  story.world().note("script", "the manager dies while it power-cycles node3");
  story.machine(3).power_off();
  story.pass(story.world().between(seconds(2), seconds(6)));
  cluster.manager().crash_for(seconds(2));
  story.settle(seconds(60));
  story.world().note("script", "node2 loses power, and its switch never answers");
  cluster.set_power_faults({.deaf = 1000});
  story.machine(2).power_off();
  story.pass(seconds(15));
  cluster.heal();  // The manager might have given it up: then the operator switches it on.
  story.settle();
  if (!story.broken()) story.stay_quiet();
}

void tell_rolling_update(Story& story) {
  story.begin({.nodes = 3, .with_power = true, .cpu_millis = kCpuOfNode});
  Cluster& cluster = story.cluster();
  const WorkloadName name = Story::workload(1);
  cluster.the_operator().deploy(name, Story::spec(1, 3));
  story.settle();
  for (std::uint64_t release = 2; release <= 4 && !story.broken(); ++release) {
    cluster.the_operator().deploy(name, Story::spec(release, 3));
    const MonoTime rolled = story.world().now() + seconds(20);
    while (!story.broken() && story.world().now() < rolled) {
      story.pass(milliseconds(50));
      story.expect(story.running(name) >= 3, "an update should not cost an instance");
    }
    story.settle(seconds(30));
    cluster.the_operator().deploy(name, Story::spec(release + 10, 3));
    story.pass(story.world().between(milliseconds(500), seconds(8)));
    story.machine(static_cast<std::uint32_t>(release - 1)).power_off();
    story.settle();
  }
  if (!story.broken()) story.stay_quiet();
}

/// A builder with an image that it has not uploaded yet.
SimMachine* find_builder(Story& story) {
  for (std::uint32_t number = 1; number <= 3; ++number) {
    if (story.machine(number).engine().has_images()) return &story.machine(number);
  }
  return nullptr;
}

void tell_builder_death(Story& story) {
  story.begin({.nodes = 3, .with_power = true, .cpu_millis = kCpuOfNode});
  Cluster& cluster = story.cluster();
  const WorkloadName name = Story::workload(1);
  cluster.the_operator().deploy(name, Story::spec(1, 2));
  SimMachine* builder = nullptr;
  const MonoTime end = story.world().now() + seconds(30);
  while (builder == nullptr && story.world().now() < end && !story.broken()) {
    story.pass(milliseconds(10));
    builder = find_builder(story);
  }
  story.expect(builder != nullptr && cluster.content().archives.empty(),
               "an image should be built and not yet uploaded");
  if (story.broken()) return;
  story.world().note("script", "the builder loses power with the image");
  builder->power_off();
  story.settle();
  if (story.broken()) return;
  // Enough instances that the first builder, once back, gets some of them.
  cluster.the_operator().deploy(name, Story::spec(1, 6));
  story.settle();
  if (!story.broken()) story.stay_quiet();
}

void tell_ordinary(Story& story) {
  story.begin({.nodes = 10, .with_power = true, .cpu_millis = kCpuOfNode});
  for (std::uint64_t number = 1; number <= 4; ++number) {
    story.cluster().the_operator().deploy(Story::workload(number), Story::spec(number, 4));
  }
  story.settle();
  story.pass(kOrdinaryDay);
  story.cluster().the_operator().deploy(Story::workload(1), Story::spec(5, 5));
  story.cluster().the_operator().remove(Story::workload(2));
  story.settle();
  if (!story.broken()) story.stay_quiet();
}

/// If only the manager was affected, the containers that ran when it died are neither ended nor
/// replaced.
void expect_untouched(Story& story, const std::optional<NodeName>& struck) {
  const Cluster::Running now = story.cluster().running();
  for (const auto& [node, containers] : story.cluster().running_at_crash()) {
    if (node == struck) continue;
    const auto found = now.find(node);
    for (const ContainerId& id : containers) {
      story.expect(found != now.end() && found->second.contains(id),
                   fmt::format("container {} on '{}' should have outlived the manager", id.str(),
                               node.str()));
    }
  }
}

/// The manager dies as planned, or not at all.
void tell_manager_crashes(Story& story, const std::optional<CrashPlan>& plan) {
  deploy_two(story);
  SimManager& manager = story.cluster().manager();
  if (plan) manager.set_crash_plan(*plan);
  const auto has_died = [&] { return plan && manager.crash_watch().is_done(); };
  story.settle();
  if (story.broken()) return;
  if (has_died()) expect_untouched(story, std::nullopt);
  const bool died_before = has_died();
  story.machine(1).power_off();
  story.pass(seconds(4));
  story.settle();
  if (story.broken()) return;
  if (has_died() && !died_before) expect_untouched(story, Story::node(1));
  story.cluster().the_operator().deploy(Story::workload(2), Story::spec(3, 2));
  story.cluster().the_operator().remove(Story::workload(1));
  story.settle();
  story.expect(!plan || has_died(), "the manager should have died");
  if (!story.broken()) story.stay_quiet();
}

/// With seed 1 it survives, with each further one it dies at the next point, cyclically.
std::optional<CrashPlan> plan_of(std::uint64_t seed) {
  if (seed < 2) return std::nullopt;
  Story undisturbed(1, {});
  tell_manager_crashes(undisturbed, std::nullopt);
  const std::vector<CrashPlan> plans =
      crash_plans(undisturbed.cluster().manager().crash_watch().boundaries());
  return plans.at((seed - 2) % plans.size());
}

}  // namespace

Outcome run_scenario(Scenario scenario, std::uint64_t seed, HistoryOptions options) {
  // The script must be the same for every crash point.
  const std::uint64_t drawn = scenario == Scenario::kManagerCrashes ? 1 : seed;
  Story story(drawn, std::move(options));
  switch (scenario) {
    case Scenario::kRandom: tell_random(story); break;
    case Scenario::kPartition: tell_partition(story); break;
    case Scenario::kManagerCrashes: tell_manager_crashes(story, plan_of(seed)); break;
    case Scenario::kManagerFreezes: tell_manager_freezes(story); break;
    case Scenario::kBrokerStall: tell_broker_stall(story); break;
    case Scenario::kPowerCycle: tell_power_cycle(story); break;
    case Scenario::kRollingUpdate: tell_rolling_update(story); break;
    case Scenario::kBuilderDeath: tell_builder_death(story); break;
    case Scenario::kServicesFail: tell_services_fail(story); break;
    case Scenario::kHandsMeddle: tell_hands_meddle(story); break;
    case Scenario::kDependencies: tell_dependencies(story); break;
    case Scenario::kCrashLoops: tell_crash_loops(story); break;
    case Scenario::kAdoption: tell_adoption(story); break;
    case Scenario::kOrdinary: tell_ordinary(story); break;
  }
  const World& world = story.world();
  return {.violation = world.violation(),
          .last_lines = {world.last_lines().begin(), world.last_lines().end()},
          .trace_hash = world.trace_hash(),
          .simulated = world.since_start(),
          .crash_points = crash_plans(story.cluster().manager().crash_watch().boundaries()).size()};
}

std::vector<std::string_view> scenario_names() {
  std::vector<std::string_view> names;
  for (const auto& [scenario, name] : kScenarios) names.push_back(name);
  return names;
}

std::string_view name_of(Scenario scenario) {
  return word_of(kScenarios, scenario);
}

Result<Scenario> parse_scenario(std::string_view text) {
  return value_of(kScenarios, text);
}

}  // namespace hearth::sim
