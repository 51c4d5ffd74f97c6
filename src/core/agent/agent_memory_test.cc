// What outlasts an agent: what was decided is done once, and what was done is not repeated.

#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/agent/agent_scene.h"

namespace hearth::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Scene = AgentScene;

AssignedInstance watched(std::uint64_t number) {
  AssignedInstance instance = Scene::assigned(number);
  instance.spec.log_rules.push_back({.name = "fatal",
                                     .condition = MustNotAppear{.pattern = "FATAL"},
                                     .action = HealthAction::kRestart});
  return instance;
}

/// The container of the instance writes a line that its rule matches.
void write_fatal(Scene& scene, std::uint64_t number) {
  LogRead read{.container = scene.agent->container_of(Scene::id(number)),
               .instance = Scene::id(number),
               .lines = {.from_stdout = {.count = 1, .age = {}}},
               .cursor = {.standard_output = {.stamp = 5, .lines = 1}}};
  read.lines.matched.push_back({.rule = 0, .age = {}, .text = "FATAL no sensor"});
  scene.step(read);
}

// Goal: a machine that stood still restarts nothing for what was not written meanwhile. Method: the
// agent sleeps for longer than its rule waits.
TEST(Agent, AMissingLineIsAwaitedAnewAfterAStall) {
  Scene scene;
  AssignedInstance instance = watched(1);
  instance.spec.log_rules[0].condition = MustRecur{.pattern = "beat", .every = seconds(10)};
  scene.assign({instance});
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.step(LogReaderChanged{
      .container = first, .instance = Scene::id(1), .reading = LogReading::kCaughtUp});
  scene.pass(seconds(5));
  scene.oversleep(minutes(1));
  scene.pass(seconds(4));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), first);
  scene.pass(seconds(20));
  EXPECT_NE(scene.agent->container_of(Scene::id(1)), first) << "it does not recur at all";
}

// Goal: a runtime that has begun to hang, which is noticed half a minute later, makes no container
// look silent. Method: it hangs right after a line; then the lines that it held up come.
TEST(Agent, AMissingLineMeansNothingBeforeTheRuntimeHasAnsweredSince) {
  Scene scene;
  AssignedInstance instance = watched(1);
  instance.spec.log_rules[0].condition = MustRecur{.pattern = "FATAL", .every = seconds(2)};
  scene.assign({instance});
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.step(LogReaderChanged{
      .container = first, .instance = Scene::id(1), .reading = LogReading::kCaughtUp});
  write_fatal(scene, 1);
  scene.listing_takes = seconds(10);
  scene.listing_error = Error{ErrorCode::kTimeout, "no list of the containers"};
  scene.pass(seconds(25));
  EXPECT_THAT(scene.problem(), HasSubstr("cannot be listed")) << "found out at once";
  scene.pass(minutes(5));
  scene.listing_takes = Duration(0);
  scene.listing_error.reset();
  for (int i = 0; i < 200 && !scene.problem().empty(); ++i) scene.pass(milliseconds(100));
  EXPECT_EQ(scene.problem(), "");
  scene.pass(milliseconds(1500));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), first);
  write_fatal(scene, 1);
  scene.pass(milliseconds(1900));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), first);
  scene.pass(milliseconds(200));
  EXPECT_NE(scene.agent->container_of(Scene::id(1)), first)
      << "a runtime that answers costs no time";
}

// Goal: persist, then act. Method: the agent dies at each of the boundaries.
TEST(Agent, ARuleActsOnceThoughTheAgentDiesBeforeItIsStored) {
  Scene scene;
  scene.assign({watched(1)});
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.memory_save_takes = seconds(1);
  write_fatal(scene, 1);
  scene.pass(milliseconds(500));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), first) << "not stored yet";
  scene.start_agent();
  scene.pass(seconds(5));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), first);
  EXPECT_EQ(scene.followed.back().after, std::nullopt) << "the line is read again";
  write_fatal(scene, 1);
  scene.pass(seconds(5));
  EXPECT_NE(scene.agent->container_of(Scene::id(1)), first);
  EXPECT_EQ(scene.status(1).restarts, 1U);
}

