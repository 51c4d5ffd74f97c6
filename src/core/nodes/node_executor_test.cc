#include "core/nodes/node_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/nodes/node_executor_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Scene = NodeExecutorScene;
using Way = NodeExecutor::Way;

const NodeName kA = Scene::node("a");
const NodeName kB = Scene::node("b");
const NodeName kC = Scene::node("c");
const WorkloadName kApp = *WorkloadName::parse("app");
const WorkloadName kOther = *WorkloadName::parse("other");

// Entries of an operator's file. ------------------------------------------------------------------

TEST(NodeExecutor, ANewNodeIsStoredWatchedAndAssigned) {
  Scene scene;
  scene.step([](NodeExecutor& nodes) { nodes.add(Scene::entry(kC)); });
  ASSERT_THAT(scene.last.written<PutNode>(), SizeIs(1));
  EXPECT_EQ(scene.last.written<PutNode>()[0].node.agent, (Endpoint{"10.0.0.1", 7701}));
  EXPECT_EQ(scene.last.written<PutNode>()[0].node.changed_at, scene.instant().wall);
  EXPECT_THAT(scene.last.emitted<WatchNode>(), ElementsAre(WatchNode{kC}));
  EXPECT_THAT(scene.last.assigned, ElementsAre(kC));
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kNodeImported));
  EXPECT_EQ(scene.state(kC), NodeState::kAwaited);
}

TEST(NodeExecutor, AnEntryOfAKnownNodeIsStoredIfItChangesAnything) {
  Scene scene;
  NodeEntry entry = Scene::entry(kA);
  bool is_changed = true;
  const auto update = [&] {
    scene.step(
        [&](NodeExecutor& nodes) { is_changed = nodes.update(scene.fleet.node(kA), entry); });
  };
  update();
  EXPECT_FALSE(is_changed);
  EXPECT_TRUE(scene.last.is_nothing());
  entry.agent.address = "10.0.0.2";
  update();
  EXPECT_TRUE(is_changed);
  ASSERT_THAT(scene.last.written<PutNode>(), SizeIs(1));
  EXPECT_EQ(scene.last.written<PutNode>()[0].node.agent.address, "10.0.0.2");
}

// Heartbeats. -------------------------------------------------------------------------------------

TEST(NodeExecutor, AFirstHeartbeatMakesANodeLiveAndItsReportMakesItEligible) {
  Scene scene;
  EXPECT_TRUE(scene.receive(kA, scene.beat(kA)));
  EXPECT_EQ(scene.state(kA), NodeState::kLive);
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kNodeLive));
  EXPECT_EQ(scene.last.rooms_changed, 1);
  EXPECT_THAT(scene.last.emitted<Dial>(), SizeIs(1)) << "is it a second witness?";
  EXPECT_THAT(scene.last.emitted<FetchStatus>(), SizeIs(1))
      << "the next report may be long in coming";
  EXPECT_THAT(scene.obstacle(kA), HasSubstr("without a report"));
  EXPECT_TRUE(scene.receive(kA, scene.beat(kA, Report{})));
  EXPECT_TRUE(scene.capacity.eligibility(kA).is_eligible());
  EXPECT_EQ(scene.last.rooms_changed, 1);
}

TEST(NodeExecutor, AHeartbeatWithNothingNewCausesNothing) {
  Scene scene;
  scene.live(kA);
  const InstanceId id = scene.place(kApp, kA);
  scene.receive(kA, scene.beat(kA, Scene::report_of(id, InstanceState::kRunning)));
  scene.pass(500ms);
  EXPECT_TRUE(scene.receive(kA, scene.beat(kA)));
  EXPECT_TRUE(scene.last.is_nothing());
  EXPECT_TRUE(scene.receive(kA, scene.beat(kA, Scene::report_of(id, InstanceState::kRunning))));
  EXPECT_TRUE(scene.last.is_nothing());
  EXPECT_EQ(scene.last.tended, 1U);
}

