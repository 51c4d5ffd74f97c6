// Goal: a checker that cannot fail proves nothing. Method: each property is broken on purpose,
// beside what it allows.

#include "sim/start_checker.h"

#include <gtest/gtest.h>

#include "core/dependencies/dependency_watch.h"
#include "core/start_order/start_order.h"

namespace hearth::sim {
namespace {

using std::chrono::seconds;

const NodeName kNode = *NodeName::parse("node1");
const WorkloadName kApp = *WorkloadName::parse("app");
const WorkloadName kDb = *WorkloadName::parse("db");

class StartCheckerTest : public testing::Test {
 protected:
  StartCheckerTest() {
    store.commit(
        {PutNode{{.name = kNode, .display_name = "", .agent = {}, .state = NodeState::kLive}},
         PutWorkload{workload(kApp, {{.workload = kDb}})}, PutWorkload{workload(kDb, {})}});
    checker.on_agent_crash(kNode);
  }

  void pass(Duration duration) { world.run_until(world.now() + duration); }
  std::string broken() const { return world.violation() ? world.violation()->property : ""; }
  static Workload workload(const WorkloadName& name, std::vector<Dependency> after) {
    WorkloadSpec spec{.bundle = *Digest::parse("sha256:" + std::string(64, 'a')),
                      .after = std::move(after)};
    Workload workload{.name = name, .phase = WorkloadPhase::kDeployed};
    workload.current = Release{.generation = {1}, .spec = spec, .image = std::nullopt};
    return workload;
  }
  static Instance instance(const WorkloadName& name, std::uint64_t number, InstanceState state,
                           std::optional<NodeName> node = kNode) {
    Instance instance{.id = make_instance_id(name, number),
                      .workload = name,
                      .generation = {1},
                      .node = std::move(node)};
    instance.status.state = state;
    return instance;
  }
  void commit(const Instance& instance) {
    checker.on_batch({.writes = {PutInstance{instance}}, .actions = {}});
    store.commit({PutInstance{instance}});
  }
  /// The agent reports both, and then starts the first.
  void start_beside(InstanceState db) {
    Heartbeat heartbeat;
    Report& report = heartbeat.report.emplace();
    report.instances = {{make_instance_id(kApp, 1), {.state = InstanceState::kStarting}},
                        {make_instance_id(kDb, 1), {.state = db}}};
    report.workloads = {{make_instance_id(kApp, 1), kApp}, {make_instance_id(kDb, 1), kDb}};
    checker.on_status(kNode, heartbeat);
    checker.on_start(kNode, make_instance_id(kApp, 1), report);
  }
  /// And then the agent starts.
  void place_both() {
    commit(instance(kDb, 1, InstanceState::kRunning));
    commit(instance(kApp, 1, InstanceState::kAssigned));
    pass(StartChecker::kStoredWithin + seconds(1));
    checker.on_agent_crash(kNode);
  }
  static Instance last_try(std::uint64_t number, std::uint64_t replaced) {
    Instance tried = instance(kApp, number, InstanceState::kAssigned);
    tried.replaces = make_instance_id(kApp, replaced);
    tried.is_last_try = true;
    return tried;
  }