TEST(Agent, ARuleActsOnceThoughTheAgentDiesOnceItIsStored) {
  Scene scene;
  scene.assign({watched(1)});
  scene.pass(seconds(10));
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  write_fatal(scene, 1);
  const auto& saves = scene.done<SaveWatchMemory>();
  scene.stored_memory = saves.back().memory;  // And the answer never comes.
  scene.start_agent();
  scene.pass(seconds(5));
  EXPECT_NE(scene.agent->container_of(Scene::id(1)), first) << "what was decided is done";
  EXPECT_EQ(scene.status(1).restarts, 1U);
  EXPECT_EQ(scene.status(1).failures, 1U);
  const ContainerId second = scene.agent->container_of(Scene::id(1));
  scene.start_agent();
  scene.pass(seconds(5));
  write_fatal(scene, 1);
  scene.pass(minutes(1));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), second) << "held off";
}

/// The incidents that were sent, each once, whatever agent sent it.
std::size_t incidents_sent(const Scene& scene) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> sent;
  for (const SendStatus& status : scene.done<SendStatus>()) {
    if (!status.heartbeat.report) continue;
    for (const Incident& incident : status.heartbeat.report->incidents)
      sent.emplace(status.heartbeat.incarnation.start_count, incident.number);
  }
  return sent.size();
}

// Goal: persist, then report, also where nothing but an event follows. Method: as above.
TEST(Agent, AnEventIsReportedOnceThoughTheAgentDiesBeforeItIsStored) {
  Scene scene;
  AssignedInstance instance = watched(1);
  instance.spec.log_rules[0].action = HealthAction::kEvent;
  scene.assign({instance});
  scene.memory_save_takes = seconds(1);
  write_fatal(scene, 1);
  scene.pass(milliseconds(500));
  EXPECT_EQ(incidents_sent(scene), 0U) << "not stored yet";
  scene.start_agent();
  scene.pass(seconds(5));
  write_fatal(scene, 1);  // Its reader goes on before the line.
  scene.pass(seconds(5));
  EXPECT_EQ(incidents_sent(scene), 1U);
  scene.start_agent();
  scene.pass(seconds(5));
  write_fatal(scene, 1);
  scene.pass(seconds(5));
  EXPECT_EQ(incidents_sent(scene), 1U) << "held off";
}

TEST(Agent, ADiskThatIsFullDelaysAnEventAndHidesNone) {
  Scene scene;
  AssignedInstance instance = watched(1);
  instance.spec.log_rules[0].action = HealthAction::kEvent;
  scene.assign({instance});
  scene.pass(seconds(10));
  scene.disk_works = false;
  write_fatal(scene, 1);
  scene.pass(kDecisionWait - milliseconds(1));
  EXPECT_EQ(incidents_sent(scene), 0U);
  scene.pass(milliseconds(50));
  EXPECT_EQ(incidents_sent(scene), 1U);
}

// Goal: what waits for the disk wakes nobody again and again while the runtime cannot be used.
TEST(Agent, NeitherADiskThatHangsNorARuntimeThatIsAwayKeepsItBusy) {
  Scene scene;
  scene.assign({watched(1)});
  scene.pass(seconds(10));
  scene.memory_save_takes = minutes(10);
  write_fatal(scene, 1);
  scene.runtime_goes_down();
  scene.pass(minutes(5));
  EXPECT_THAT(scene.running(), SizeIs(1)) << "nothing can be done meanwhile";
  scene.runtime_comes_up();
  scene.pass(seconds(5));
  EXPECT_EQ(scene.status(1).restarts, 1U);
}

// Goal: an agent that starts leaves alone what somebody started again. Method: the end of the
// container is stored, and its next start is not.
TEST(Agent, AContainerThatEndedAndWasStartedAgainIsLeftAloneByAnAgentThatStarts) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.pass(seconds(10));
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.create_takes = seconds(1);
  scene.crash(1);
  scene.containers.at(first).state = ContainerState::kRunning;
  scene.step(ContainerStarted{first, Scene::id(1)});
  scene.start_agent();
  scene.pass(seconds(30));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), first);
  EXPECT_THAT(scene.running(), SizeIs(1));
  EXPECT_THAT(scene.done<StopContainer>(), IsEmpty());
}