TEST(NodeExecutor, AStaleHeartbeatChangesNothing) {
  Scene scene;
  scene.live(kA);
  const InstanceId id = scene.place(kApp, kA);
  Heartbeat restarted = scene.beat(kA);
  restarted.incarnation.start_count = 2;
  ASSERT_TRUE(scene.receive(kA, restarted));
  const Fleet::State fleet = scene.fleet.save();
  const CapacityTable capacity = scene.capacity;
  const AssignmentLedger::State assignments = scene.assignments.save();
  Heartbeat stale = scene.beat(kA, Scene::report_of(id, InstanceState::kCrashLoop));
  stale.applied = {{2}, {7}};
  stale.load.cpu = 900;
  stale.report->capacity.cpu_millis = 500;
  stale.report->images = {"hearth/app:1"};
  for (const Incarnation& incarnation : {Incarnation{"boot-1", 1}, restarted.incarnation}) {
    stale.incarnation = incarnation;
    stale.seq = restarted.seq;
    EXPECT_FALSE(scene.receive(kA, stale)) << "of an earlier start, and repeated";
    EXPECT_TRUE(scene.last.is_nothing());
    EXPECT_TRUE(scene.fleet.save() == fleet);
    EXPECT_TRUE(scene.capacity == capacity);
    EXPECT_EQ(scene.assignments.save(), assignments);
    EXPECT_EQ(scene.state(id), InstanceState::kRunning);
  }
}

TEST(NodeExecutor, AStatusOverHttpIsBelievedAndIsNoSignOfLife) {
  Scene scene;
  scene.unreachable(kA);
  const InstanceId id = scene.place(kApp, kA);
  Heartbeat status = scene.beat(kA, Scene::report_of(id, InstanceState::kBackoff));
  status.seq.reset();
  EXPECT_TRUE(scene.receive(kA, status, Way::kHttp));
  EXPECT_EQ(scene.state(id), InstanceState::kBackoff);
  EXPECT_EQ(scene.state(kA), NodeState::kUnreachable);
  EXPECT_TRUE(scene.receive(kA, scene.beat(kA), Way::kBus));
  EXPECT_EQ(scene.state(kA), NodeState::kLive);
}

TEST(NodeExecutor, WorkIsExaminedAgainWhenANodeBeginsOrCeasesToBeEligible) {
  Scene scene;
  scene.live(kA);
  const auto reports = [&](const Heartbeat& heartbeat) {
    scene.receive(kA, heartbeat);
    return scene.last.rooms_changed == 1;
  };
  EXPECT_TRUE(reports(scene.beat(kA, Report{.problem = "no runtime"})));
  EXPECT_THAT(scene.obstacle(kA), HasSubstr("no runtime"));
  EXPECT_FALSE(reports(scene.beat(kA, Report{.problem = "no runtime"})));
  EXPECT_TRUE(reports(scene.beat(kA, Report{})));
  Heartbeat heartbeat = scene.beat(kA);
  heartbeat.load.memory = 990;
  EXPECT_TRUE(reports(heartbeat));
  EXPECT_THAT(scene.obstacle(kA), HasSubstr("overloaded"));
  heartbeat = scene.beat(kA);
  heartbeat.applied = {scene.epoch.next(), {1}};
  EXPECT_TRUE(reports(heartbeat));
  EXPECT_THAT(scene.obstacle(kA), HasSubstr("following a manager of epoch 4, but this one is at"));
}

