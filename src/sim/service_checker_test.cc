// Goal: a checker that cannot fail proves nothing. Method: each property is broken on purpose,
// beside what it allows.

#include "sim/service_checker.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/moves/replacement_budget.h"

namespace hearth::sim {
namespace {

using core::ManagerBatch;
using core::ReplacementBudget;
using std::chrono::milliseconds;
using std::chrono::seconds;

const NodeName kNode = *NodeName::parse("node1");
const WorkloadName kApp = *WorkloadName::parse("app");
const ContainerId kContainer{"c1"};

class ServiceCheckerTest : public testing::Test {
 protected:
  ServiceCheckerTest() {
    store.commit(
        {PutNode{{.name = kNode, .display_name = "", .agent = {}, .state = NodeState::kLive}},
         PutWorkload{workload()}, PutInstance{degraded(1)}});
    checker.begin();
  }

  void pass(Duration duration) { world.run_until(world.now() + duration); }
  std::string broken() const { return world.violation() ? world.violation()->property : ""; }

  static Workload workload() {
    WorkloadSpec spec{.instances = 1, .bundle = *Digest::parse("sha256:" + std::string(64, 'a'))};
    spec.instance.log_rules = {
        {.name = "fatal", .condition = MustNotAppear{.pattern = "FATAL"}, .hold_off = seconds(30)}};
    Workload workload{.name = kApp, .phase = WorkloadPhase::kDeployed};
    workload.current = Release{.generation = {1}, .spec = spec, .image = std::nullopt};
    return workload;
  }
  /// Runs, and is to be replaced.
  static Instance degraded(std::uint64_t number) {
    Instance instance{
        .id = make_instance_id(kApp, number), .workload = kApp, .generation = {1}, .node = kNode};
    instance.status = {.state = InstanceState::kRunning,
                       .container = kContainer,
                       .health = Health::kDegraded,
                       .must_be_replaced = true};
    return instance;
  }
  /// Replaces the instance before it.
  void replace(std::uint64_t number) {
    Instance successor = degraded(number + 1);
    successor.replaces = make_instance_id(kApp, number);
    checker.on_batch({.writes = {PutInstance{successor}}, .actions = {}});
    store.commit({PutInstance{successor}});
  }
  /// Its assignment says so.
  void stop(std::uint64_t number) {
    Instance stopped = degraded(number);
    stopped.desired_state = DesiredState::kStop;
    store.commit({PutInstance{stopped}});
    checker.on_stop(stopped.id);
  }
  void report(std::uint64_t number, std::uint64_t start_count = 1) {
    Heartbeat heartbeat;
    heartbeat.incarnation = {"boot", start_count};
    heartbeat.report.emplace();
    heartbeat.report->incidents = {{.number = number,
                                    .instance = make_instance_id(kApp, 1),
                                    .message = "rule 'fatal': a line matches 'FATAL'"}};
    checker.on_status(kNode, heartbeat);
  }
  /// The workload's container is one that somebody made.
  void adopt() {
    Workload adopted = workload();
    adopted.current->spec.instance.adopted = AdoptedContainer{.name = "pg"};
    store.commit({PutWorkload{adopted}});
  }

