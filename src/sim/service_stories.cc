#include "sim/service_stories.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/hands.h"
#include "sim/service_specs.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kServices = 3;
constexpr std::uint32_t kInstances = 2;
constexpr int kRounds = 5;
/// A rule or probe notices an illness within this time.
constexpr Duration kNoticedWithin = seconds(25);
/// The longest hold-off of a rule.
constexpr Duration kHoldOffMax = seconds(10);

struct Target {
  SimEngine* engine;
  Container container;
};

/// A running container of a service or job; nullopt: there is none.
std::optional<Target> draw_target(Story& story) {
  std::vector<Target> targets;
  for (const NodeName& name : story.cluster().node_names()) {
    SimEngine& engine = story.cluster().machine(name).engine();
    for (const auto& [id, container] : engine.containers()) {
      if (container.state == ContainerState::kRunning) targets.push_back({&engine, container});
    }
  }
  if (targets.empty()) return std::nullopt;
  return targets[story.world().prng().below(targets.size())];
}

void begin_with_services(Story& story) {
  story.begin({.nodes = 3, .clocks_are_set = false});
  for (std::uint64_t number = 1; number <= kServices; ++number) {
    WorkloadSpec spec = Story::spec(number, kInstances);
    make_service(story.world(), spec);
    story.cluster().the_operator().deploy(Story::workload(number), spec);
  }
  WorkloadSpec job = Story::spec(kServices + 1, 1);
  make_job(job);
  story.cluster().the_operator().deploy(Story::workload(kServices + 1), job);
  story.settle();
}

const InstanceSpec& spec_of(Story& story, const WorkloadName& name) {
  return story.cluster().stored().workloads().at(name).current_release().spec.instance;
}

/// Whether something follows from the illness: the container is gone, or the instance is degraded.
bool is_noticed(Story& story, const Target& target) {
  const auto container = target.engine->containers().find(target.container.id);
  if (container == target.engine->containers().end()) return true;
  if (container->second.state != ContainerState::kRunning) return true;
  const auto row = story.cluster().stored().instances().find(target.container.instance);
  return row == story.cluster().stored().instances().end() ||
         row->second.status.health == Health::kDegraded;
}

void fall_ill(Story& story) {
  const std::optional<Target> target = draw_target(story);
  if (!target) return;
  const std::vector<Illness> illnesses =
      noticed_illnesses(spec_of(story, target->container.workload));
  if (illnesses.empty()) return;
  const Illness illness = illnesses[story.world().prng().below(illnesses.size())];
  target->engine->sicken(target->container.id, illness);
  const MonoTime end = story.world().now() + kNoticedWithin;
  while (!story.broken() && story.world().now() < end && !is_noticed(story, *target)) {
    story.pass(milliseconds(100));
  }
  story.expect(is_noticed(story, *target),
               fmt::format("that '{}' {} should have been noticed",
                           target->container.instance.str(), name_of(illness)));
  story.pass(seconds(10));
}

}  // namespace

void tell_services_fail(Story& story) {
  begin_with_services(story);
  for (int round = 0; round < kRounds && !story.broken(); ++round) {
    story.pass(kHoldOffMax);
    fall_ill(story);
    story.cluster().heal();
    story.settle();
  }
  if (!story.broken()) story.stay_quiet();
}

void tell_hands_meddle(Story& story) {
  begin_with_services(story);
  for (int round = 0; round < kRounds && !story.broken(); ++round) {
    story.cluster().service_checker().on_disturbance();
    for (const NodeName& name : story.cluster().node_names()) {
      story.cluster().checker().on_engine_trouble(name);
    }
    const std::uint64_t times = 1 + story.world().prng().below(3);
    for (std::uint64_t i = 0; i < times; ++i) {
      if (const std::optional<Target> target = draw_target(story)) {
        meddle(story.world(), *target->engine, target->container.id);
      }
      story.pass(story.world().between(milliseconds(10), seconds(4)));
    }
    if (story.world().chance(500)) story.pass(kMeddlingMax);
    story.cluster().heal();
    story.settle();
  }
  if (!story.broken()) story.stay_quiet();
}

// Dependencies. -----------------------------------------------------------------------------------