TEST(NodeExecutor, WhatANodeHasAndHowBusyItIsDecidesPlacements) {
  Scene scene;
  scene.live(kA);
  scene.live(kB);
  const PlacementRequest request{.workload = kApp, .resources = {.cpu_millis = 800}};
  EXPECT_EQ(scene.capacity.choose(request), kA);
  Heartbeat busy = scene.beat(kA);
  busy.load.cpu = 900;
  scene.receive(kA, busy);
  EXPECT_EQ(scene.capacity.choose(request), kB);
  scene.receive(kB, scene.beat(kB, Report{.capacity = {.cpu_millis = 500}}));
  EXPECT_EQ(scene.capacity.choose(request), kA) << "the other one is too small";
  EXPECT_EQ(scene.last.written<PutNode>().at(0).node.capacity.cpu_millis, 500U);
  const PlacementRequest with_image{.workload = kApp, .image = "hearth/app:1"};
  scene.receive(kA, scene.beat(kA));
  ASSERT_EQ(scene.capacity.choose(with_image), kA);
  scene.receive(kB, scene.beat(kB, Report{.images = {"hearth/app:1"}}));
  EXPECT_EQ(scene.capacity.choose(with_image), kB);
}

// Goal: a build that was assigned to a node and cannot be sent to it does not wait until the node
// is back on the bus.
TEST(NodeExecutor, ANodeThatCannotBeSentItsAssignmentIsGivenUpOnceAfterItsGrace) {
  Scene scene;
  scene.unreachable(kA);
  const AssignmentNumber before = scene.assignments.record(kA).assigned();
  scene.assign(kA);
  int times = 0;
  for (int second = 0; second < 40; ++second) {
    Heartbeat status = scene.beat(kA);
    status.applied = before;
    scene.receive(kA, status, Way::kHttp);
    times += scene.last.rooms_changed;
    EXPECT_EQ(scene.fleet.node(kA).is_given_up(), second >= 30) << second;
    scene.pass(1s);
  }
  EXPECT_EQ(times, 2) << "once because it is unreachable, and once more because it is given up";
}

// Reports of instances. ---------------------------------------------------------------------------

TEST(NodeExecutor, AReportCountsForItsOwnNodeAlone) {
  Scene scene;
  scene.live(kA);
  scene.live(kB);
  const InstanceId id = scene.place(kApp, kA);
  scene.order_build(kOther, kA);
  Report report = Scene::report_of(id, InstanceState::kCrashLoop);
  report.builds = {{.workload = kOther, .generation = {1}, .state = BuildState::kFailed}};
  scene.receive(kB, scene.beat(kB, report));
  EXPECT_EQ(scene.state(id), InstanceState::kRunning);
  EXPECT_EQ(scene.workloads.workload(kOther).phase, WorkloadPhase::kBuilding);
  EXPECT_TRUE(scene.last.is_nothing());
  scene.receive(kA, scene.beat(kA, report));
  EXPECT_EQ(scene.state(id), InstanceState::kCrashLoop);
  EXPECT_EQ(scene.instances.instance(id).changed_at, scene.instant().wall);
  EXPECT_THAT(scene.last.work, ElementsAre(kApp));
  EXPECT_EQ(scene.workloads.workload(kOther).phase, WorkloadPhase::kFailed);
}

TEST(NodeExecutor, InstancesThatNobodyKnowsAreIgnored) {
  Scene scene;
  scene.live(kA);
  scene.receive(
      kA, scene.beat(kA, Scene::report_of(make_instance_id(kApp, 7), InstanceState::kRunning)));
  EXPECT_TRUE(scene.last.is_nothing());
}

// Goal: ACTIVE means running, even if the runtime of a node that rebooted does not start.
TEST(NodeExecutor, ARebootMakesTheInstancesOfItsNodeWaitForAReport) {
  Scene scene;
  scene.live(kA);
  const InstanceId here = scene.place(kApp, kA);
  const InstanceId elsewhere = scene.place(kApp, kB);
  Heartbeat heartbeat = scene.beat(kA);
  heartbeat.incarnation = {"boot-1", 2};
  scene.receive(kA, heartbeat);
  EXPECT_EQ(scene.state(here), InstanceState::kRunning) << "only the agent was restarted";
  heartbeat = scene.beat(kA, Report{.problem = "the container runtime does not answer"});
  heartbeat.incarnation = {"boot-2", 1};
  scene.receive(kA, heartbeat);
  EXPECT_EQ(scene.state(here), InstanceState::kAssigned);
  EXPECT_TRUE(scene.instances.instance(here).status.container.empty());
  EXPECT_THAT(scene.instances.instance(here).status.reason, HasSubstr("rebooted"));
  EXPECT_EQ(scene.state(elsewhere), InstanceState::kRunning);
  EXPECT_THAT(scene.last.work, ElementsAre(kApp));
  ASSERT_THAT(scene.last.written<PutNode>(), SizeIs(1));
  EXPECT_EQ(scene.last.written<PutNode>()[0].node.incarnation, (Incarnation{"boot-2", 1}));
}

