#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/manager/manager_scene.h"

namespace hearth::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Scene = ManagerScene;

TEST(ManagerNodes, WorkOfADeadNodeIsStagedThenPromotedAndTheOldInstanceStopsOnceItRuns) {
  Scene scene;
  scene.run_app(1);
  const NodeName home = *scene.instances.at(Scene::id(1)).node;
  scene.kill(home.str());
  scene.pass(milliseconds(1500));
  EXPECT_EQ(scene.state(home.str()), NodeState::kSuspect);
  ASSERT_TRUE(scene.instances.contains(Scene::id(2)));
  EXPECT_EQ(scene.instances.at(Scene::id(2)).desired_state, DesiredState::kStage);
  EXPECT_NE(scene.instances.at(Scene::id(2)).node, home);
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());

  scene.agents_obey = false;  // The replacement does not run yet.
  scene.pass(seconds(1));
  EXPECT_EQ(scene.state(home.str()), NodeState::kDead);
  EXPECT_EQ(scene.instances.at(Scene::id(2)).desired_state, DesiredState::kRun);
  EXPECT_EQ(scene.instances.at(Scene::id(1)).status.state, InstanceState::kLost);
  EXPECT_THAT(scene.switched(), ElementsAre(PowerVerb::kOff));

  scene.agents_obey = true;
  scene.pass(seconds(1));
  EXPECT_THAT(scene.instances, SizeIs(1));
  EXPECT_EQ(scene.instances.begin()->first, Scene::id(2));
}

TEST(ManagerNodes, NoNodeIsJudgedWhileBlindAndSilencesStartAgainAfterwards) {
  Scene scene;
  scene.run_app(2);
  scene.bus_carries = false;
  for (const char* name : {"a", "b", "c"}) scene.kill(name);
  scene.pass(seconds(30));
  EXPECT_EQ(scene.reported(EventType::kBusBlind), 1U);
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);

  scene.bus_carries = true;
  scene.pass(milliseconds(1100));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);
  scene.pass(seconds(3));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kDead);
}

TEST(ManagerNodes, ANodeThatAnswersDialsIsUnreachableAndItsStatusComesOverHttp) {
  Scene scene;
  scene.run_app(3);
  scene.beats.erase(Scene::node("a"));
  scene.pass(seconds(6));
  EXPECT_EQ(scene.state("a"), NodeState::kUnreachable);
  EXPECT_THAT(scene.instances, SizeIs(3));
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());
  EXPECT_GE(scene.done<FetchStatus>().size(), 3U);

  const InstanceId here = *scene.placed().at(Scene::node("a")).begin();
  Heartbeat status{.incarnation = {"boot-1", 1}, .report = Report{}};
  status.report->instances[here] = {.state = InstanceState::kBackoff, .reason = "it ended"};
  scene.step(StatusFetched{Scene::node("a"), status});
  EXPECT_EQ(scene.instances.at(here).status.state, InstanceState::kBackoff);
  EXPECT_EQ(scene.state("a"), NodeState::kUnreachable);
}

TEST(ManagerNodes, ItsOwnLatenessIsCountedAgainstNoNode) {
  Scene scene;
  scene.run_app(2);
  scene.oversleep(seconds(60));
  scene.step(Ticked{});
  EXPECT_EQ(scene.manager->counters().steps_late, 1U);
  scene.pass(seconds(5));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);
  EXPECT_EQ(scene.reported(EventType::kNodeSuspect), 0U);

  scene.kill("a");
  scene.pass(milliseconds(1300));
  ASSERT_EQ(scene.state("a"), NodeState::kSuspect);
  const Dial under_way = scene.done<Dial>().back();
  scene.forget_history();
  scene.oversleep(milliseconds(600));
  scene.step(Ticked{});
  scene.step(Dialled{under_way.node, under_way.dial, DialOutcome::kNoAnswer});
  EXPECT_THAT(scene.done<Dial>(), SizeIs(1)) << "that outcome does not count";
  EXPECT_EQ(scene.state("a"), NodeState::kSuspect);
}

}  // namespace
}  // namespace hearth::core