namespace {

const std::uint64_t kBase = 1;

Dependency draw_dependency(World& world, std::uint64_t on) {
  return {.workload = Story::workload(on),
          .until = world.chance(700) ? Dependency::Until::kReady : Dependency::Until::kStarted,
          .restart_with_it = world.chance(400)};
}

/// The first is tied to a node, a job starts after it, and two services after them.
std::vector<WorkloadSpec> draw_chain(World& world) {
  std::vector<WorkloadSpec> specs;
  for (std::uint64_t number = 1; number <= 4; ++number) {
    WorkloadSpec spec = Story::spec(number, number <= 2 ? 1 : kInstances);
    if (number == 2) {
      make_job(spec);
    } else {
      make_service(world, spec);
    }
    if (number == kBase) {
      spec.node = Story::node(1);
      spec.on_node_lost = NodeLossPolicy::kStay;
    } else {
      spec.after = {draw_dependency(world, number - 1)};
      if (number == 4) spec.after.push_back(draw_dependency(world, kBase));
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

void disturb_chain(Story& story, const std::vector<WorkloadSpec>& specs) {
  World& world = story.world();
  Cluster& cluster = story.cluster();
  const std::uint64_t number = 1 + world.prng().below(specs.size());
  const WorkloadName name = Story::workload(number);
  enum class Trouble : std::uint8_t { kBlackout, kAgent, kRestart, kCrash, kStop, kManager };
  constexpr std::uint64_t kTroubles = 6;
  switch (static_cast<Trouble>(world.prng().below(kTroubles))) {
    case Trouble::kBlackout:
      for (const NodeName& node : cluster.node_names()) cluster.machine(node).power_off();
      for (const NodeName& node : cluster.node_names()) cluster.machine(node).power_on();
      return;
    case Trouble::kAgent:
      return cluster.machine(Story::node(1)).crash_agent(world.between(seconds(1), seconds(4)));
    case Trouble::kRestart: return cluster.the_operator().restart(name);
    case Trouble::kCrash:
      if (const auto target = draw_target(story)) target->engine->crash(target->container.id);
      return;
    case Trouble::kStop:
      cluster.the_operator().stop(name);
      story.pass(world.between(seconds(1), seconds(20)));
      return cluster.the_operator().deploy(name, specs[number - 1]);
    case Trouble::kManager:
      return cluster.manager().crash_for(world.between(seconds(1), seconds(5)));
  }
}

}  // namespace

void tell_dependencies(Story& story) {
  World& world = story.world();
  story.begin({.nodes = 3, .clocks_are_set = false});
  const std::vector<WorkloadSpec> specs = draw_chain(world);
  for (std::uint64_t number = specs.size(); number > 0; --number) {
    story.cluster().the_operator().deploy(Story::workload(number), specs[number - 1]);
    story.pass(world.between(milliseconds(0), seconds(2)));
  }
  story.settle();
  for (int round = 0; round < kRounds && !story.broken(); ++round) {
    story.cluster().service_checker().on_disturbance();
    disturb_chain(story, specs);
    if (world.chance(500)) {
      story.pass(world.between(milliseconds(100), seconds(3)));
      disturb_chain(story, specs);
    }
    story.cluster().heal();
    story.settle();
  }
  if (!story.broken()) story.await_ends();
  if (!story.broken()) story.stay_quiet();
}

// Crash loops. ------------------------------------------------------------------------------------

namespace {

/// A crash loop on one node is recognized, and the next node tried, within this time.
constexpr Duration kTriedWithin = seconds(90);
/// Whatever is tried has been tried by then.
constexpr Duration kGivenUpAfter = std::chrono::minutes(4);

std::set<InstanceId> instances_of(Story& story, const WorkloadName& name) {
  std::set<InstanceId> ids;
  for (const auto& [id, instance] : story.cluster().stored().instances()) {
    if (instance.workload == name) ids.insert(id);
  }
  return ids;
}

}  // namespace

void tell_crash_loops(Story& story) {
  World& world = story.world();
  story.begin({.nodes = 3, .clocks_are_set = false});
  const WorkloadName name = Story::workload(1);
  WorkloadSpec spec = Story::spec(1, static_cast<std::uint32_t>(1 + world.prng().below(2)));
  make_service(world, spec);
  spec.instance.replace = ReplaceOrder::kStartFirst;
  story.cluster().the_operator().deploy(name, spec);
  story.settle();

  const NodeName& bad = Story::node(static_cast<std::uint32_t>(1 + world.prng().below(3)));
  story.cluster().service_checker().on_disturbance();
  story.cluster().machine(bad).engine().break_workload(name);
  story.settle(kTriedWithin);
  if (story.broken()) return;

  story.cluster().service_checker().on_disturbance();
  for (const NodeName& node : story.cluster().node_names()) {
    story.cluster().machine(node).engine().break_workload(name);
  }
  story.pass(kGivenUpAfter);
  const std::set<InstanceId> tried = instances_of(story, name);
  story.expect(tried.size() <= 2 * spec.instances,
               fmt::format("{} instances should be tried once each, and there are {}",
                           spec.instances, tried.size()));
  story.pass(kGivenUpAfter);
  story.expect(instances_of(story, name) == tried, "what was given up should be left alone");
  story.cluster().heal();
  if (world.chance(500)) story.cluster().the_operator().restart(name);
  story.settle();
  if (!story.broken()) story.stay_quiet();
}

// Adoption. ---------------------------------------------------------------------------------------

namespace {

const std::string kPostgres = "postgres";

std::optional<ContainerId> adopted_on(const SimEngine& engine) {
  for (const auto& [id, container] : engine.containers()) {
    if (container.adopted) return id;
  }
  return std::nullopt;
}

/// Something that happens to an adopted container, or is asked of it.
void disturb_adopted(Story& story, const WorkloadName& name, WorkloadSpec& spec) {
  World& world = story.world();
  SimMachine& machine = story.machine(1);
  Operator& the_operator = story.cluster().the_operator();
  const std::optional<ContainerId> container = adopted_on(machine.engine());
  enum class Trouble : std::uint8_t {
    kAgent,
    kEngine,
    kMachine,
    kRestart,
    kStop,
    kRelease,
    kRemove,
    kCrash,
    kHand
  };
  constexpr std::uint64_t kTroubles = 9;
  switch (static_cast<Trouble>(world.prng().below(kTroubles))) {
    case Trouble::kAgent: return machine.crash_agent(world.between(milliseconds(200), seconds(4)));
    case Trouble::kEngine:
      return machine.engine().restart(world.between(milliseconds(300), seconds(5)));
    case Trouble::kMachine: machine.power_off(); return machine.power_on();
    case Trouble::kRestart: {
      // One that failed would be followed by the release before it.
      const Workload& workload = story.cluster().stored().workloads().at(name);
      if (workload.phase == WorkloadPhase::kDeployed && !the_operator.is_waiting())
        the_operator.restart(name);
      return;
    }
    case Trouble::kStop:
      the_operator.stop(name);
      story.pass(world.between(milliseconds(100), seconds(10)));
      return the_operator.deploy(name, spec);
    case Trouble::kRelease:
      spec.instance.min_ready += milliseconds(1);
      return the_operator.deploy(name, spec);
    case Trouble::kRemove:
      the_operator.remove(name);
      story.pass(world.between(milliseconds(100), seconds(10)));
      return the_operator.deploy(name, spec);
    case Trouble::kCrash:
      if (container) machine.engine().crash(*container);
      return;
    case Trouble::kHand:
      if (container) meddle(world, machine.engine(), *container);
  }
}

/// It is as somebody left it, but for what was done at somebody's request.
void expect_let_go(Story& story) {
  const SimEngine& engine = story.machine(1).engine();
  const auto found = engine.made_by_hand().find(kPostgres);
  story.expect(found != engine.made_by_hand().end(), "the container should be there");
  if (story.broken()) return;
  const SimEngine::HandMade* hand_made = engine.hand_made(found->second.id);
  story.expect(
      hand_made != nullptr && *hand_made == SimEngine::HandMade{"the data of " + kPostgres, true},
      "the container should be as it was made");
  story.expect(!engine.remembers_adoptions(), "nothing of it should be remembered");
}

}  // namespace

void tell_adoption(Story& story) {
  World& world = story.world();
  story.begin({.nodes = 2, .clocks_are_set = false});
  story.pass(seconds(10));
  SimEngine& engine = story.machine(1).engine();
  engine.run_by_hand(kPostgres, made_by_hand());
  const WorkloadName name = Story::workload(1);
  WorkloadSpec spec = Story::spec(1, 1);
  make_adopted(world, spec, Story::node(1), kPostgres);
  story.pass(world.between(seconds(0), seconds(20)));
  story.cluster().the_operator().deploy(name, spec);
  story.settle();
  for (int round = 0; round < kRounds && !story.broken(); ++round) {
    story.cluster().service_checker().on_disturbance();
    story.cluster().checker().on_engine_trouble(Story::node(1));
    const std::uint64_t times = 1 + world.prng().below(3);
    for (std::uint64_t i = 0; i < times; ++i) {
      disturb_adopted(story, name, spec);
      story.pass(world.between(milliseconds(1), seconds(3)));
    }
    if (world.chance(300)) story.pass(kMeddlingMax);
    story.cluster().heal();
    story.settle();
  }
  if (story.broken()) return;
  story.cluster().the_operator().remove(name);
  if (world.chance(500)) {
    story.pass(world.between(milliseconds(1), milliseconds(300)));
    story.machine(1).crash_agent(seconds(1));
  }
  story.settle();
  expect_let_go(story);
  if (!story.broken()) story.stay_quiet();
  expect_let_go(story);
}

}  // namespace hearth::sim