TEST(NodeExecutor, AnInstanceThatMustStopIsForgottenOnlyOnTheWordOfAnAgentInOrder) {
  Scene scene;
  scene.live(kA);
  const InstanceId leaves = scene.place(kApp, kA);
  const InstanceId stays = scene.place(kApp, kA);
  scene.stop(leaves);
  const AssignmentNumber before = scene.assignments.record(kA).assigned();
  scene.assign(kA);
  Heartbeat heartbeat = scene.beat(kA, Report{});
  heartbeat.applied = before;
  scene.receive(kA, heartbeat);
  EXPECT_NE(scene.instances.find(leaves), nullptr) << "it may not know that it must stop";
  scene.receive(kA, scene.beat(kA, Report{.problem = "its containers have not been listed yet"}));
  EXPECT_NE(scene.instances.find(leaves), nullptr);
  scene.receive(kA, scene.beat(kA, Scene::report_of(leaves, InstanceState::kStopping)));
  EXPECT_NE(scene.instances.find(leaves), nullptr);
  scene.receive(kA, scene.beat(kA));
  EXPECT_NE(scene.instances.find(leaves), nullptr);
  scene.receive(kA, scene.beat(kA, Report{}));
  EXPECT_EQ(scene.instances.find(leaves), nullptr);
  EXPECT_THAT(scene.last.written<DeleteInstance>(), ElementsAre(DeleteInstance{leaves}));
  EXPECT_NE(scene.instances.find(stays), nullptr) << "it was not to stop";
}

// Reports of builds. ------------------------------------------------------------------------------

Report report_of_build(BuildState state, std::uint64_t generation = 1) {
  BuildStatus build{.workload = kApp, .generation = {generation}, .state = state};
  if (state == BuildState::kDone) build.archive = Scene::bundle('f');
  if (state == BuildState::kFailed) build.reason = "RUN make ended with 2";
  return {.builds = {build}};
}

// Goal: a report repeats what it reported before, and a manager that starts again knows what it
// has seen.
TEST(NodeExecutor, WhatANodeNoticesBecomesAnEventOnce) {
  Scene scene;
  scene.live(kA);
  const InstanceId here = scene.place(kApp, kA);
  const Incident first{.number = 1, .instance = here, .message = "rule 'fatal': a line"};
  const Incident second{.number = 2, .instance = here, .message = "rule 'fatal': another line"};
  const auto report = [&](std::vector<Incident> incidents) {
    Report all = Scene::report_of(here, InstanceState::kRunning);
    all.incidents = std::move(incidents);
    scene.receive(kA, scene.beat(kA, all));
    return scene.last.events();
  };
  EXPECT_THAT(report({first}), ElementsAre(EventType::kInstanceNoticed));
  EXPECT_EQ(scene.last.written<AppendEvent>().at(0).event.message,
            "'app-1' on 'a': rule 'fatal': a line");
  EXPECT_EQ(scene.last.written<PutNode>().at(0).node.incidents_seen, 1U);
  EXPECT_THAT(report({first, second}), ElementsAre(EventType::kInstanceNoticed));
  EXPECT_THAT(report({first, second}), IsEmpty());
  const Incident foreign{.number = 3, .instance = {"other-1"}, .message = "rule"};
  EXPECT_THAT(report({foreign}), IsEmpty()) << "not an instance of this node";
}