// Goal: what was decided is done. Method: the agent dies between the decision and the stop.
TEST(Agent, AContainerThatIsToStopIsStoppedByAnAgentThatStarts) {
  Scene scene;
  scene.assign({watched(1)});
  scene.pass(seconds(10));
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.stop_takes = minutes(1);
  write_fatal(scene, 1);
  scene.pass(milliseconds(500));
  scene.stop_takes = milliseconds(100);
  scene.start_agent();
  scene.pass(seconds(30));
  EXPECT_NE(scene.agent->container_of(Scene::id(1)), first);
  EXPECT_THAT(scene.running(), SizeIs(1));
}

TEST(Agent, ALogIsReadOnWhereItWasBeforeAStartOfTheAgent) {
  Scene scene;
  AssignedInstance instance = watched(1);
  instance.spec.log_rules[0].action = HealthAction::kEvent;
  scene.assign({instance});
  write_fatal(scene, 1);
  scene.pass(seconds(6));
  scene.start_agent();
  scene.pass(seconds(5));
  ASSERT_TRUE(scene.followed.back().after);
  EXPECT_EQ(scene.followed.back().after->standard_output.stamp, 5);
}

TEST(Agent, ADiskThatIsFullDoesNotKeepAServiceFromBeingRestarted) {
  Scene scene;
  scene.assign({watched(1)});
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.pass(seconds(10));
  scene.disk_works = false;
  write_fatal(scene, 1);
  scene.pass(kDecisionWait - milliseconds(1));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), first);
  EXPECT_THAT(scene.problem(), HasSubstr("what it knows of its instances cannot be stored"));
  EXPECT_THAT(scene.problem(), HasSubstr("disk full"));
  scene.pass(milliseconds(2));
  EXPECT_NE(scene.agent->container_of(Scene::id(1)), first);
  scene.disk_works = true;
  scene.pass(seconds(5));
  EXPECT_EQ(scene.problem(), "");
}

TEST(Agent, ACompletedInstanceNeverRunsAgainThoughItsContainerVanished) {
  Scene scene;
  AssignedInstance oneshot = Scene::assigned(1);
  oneshot.spec.restart = RestartPolicy::kOnFailure;
  scene.assign({oneshot});
  scene.memory_save_takes = milliseconds(100);
  scene.crash(1, 0);
  EXPECT_NE(scene.status(1).state, InstanceState::kCompleted) << "not stored yet";
  scene.pass(seconds(1));
  ASSERT_EQ(scene.status(1).state, InstanceState::kCompleted);
  scene.agent.reset();
  scene.containers.clear();  // Somebody prunes.
  scene.start_agent();
  scene.pass(minutes(5));
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_EQ(scene.status(1).state, InstanceState::kCompleted);
  EXPECT_EQ(scene.status(1).last_exit->code, 0);
}

TEST(Agent, ACrashLoopIsRememberedOverAStartOfTheAgent) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  for (int i = 0; i < 20 && scene.status(1).state != InstanceState::kCrashLoop; ++i) {
    scene.crash(1);
    scene.pass(seconds(20));
  }
  scene.crash(1);
  ASSERT_EQ(scene.status(1).state, InstanceState::kCrashLoop);
  const std::uint32_t failures = scene.status(1).failures;
  scene.start_agent();
  scene.pass(seconds(5));
  EXPECT_EQ(scene.status(1).state, InstanceState::kCrashLoop);
  EXPECT_EQ(scene.status(1).failures, failures);
  EXPECT_THAT(scene.running(), IsEmpty()) << "it waits for as long as before";
}

TEST(Agent, WhatTheManagerCannotReplaceIsRestartedHere) {
  Scene scene;
  AssignedInstance instance = watched(1);
  instance.spec.log_rules[0].action = HealthAction::kReplace;
  const Assignment assignment = scene.next({instance});
  scene.receive(assignment);
  scene.pass(seconds(1));
  write_fatal(scene, 1);
  for (int i = 0; i < 15; ++i) {
    scene.pass(seconds(20));
    scene.receive(assignment);  // Again: there is a manager.
  }
  EXPECT_TRUE(scene.status(1).must_be_replaced);
  EXPECT_EQ(scene.status(1).restarts, 0U);
  scene.pass(InstanceHealth::kReplacementWait + seconds(1));
  EXPECT_EQ(scene.status(1).restarts, 1U);
  EXPECT_FALSE(scene.status(1).must_be_replaced);
}

}  // namespace
}  // namespace hearth::core