  static constexpr RestartSettings kRestart{
      .backoff_min = milliseconds(500), .backoff_max = seconds(6), .healthy_after = seconds(20)};
  bool at_fault = true;
  bool runs = true;
  bool connected = true;
  std::uint32_t running = 2;
  bool foreign = false;
  std::vector<std::string> mounts;
  World world{1, {}};
  StoredState store;
  ServiceChecker checker{
      world,
      store,
      kRestart,
      {.is_at_fault = [this](const ContainerId&) { return at_fault; },
       .runs = [this](const NodeName&, const ContainerId&) { return runs; },
       .is_connected = [this](const NodeName&) { return connected; },
       .running = [this](const WorkloadName&) { return running; },
       .is_foreign = [this](const NodeName&, const ContainerId&) { return foreign; },
       .mounts_of = [this](const WorkloadName&) { return mounts; }}};
};

TEST_F(ServiceCheckerTest, DetectsThatAHealthyInstanceIsReplaced) {
  replace(1);
  EXPECT_EQ(broken(), "");
  at_fault = false;
  replace(2);
  EXPECT_EQ(broken(), "healthy-is-not-replaced");
}

TEST_F(ServiceCheckerTest, AllowsAReplacementForAnotherReason) {
  at_fault = false;
  Instance lost = degraded(1);
  lost.status.state = InstanceState::kLost;
  store.commit({PutInstance{lost}});
  replace(1);
  EXPECT_EQ(broken(), "");
}

TEST_F(ServiceCheckerTest, DetectsMoreReplacementsThanTheBudgetAllows) {
  for (std::uint64_t i = 1; i <= ReplacementBudget::kReplacementsMax; ++i) {
    EXPECT_FALSE(checker.is_budget_spent(kApp));
    replace(i);
  }
  EXPECT_TRUE(checker.is_budget_spent(kApp));
  EXPECT_EQ(broken(), "");
  replace(ReplacementBudget::kReplacementsMax + 1);
  EXPECT_EQ(broken(), "replacements-within-budget");
}

TEST_F(ServiceCheckerTest, AllowsMoreReplacementsAfterAnHourAndByTheNextManager) {
  std::uint64_t number = 1;
  for (; number <= ReplacementBudget::kReplacementsMax; ++number) replace(number);
  checker.on_manager_crash();
  for (std::size_t i = 0; i < ReplacementBudget::kReplacementsMax; ++i) replace(number++);
  pass(ReplacementBudget::kWindow);
  replace(number);
  EXPECT_EQ(broken(), "");
}

TEST_F(ServiceCheckerTest, DetectsRestartsWithoutBackoff) {
  // 0, 0, 0.5, 1.5, 3.5, 7.5 and 13.5 s after the first.
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(broken(), "") << i;
    checker.on_create(kNode, make_instance_id(kApp, 1));
    pass(seconds(1));
  }
  EXPECT_EQ(broken(), "restarts-within-policy");
}

TEST_F(ServiceCheckerTest, AllowsRestartsThatAreFarApartAndThoseOfTheNextAgent) {
  for (int i = 0; i < 30; ++i) {
    checker.on_create(kNode, make_instance_id(kApp, 1));
    pass(seconds(4));
  }
  for (int agent = 0; agent < 5; ++agent) {
    checker.on_agent_crash(kNode, 0);
    for (int i = 0; i < 3; ++i) checker.on_create(kNode, make_instance_id(kApp, 1));
  }
  EXPECT_EQ(broken(), "");
}

TEST_F(ServiceCheckerTest, DetectsAGapBetweenAnInstanceAndItsReplacement) {
  replace(1);
  running = 1;
  stop(1);
  EXPECT_EQ(broken(), "no-gap");
}

TEST_F(ServiceCheckerTest, AllowsAStopBesideTheReplacementAndAGapAfterADisturbance) {
  replace(1);
  stop(1);
  checker.on_disturbance();
  running = 1;
  stop(1);
  EXPECT_EQ(broken(), "");
  pass(ServiceChecker::kDisturbedFor);
  stop(1);
  EXPECT_EQ(broken(), "no-gap");
}

TEST_F(ServiceCheckerTest, AllowsAGapOfWhatIsRestarted) {
  replace(1);
  running = 1;
  checker.on_stop(make_instance_id(kApp, 1));  // It is still wanted.
  stop(1);
  EXPECT_EQ(broken(), "");
}

TEST_F(ServiceCheckerTest, DetectsThatWhatDoesNotRunIsShownAsActive) {
  runs = false;
  pass(ServiceChecker::kActiveMax);
  EXPECT_EQ(broken(), "");
  pass(seconds(2));
  EXPECT_EQ(broken(), "active-is-true");
}

TEST_F(ServiceCheckerTest, AllowsActiveForLongerIfItsNodeIsNotConnected) {
  runs = false;
  for (int i = 0; i < 5; ++i) {
    pass(ServiceChecker::kActiveMax - seconds(2));
    connected = false;
    pass(seconds(2));
    connected = true;
  }
  EXPECT_EQ(broken(), "");
}

TEST_F(ServiceCheckerTest, DetectsARuleThatFiresAgainWithinItsHoldOff) {
  report(1);
  report(1);
  EXPECT_EQ(broken(), "") << "the report is repeated";
  pass(seconds(20));
  report(2);
  EXPECT_EQ(broken(), "fires-once-a-hold-off");
}

TEST_F(ServiceCheckerTest, AllowsAFiringAfterTheHoldOff) {
  report(1);
  pass(seconds(30));
  report(2);
  EXPECT_EQ(broken(), "");
}

TEST_F(ServiceCheckerTest, DetectsThatTheNextAgentReportsAFiringThatWasStored) {
  report(1);
  checker.on_agent_crash(kNode, 1);
  checker.on_agent_crash(kNode, 0);  // It has reported nothing.
  report(1, 3);
  EXPECT_EQ(broken(), "fires-once-a-hold-off");
}

TEST_F(ServiceCheckerTest, AllowsThatTheNextAgentRepeatsAFiringThatWasNotStored) {
  report(1);
  checker.on_agent_crash(kNode, 0);
  report(1, 2);
  EXPECT_EQ(broken(), "");
  checker.on_agent_crash(kNode, 1);
  checker.on_memory_lost(kNode);
  report(1, 3);
  EXPECT_EQ(broken(), "");
}

TEST_F(ServiceCheckerTest, DetectsThatAContainerOfSomebodyElseIsTouched) {
  checker.on_change(kNode, kContainer);
  EXPECT_EQ(broken(), "");
  foreign = true;
  checker.on_change(kNode, kContainer);
  EXPECT_EQ(broken(), "touches-only-its-own");
}

TEST_F(ServiceCheckerTest, DetectsThatAContainerIsCreatedInsteadOfTheAdoptedOne) {
  adopt();
  checker.on_recreate(kNode, make_instance_id(kApp, 1));
  EXPECT_EQ(broken(), "") << "that is how it is restarted";
  checker.on_create(kNode, make_instance_id(kApp, 1));
  EXPECT_EQ(broken(), "adopted-is-kept");
}

TEST_F(ServiceCheckerTest, DetectsThatAnAdoptedContainerLostWhatItHad) {
  mounts = {""};
  pass(seconds(2));
  EXPECT_EQ(broken(), "") << "it was not adopted";
  adopt();
  mounts = {"the data of pg"};
  pass(seconds(2));
  EXPECT_EQ(broken(), "");
  mounts = {""};
  pass(seconds(2));
  EXPECT_EQ(broken(), "adopted-is-kept");
}

TEST_F(ServiceCheckerTest, CountsThoseThatAreMadeInThePlaceOfAnAdoptedOne) {
  adopt();
  for (int i = 0; i < 9; ++i) checker.on_recreate(kNode, make_instance_id(kApp, 1));
  EXPECT_EQ(broken(), "restarts-within-policy");
}

}  // namespace
}  // namespace hearth::sim