// Goal: a node that reports incidents as fast as it can neither fills the store with events nor
// causes a commit by each report.
TEST(NodeExecutor, AFloodOfIncidentsIsCountedAndReportedTwice) {
  Scene scene;
  scene.live(kA);
  const InstanceId here = scene.place(kApp, kA);
  std::uint64_t number = 0;
  std::map<EventType, int> events;
  std::size_t commits = 0;
  std::string last;
  const auto report = [&](int count) {
    Report all = Scene::report_of(here, InstanceState::kRunning);
    for (int i = 0; i < count; ++i)
      all.incidents.push_back({.number = ++number, .instance = here, .message = "a line"});
    scene.receive(kA, scene.beat(kA, all));
    commits += scene.last.writes.empty() ? 0 : 1;
    for (const AppendEvent& one : scene.last.written<AppendEvent>()) {
      ++events[one.event.type];
      last = one.event.message;
    }
  };
  for (int i = 0; i < 1000; ++i) report(kIncidentsKept);
  EXPECT_EQ(events[EventType::kInstanceNoticed], IncidentAllowance::kBurstMax);
  EXPECT_EQ(events[EventType::kNodeNoticed], 1);
  EXPECT_LT(commits, 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    scene.pass(IncidentAllowance::kCalm / 5);
    report(0);
  }
  EXPECT_EQ(events[EventType::kNodeNoticed], 2);
  EXPECT_EQ(last, "15900 incidents of node 'a' did not become events: there were too many");
}

TEST(NodeExecutor, ABuiltReleaseIsRolledOutOnce) {
  Scene scene;
  scene.live(kA);
  scene.order_build(kApp, kA);
  scene.receive(kA, scene.beat(kA, report_of_build(BuildState::kRunning)));
  EXPECT_TRUE(scene.last.is_nothing());
  scene.receive(kA, scene.beat(kA, report_of_build(BuildState::kDone)));
  const Workload& workload = scene.workloads.workload(kApp);
  EXPECT_EQ(workload.phase, WorkloadPhase::kRollingOut);
  EXPECT_THAT(workload.current->image->reference, HasSubstr("hearth/app:1-a-"));
  EXPECT_EQ(workload.current->image->archive, Scene::bundle('f'));
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kWorkloadBuilt));
  EXPECT_THAT(scene.last.work, ElementsAre(kApp));
  EXPECT_THAT(scene.last.assigned, ElementsAre(kA)) << "its order is done";
  EXPECT_EQ(scene.last.written<PutWorkload>().at(0).workload, workload);
  scene.receive(kA, scene.beat(kA, report_of_build(BuildState::kDone)));
  EXPECT_TRUE(scene.last.is_nothing());
}

TEST(NodeExecutor, AFailedBuildGivesItsReasonAndKeepsTheCurrentRelease) {
  Scene scene;
  scene.live(kA);
  scene.run(kApp);
  scene.order_build(kApp, kA, 'b');
  scene.receive(kA, scene.beat(kA, report_of_build(BuildState::kFailed, 2)));
  const Workload& workload = scene.workloads.workload(kApp);
  EXPECT_EQ(workload.phase, WorkloadPhase::kFailed);
  EXPECT_EQ(workload.reason, "RUN make ended with 2");
  EXPECT_EQ(workload.current->generation, Generation{1});
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kWorkloadFailed));
  EXPECT_THAT(scene.last.assigned, ElementsAre(kA));
  EXPECT_THAT(scene.last.work, IsEmpty());
  EXPECT_EQ(scene.last.written<PutWorkload>().at(0).workload, workload);
}

TEST(NodeExecutor, ABuildThatWasNotOrderedLikeThisIsIgnored) {
  Scene scene;
  scene.live(kA);
  for (const BuildState state : {BuildState::kDone, BuildState::kFailed}) {
    scene.receive(kA, scene.beat(kA, report_of_build(state)));
    EXPECT_TRUE(scene.last.is_nothing()) << "there is no such workload";
  }
  scene.order_build(kApp, kA);
  for (const BuildState state : {BuildState::kDone, BuildState::kFailed}) {
    scene.receive(kA, scene.beat(kA, report_of_build(state, 2)));
    EXPECT_TRUE(scene.last.is_nothing()) << "another generation was ordered";
  }
}