  World world{1, {}};
  StoredState store;
  StartChecker checker{world, store};
};

TEST_F(StartCheckerTest, DetectsAnInstanceThatIsPlacedBeforeWhatItStartsAfterIsThere) {
  commit(instance(kApp, 1, InstanceState::kPending, std::nullopt));
  EXPECT_EQ(broken(), "") << "it waits";
  Instance db = instance(kDb, 1, InstanceState::kRunning);
  db.status.health = Health::kStarting;
  commit(db);
  commit(instance(kApp, 1, InstanceState::kAssigned));
  EXPECT_EQ(broken(), "starts-after");
}

TEST_F(StartCheckerTest, AllowsAStartOnceWhatItStartsAfterIsThere) {
  commit(instance(kDb, 1, InstanceState::kRunning));
  commit(instance(kApp, 1, InstanceState::kAssigned));
  EXPECT_EQ(broken(), "");
  store.commit({DeleteInstance{make_instance_id(kDb, 1)}});
  commit(instance(kApp, 1, InstanceState::kRunning));
  EXPECT_EQ(broken(), "") << "it runs already";
}

TEST_F(StartCheckerTest, AReplacementMayGiveUpWaitingAfterAWhile) {
  store.commit({PutInstance{instance(kApp, 1, InstanceState::kRunning)}});
  Instance waiting = instance(kApp, 2, InstanceState::kPending, std::nullopt);
  waiting.replaces = make_instance_id(kApp, 1);
  commit(waiting);
  pass(core::DependencyWatch::kWaitMax);
  waiting.node = kNode;
  commit(waiting);
  EXPECT_EQ(broken(), "");
  Instance early = instance(kApp, 3, InstanceState::kAssigned);
  early.replaces = make_instance_id(kApp, 2);
  commit(early);
  EXPECT_EQ(broken(), "starts-after");
}

TEST_F(StartCheckerTest, DetectsANodeThatStartsAnInstanceBeforeItsDependency) {
  place_both();
  start_beside(InstanceState::kStarting);
  EXPECT_EQ(broken(), "boots-in-order");
}

TEST_F(StartCheckerTest, AllowsANodeToStartItAfterItsDependencyOrAfterAWhile) {
  place_both();
  start_beside(InstanceState::kRunning);
  EXPECT_EQ(broken(), "");
  checker.on_agent_crash(kNode);
  pass(core::StartOrder::kHoldMax);
  start_beside(InstanceState::kBackoff);
  EXPECT_EQ(broken(), "");
}

TEST_F(StartCheckerTest, AllowsANodeToStartItWithoutOneThatItDoesNotKnowYet) {
  commit(instance(kDb, 1, InstanceState::kRunning));
  commit(instance(kApp, 1, InstanceState::kAssigned));
  pass(seconds(1));
  checker.on_agent_crash(kNode);
  start_beside(InstanceState::kStarting);
  EXPECT_EQ(broken(), "");
}

TEST_F(StartCheckerTest, AllowsANodeToStartItWithoutAJob) {
  place_both();
  Workload job = workload(kDb, {});
  job.current->spec.kind = WorkloadKind::kOneshot;
  store.commit({PutWorkload{job}});
  start_beside(InstanceState::kStarting);
  EXPECT_EQ(broken(), "");
}

TEST_F(StartCheckerTest, DetectsASecondTry) {
  commit(instance(kDb, 1, InstanceState::kRunning));
  store.commit({PutInstance{instance(kApp, 1, InstanceState::kCrashLoop)}});
  commit(last_try(2, 1));
  EXPECT_EQ(broken(), "");
  commit(last_try(3, 1));
  EXPECT_EQ(broken(), "tried-elsewhere-once");
}

TEST_F(StartCheckerTest, DetectsThatALastTryIsTriedElsewhere) {
  commit(instance(kDb, 1, InstanceState::kRunning));
  Instance looping = last_try(2, 1);
  looping.status.state = InstanceState::kCrashLoop;
  store.commit({PutInstance{looping}});
  commit(last_try(3, 2));
  EXPECT_EQ(broken(), "tried-elsewhere-once");
}

TEST_F(StartCheckerTest, AllowsThatALastTryIsReplacedBecauseItsNodeFallsSilent) {
  commit(instance(kDb, 1, InstanceState::kRunning));
  Instance looping = last_try(2, 1);
  looping.status.state = InstanceState::kCrashLoop;
  store.commit({PutInstance{looping}});
  const Node silent{.name = kNode, .display_name = "", .agent = {}, .state = NodeState::kSuspect};
  checker.on_batch({.writes = {PutNode{silent}, PutInstance{last_try(3, 2)}}, .actions = {}});
  EXPECT_EQ(broken(), "");
}

TEST_F(StartCheckerTest, AllowsAnotherTryOfWhatWasReadyInBetween) {
  commit(instance(kDb, 1, InstanceState::kRunning));
  store.commit({PutInstance{instance(kApp, 1, InstanceState::kCrashLoop)}});
  commit(last_try(2, 1));
  commit(instance(kApp, 1, InstanceState::kRunning));
  commit(instance(kApp, 1, InstanceState::kCrashLoop));
  commit(last_try(3, 1));
  EXPECT_EQ(broken(), "");
  Workload other = workload(kApp, {});
  other.phase = WorkloadPhase::kRollingOut;
  checker.on_batch({.writes = {PutWorkload{other}}, .actions = {}});
  store.commit({PutInstance{instance(kApp, 1, InstanceState::kCrashLoop)}});
  commit(last_try(4, 1));
  EXPECT_EQ(broken(), "") << "a release began";
}

}  // namespace
}  // namespace hearth::sim