// Verdicts. ---------------------------------------------------------------------------------------

TEST(NodeExecutor, AVerdictMarksAllThatDependsOnItsNode) {
  Scene scene;
  scene.live(kA);
  const InstanceId id = scene.place(kApp, kA);
  scene.place(*WorkloadName::parse("elsewhere"), kB);
  scene.warm_images = WarmImages({.holders = {{kOther, kA}, {kApp, kB}}, .lacking = {}});
  scene.pass(scene.settings.liveness.suspect_after);
  EXPECT_EQ(scene.state(kA), NodeState::kSuspect);
  EXPECT_THAT(scene.last.work, ElementsAre(kApp));
  EXPECT_THAT(scene.last.warm_images, ElementsAre(kOther));
  EXPECT_EQ(scene.last.rooms_changed, 1);
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kNodeSuspect));
  EXPECT_THAT(scene.last.written<PutNode>().at(0).node.evidence, HasSubstr("silent for"));
  EXPECT_THAT(scene.obstacle(kA), HasSubstr("suspect"));
  EXPECT_EQ(scene.state(id), InstanceState::kRunning) << "nothing is lost yet";
  EXPECT_THAT(scene.last.emitted<SwitchPower>(), IsEmpty());
}

TEST(NodeExecutor, ADeadNodeLosesItsWorkAndItsRecoveryBegins) {
  Scene scene;
  scene.live(kA);
  const InstanceId runs = scene.place(kApp, kA);
  const InstanceId leaves = scene.place(kApp, kA);
  const InstanceId elsewhere = scene.place(kApp, kB);
  scene.stop(leaves);
  scene.pass(scene.settings.liveness.dead_after_unconfirmed - 1ms);
  ASSERT_EQ(scene.state(kA), NodeState::kSuspect);
  scene.pass(1ms);
  EXPECT_EQ(scene.state(kA), NodeState::kDead);
  EXPECT_EQ(scene.state(runs), InstanceState::kLost);
  EXPECT_EQ(scene.instances.instance(runs).changed_at, scene.instant().wall);
  EXPECT_EQ(scene.state(leaves), InstanceState::kRunning) << "it was to stop in any case";
  EXPECT_EQ(scene.state(elsewhere), InstanceState::kRunning);
  EXPECT_THAT(scene.last.work, ElementsAre(kApp));
  EXPECT_THAT(scene.last.emitted<SwitchPower>(), ElementsAre(SwitchPower{kA, PowerVerb::kOff, 1}));
  ASSERT_THAT(scene.last.written<PutNode>(), SizeIs(1));
  EXPECT_EQ(scene.last.written<PutNode>()[0].node.recovery.phase, RecoveryPhase::kSwitchingOff)
      << "in the same batch";
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kNodeDead, EventType::kInstanceLost,
                                               EventType::kNodePowerOff));
  EXPECT_THAT(scene.last.written<AppendEvent>()[2].event.message, HasSubstr("attempt 1 of 3"));
}

TEST(NodeExecutor, ADialThatIsAnsweredMakesASilentNodeUnreachableAndItsStatusIsAskedForAtOnce) {
  Scene scene;
  scene.live(kA);
  scene.pass(scene.settings.liveness.dead_after);
  EXPECT_THAT(scene.last.emitted<Dial>(), SizeIs(testing::Ge(2U)));
  scene.answer_dial(kA, DialOutcome::kAnswered);
  EXPECT_EQ(scene.state(kA), NodeState::kUnreachable);
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kNodeUnreachable));
  EXPECT_THAT(scene.last.emitted<FetchStatus>(), ElementsAre(FetchStatus{kA, {"10.0.0.1", 7701}}));
  scene.pass(3s);
  EXPECT_THAT(scene.last.emitted<FetchStatus>(), SizeIs(3));
}

// Recoveries. -------------------------------------------------------------------------------------

TEST(NodeExecutor, TheReportOfADeadNodeIsStoredButNotBelievedUntilItsRecoveryHasEnded) {
  Scene scene;
  scene.live(kA);
  const InstanceId id = scene.place(kApp, kA);
  scene.dead(kA);
  ASSERT_EQ(scene.state(id), InstanceState::kLost);
  const Report report = Scene::report_of(id, InstanceState::kRunning);
  EXPECT_TRUE(scene.receive(kA, scene.beat(kA, report)));
  EXPECT_EQ(scene.state(kA), NodeState::kDead) << "its power is being switched";
  EXPECT_EQ(scene.state(id), InstanceState::kLost);
  EXPECT_EQ(scene.fleet.node(kA).report(), report);
  scene.switched(kA, PowerVerb::kOff);
  EXPECT_THAT(scene.last.emitted<SwitchPower>(), ElementsAre(SwitchPower{kA, PowerVerb::kOn, 1}));
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kNodePowerOn));
  scene.switched(kA, PowerVerb::kOn);
  Heartbeat heartbeat = scene.beat(kA, report);
  heartbeat.incarnation = {"boot-2", 1};
  EXPECT_TRUE(scene.receive(kA, heartbeat));
  EXPECT_EQ(scene.state(kA), NodeState::kLive);
  EXPECT_EQ(scene.state(id), InstanceState::kRunning);
  const std::vector<EventType> events = scene.last.events();
  ASSERT_THAT(events, SizeIs(testing::Ge(2U)));
  EXPECT_EQ(events[0], EventType::kNodeRecovered);
  EXPECT_EQ(events[1], EventType::kNodeLive);
  EXPECT_EQ(scene.last.written<PutNode>().at(0).node.recovery.phase, RecoveryPhase::kNone);
}

TEST(NodeExecutor, AFailedSwitchIsReportedAndTriedAgainAfterItsBackoff) {
  Scene scene;
  scene.dead(kA);
  scene.switched(kA, PowerVerb::kOff, fail(ErrorCode::kUnavailable, "the driver is away"));
  EXPECT_THAT(scene.last.events(), ElementsAre(EventType::kNodeRecoveryFailed));
  EXPECT_EQ(scene.last.written<PutNode>().at(0).node.recovery.phase, RecoveryPhase::kWaiting);
  scene.pass(scene.settings.recovery.backoff_min);
  EXPECT_THAT(scene.last.emitted<SwitchPower>(), ElementsAre(SwitchPower{kA, PowerVerb::kOff, 2}));
}

TEST(NodeExecutor, ARecoveryStandsStillWhileTheBusDoesNotCarryAndContinuesAfterwards) {
  Scene scene;
  scene.dead(kA);
  scene.switched(kA, PowerVerb::kOff, fail(ErrorCode::kUnavailable, "the driver is away"));
  scene.fleet.on_bus_lost();
  scene.settle_all();
  scene.pass(1h);
  EXPECT_THAT(scene.last.emitted<SwitchPower>(), IsEmpty());
  scene.fleet.on_bus_restored(scene.now);
  scene.settle_all();
  scene.pass(scene.settings.recovery.backoff_min);
  EXPECT_THAT(scene.last.emitted<SwitchPower>(), SizeIs(1));
}

// The start of a manager. -------------------------------------------------------------------------

TEST(NodeExecutor, AStartContinuesTheRecoveryThatTheLastManagerBegan) {
  Scene scene;
  scene.enter({.name = kC,
               .state = NodeState::kDead,
               .recovery = {.phase = RecoveryPhase::kSwitchingOn, .attempt = 1, .reason = ""}});
  const auto resume = [&] {
    scene.step([&](NodeExecutor& nodes) { nodes.resume(scene.fleet.node(kC), std::nullopt); });
  };
  resume();
  EXPECT_THAT(scene.last.emitted<WatchNode>(), ElementsAre(WatchNode{kC}));
  EXPECT_THAT(scene.last.emitted<SwitchPower>(), ElementsAre(SwitchPower{kC, PowerVerb::kOn, 1}));
  EXPECT_THAT(scene.last.assigned, ElementsAre(kC));
  EXPECT_THAT(scene.last.writes, IsEmpty());
  scene.switched(kC, PowerVerb::kOn);
  EXPECT_EQ(scene.last.written<PutNode>().at(0).node.recovery.phase, RecoveryPhase::kBooting);
}

TEST(NodeExecutor, AStartGoesOnAskingAnUnreachableNode) {
  Scene scene;
  scene.enter({.name = kC, .state = NodeState::kUnreachable});
  scene.step([&](NodeExecutor& nodes) { nodes.resume(scene.fleet.node(kC), std::nullopt); });
  scene.pass(3s);
  EXPECT_EQ(scene.state(kC), NodeState::kUnreachable);
  EXPECT_THAT(scene.last.emitted<FetchStatus>(), SizeIs(4)) << "at once, and once a second";
}

// Deadlines. --------------------------------------------------------------------------------------

// Method: liveness so slow that nothing else is due.
TEST(NodeExecutor, AnAssignmentIsDueAgainUntilItsNodeFollowsIt) {
  Scene scene(LivenessProfile::kRelaxed);
  scene.live(kA);
  Heartbeat heartbeat = scene.beat(kA);
  scene.assign(kA);
  scene.pass(AssignmentRecord::kResendAfter - 1ms);
  EXPECT_THAT(scene.last.assigned, IsEmpty());
  scene.pass(1ms);
  EXPECT_THAT(scene.last.assigned, ElementsAre(kA));
  scene.pass(AssignmentRecord::kResendAfter);
  EXPECT_THAT(scene.last.assigned, ElementsAre(kA));
  scene.receive(kA, scene.beat(kA));
  scene.pass(AssignmentRecord::kResendAfter);
  EXPECT_THAT(scene.last.assigned, IsEmpty());
  heartbeat.seq = ++scene.seq;
  scene.receive(kA, heartbeat);
  scene.pass(AssignmentRecord::kResendAfter);
  EXPECT_THAT(scene.last.assigned, ElementsAre(kA)) << "it fell back";
}

TEST(NodeExecutor, OnlyANodeThatIsJudgedAndHasAnAgentIsAssignedAgain) {
  Scene scene(LivenessProfile::kRelaxed);
  scene.assign(kA);
  EXPECT_EQ(scene.fleet.next_deadline(), std::nullopt) << "it is awaited";
  scene.receive(kA, Heartbeat{});
  ASSERT_EQ(scene.state(kA), NodeState::kLive);
  scene.pass(20s);
  EXPECT_THAT(scene.last.assigned, IsEmpty()) << "a box without an agent follows no assignment";
  scene.live(kB);
  scene.assign(kB);
  scene.pass(scene.settings.liveness.dead_after_unconfirmed);
  ASSERT_EQ(scene.state(kB), NodeState::kDead);
  scene.pass(2min);
  EXPECT_GE(scene.last.tended, 1U) << "its power driver did not answer";
  EXPECT_THAT(scene.last.assigned, IsEmpty());
}

TEST(NodeExecutor, OnlyWhatIsDueIsTended) {
  Scene scene;
  scene.live(kA);
  scene.pass(100ms);
  scene.live(kB);
  scene.now += scene.settings.liveness.suspect_after - 100ms;
  scene.tend_due();
  EXPECT_EQ(scene.last.tended, 1U);
  EXPECT_EQ(scene.state(kA), NodeState::kSuspect);
  EXPECT_EQ(scene.state(kB), NodeState::kLive);
  scene.tend_due();
  EXPECT_EQ(scene.last.tended, 0U) << "its next deadline lies ahead";
  scene.now += 100ms;
  scene.tend_due();
  EXPECT_EQ(scene.state(kB), NodeState::kSuspect);
}

}  // namespace
}  // namespace hearth::core
