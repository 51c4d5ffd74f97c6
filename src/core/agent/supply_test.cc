#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/agent/agent_scene.h"

namespace hearth::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

using Scene = AgentScene;

std::vector<Duration> gaps(const std::vector<MonoTime>& times) {
  std::vector<Duration> found;
  for (std::size_t i = 1; i < times.size(); ++i) found.push_back(times[i] - times[i - 1]);
  return found;
}

// Images. -----------------------------------------------------------------------------------------

TEST(AgentSupply, AnImageThatIsThereIsNotFetched) {
  Scene scene;
  scene.assign({Scene::wish(1, InstanceDesire::kRun, 'a')});
  scene.pass(minutes(1));
  EXPECT_THAT(scene.done<FetchImage>(), IsEmpty());
}

TEST(AgentSupply, AMissingImageIsFetchedOnceAndItsInstancesThenRun) {
  Scene scene;
  scene.assign(
      {Scene::wish(1, InstanceDesire::kRun, 'c'), Scene::wish(2, InstanceDesire::kRun, 'c')});
  EXPECT_EQ(scene.status(1).state, InstanceState::kFetching);
  EXPECT_THAT(scene.done<CreateContainer>(), IsEmpty());
  scene.pass(seconds(1));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
  ASSERT_THAT(scene.done<FetchImage>(), SizeIs(1));
  EXPECT_EQ(scene.done<FetchImage>()[0].image, Scene::image('c'));
}

TEST(AgentSupply, NoMoreThanTwoImagesAreFetchedAtATimeAndAllArrive) {
  Scene scene;
  Assignment assignment = scene.next();
  for (const char letter : {'1', '2', '3', '4', '5'})
    assignment.images.push_back(Scene::image(letter));
  scene.receive(assignment);
  for (const std::size_t asked : {2U, 4U, 5U}) {
    scene.pass(milliseconds(900));
    EXPECT_THAT(scene.done<FetchImage>(), SizeIs(asked));
    scene.pass(milliseconds(100));
  }
  EXPECT_THAT(scene.report().images, SizeIs(7));
  scene.pass(minutes(1));
  EXPECT_THAT(scene.done<FetchImage>(), SizeIs(5));
  EXPECT_THAT(scene.containers, IsEmpty());  // They are held ready, nothing runs.
}

TEST(AgentSupply, AFailedFetchIsTriedAgainLaterAndLaterForEverAndTheReasonTold) {
  Scene scene;
  scene.fetch_takes = Duration(0);
  scene.fetch_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.assign({Scene::wish(1, InstanceDesire::kRun, 'c')});
  scene.pass(seconds(121));
  EXPECT_THAT(gaps(scene.times<FetchImage>()),
              ElementsAre(seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(30),
                          seconds(30), seconds(30)));
  EXPECT_EQ(scene.status(1).state, InstanceState::kFetching);
  EXPECT_EQ(scene.status(1).reason, "its image cannot be fetched: no manager answers");
  EXPECT_EQ(scene.status(1).restarts, 0U);
  scene.pass(std::chrono::hours(1));
  scene.fetch_error.reset();
  scene.pass(seconds(30));
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
}

TEST(AgentSupply, AnImageThatTheEngineDoesNotTakeIsMovedAgainRarely) {
  Scene scene;
  scene.fetch_takes = Duration(0);
  scene.fetch_error = Error{ErrorCode::kExhausted, "no disk left"};
  scene.failing_step = FetchStep::kLoad;
  scene.assign({Scene::wish(1, InstanceDesire::kRun, 'c')});
  scene.pass(minutes(60));
  const std::vector<Duration> waits = gaps(scene.times<FetchImage>());
  ASSERT_THAT(waits, SizeIs(14));
  EXPECT_EQ(waits[0], seconds(1));
  EXPECT_EQ(waits[9], seconds(512));
  EXPECT_EQ(waits[10], minutes(10));
  EXPECT_EQ(waits.back(), minutes(10));
  EXPECT_EQ(scene.status(1).reason, "its image cannot be fetched: no disk left");
  scene.fetch_error.reset();
  scene.pass(minutes(10));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
}

TEST(AgentSupply, AnImageThatFailsDoesNotHoldUpTheOthers) {
  Scene scene;
  Assignment assignment = scene.next();
  for (const char letter : {'1', '2', '3'}) assignment.images.push_back(Scene::image(letter));
  scene.receive(assignment);
  scene.fetch_error = Error{ErrorCode::kNotFound, "no such archive"};
  scene.pass(seconds(1));  // Two failed; each waits a second.
  scene.fetch_error.reset();
  scene.pass(seconds(1));
  EXPECT_THAT(scene.report().images, testing::Contains(Scene::image('3').reference));
}

TEST(AgentSupply, AnImageThatIsNoLongerWantedIsNotTriedAgain) {
  Scene scene;
  scene.fetch_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.assign({Scene::wish(1, InstanceDesire::kRun, 'c')});
  scene.pass(seconds(10));
  scene.assign({});
  scene.pass(seconds(1));
  scene.forget_history();
  scene.pass(minutes(5));
  EXPECT_THAT(scene.done<FetchImage>(), IsEmpty());
}

TEST(AgentSupply, AnImageThatTheEngineLostIsFetchedAgain) {
  Scene scene;
  scene.assign({Scene::wish(1, InstanceDesire::kRun, 'a')});
  scene.engine_images.erase(Scene::image('a').reference);
  scene.crash(1);
  EXPECT_THAT(scene.running(), IsEmpty());
  scene.pass(seconds(3));
  EXPECT_THAT(scene.done<FetchImage>(), SizeIs(1));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
}

// Goal: an image that came while the engine was being listed is not fetched a second time.
TEST(AgentSupply, AListingOlderThanAFetchDoesNotHideTheImage) {
  Scene scene;
  scene.listing_takes = seconds(5);
  scene.pass(RuntimeInventory::kPeriod + seconds(1));  // One is under way.
  Assignment assignment = scene.next();
  assignment.images.push_back(Scene::image('c'));
  scene.receive(assignment);
  scene.pass(seconds(20));
  EXPECT_THAT(scene.done<FetchImage>(), SizeIs(1));
  EXPECT_THAT(scene.report().images, testing::Contains(Scene::image('c').reference));
}

TEST(AgentSupply, AnImageBuiltWhileTheEngineIsBeingListedIsToldByTheNextListing) {
  Scene scene;
  scene.pass(RuntimeInventory::kPeriod - seconds(1));
  scene.listing_takes = seconds(10);
  scene.order_builds({Scene::order(1)});  // It is done while one is under way.
  scene.pass(seconds(25));
  EXPECT_THAT(scene.report().images,
              testing::Contains(testing::StartsWith(Scene::order(1).reference)));
}

// Builds. -----------------------------------------------------------------------------------------

TEST(AgentSupply, ABuildThatIsOrderedIsDoneOnceAndItsArchiveTold) {
  Scene scene;
  scene.order_builds({Scene::order(1)});
  ASSERT_THAT(scene.done<BuildImage>(), SizeIs(1));
  const std::string reference = scene.done<BuildImage>()[0].order.reference;
  EXPECT_THAT(reference, testing::StartsWith(Scene::order(1).reference + "-1."));
  scene.pass(seconds(4));
  ASSERT_THAT(scene.report().builds, SizeIs(1));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kRunning);
  scene.pass(seconds(1));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kDone);
  EXPECT_EQ(scene.report().builds[0].archive, Scene::digest('f'));
  EXPECT_EQ(scene.report().builds[0].reference, reference);
  EXPECT_THAT(scene.report().images, testing::Contains(reference));
  scene.order_builds({Scene::order(1)});
  scene.pass(minutes(5));
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(1));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kDone);
}

// Goal: a build that was done and not heard of is not taken for the next one on the same order,
// whose bits may be others.
TEST(AgentSupply, NoTwoBuildsShareAReference) {
  Scene scene;
  scene.order_builds({Scene::order(1)});
  scene.pass(seconds(5));
  scene.order_builds({});
  scene.order_builds({Scene::order(1)});
  scene.pass(seconds(5));
  scene.start_agent();
  scene.pass(AssignmentIntake::kFirstWait + seconds(5));
  const std::vector<BuildImage> builds = scene.done<BuildImage>();
  ASSERT_THAT(builds, SizeIs(3));
  EXPECT_NE(builds[0].order.reference, builds[1].order.reference);
  EXPECT_NE(builds[1].order.reference, builds[2].order.reference);
  EXPECT_NE(builds[0].order.reference, builds[2].order.reference);
}

TEST(AgentSupply, ABuildThatFailsIsToldWithItsReasonAndNotTriedAgain) {
  Scene scene;
  scene.build_error = Error{ErrorCode::kFailed, "RUN make ended with 2"};
  scene.order_builds({Scene::order(1)});
  scene.pass(minutes(10));
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(1));
  ASSERT_THAT(scene.report().builds, SizeIs(1));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kFailed);
  EXPECT_EQ(scene.report().builds[0].reason, "RUN make ended with 2");
  EXPECT_EQ(scene.report().builds[0].archive, std::nullopt);
}

TEST(AgentSupply, ABuildThatCannotBeDoneNowIsTriedAgainWithinABound) {
  Scene scene;
  scene.build_takes = Duration(0);
  scene.build_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.order_builds({Scene::order(1)});
  scene.pass(minutes(3));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kRunning);
  scene.pass(minutes(30));
  const std::vector<MonoTime> tries = scene.times<BuildImage>();
  ASSERT_THAT(tries, SizeIs(12));
  EXPECT_EQ(tries[1] - tries[0], seconds(1));
  EXPECT_THAT(gaps(tries), Each(AllOf(Ge(seconds(1)), Le(seconds(30)))));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kFailed);
  EXPECT_EQ(scene.report().builds[0].reason, "no manager answers");
}

TEST(AgentSupply, ABuildThatIsTriedAgainSucceedsOnceTheManagerIsBack) {
  Scene scene;
  scene.build_error = Error{ErrorCode::kTimeout, "no manager answers"};
  scene.order_builds({Scene::order(1)});
  scene.pass(seconds(30));
  scene.build_error.reset();
  scene.pass(minutes(1));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kDone);
}

TEST(AgentSupply, BuildsAreDoneOneAtATimeAndOneThatWaitsLetsTheNextPass) {
  Scene scene;
  scene.build_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.order_builds({Scene::order(1), Scene::order(2)});
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(1));
  scene.pass(seconds(5));
  ASSERT_THAT(scene.done<BuildImage>(), SizeIs(2));
  EXPECT_EQ(scene.done<BuildImage>()[1].order.generation, Generation{2});
  scene.build_error.reset();
  scene.pass(seconds(4));  // The first could be tried again; the second is under way.
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(2));
  scene.pass(seconds(20));
  ASSERT_THAT(scene.report().builds, SizeIs(2));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kDone);
  EXPECT_EQ(scene.report().builds[1].state, BuildState::kDone);
}

TEST(AgentSupply, ABuildThatIsNoLongerOrderedIsForgotten) {
  Scene scene;
  scene.order_builds({Scene::order(1)});
  scene.pass(seconds(2));
  scene.order_builds({});
  scene.pass(seconds(10));
  EXPECT_THAT(scene.report().builds, IsEmpty());
  scene.order_builds({Scene::order(2)});
  scene.pass(seconds(10));
  ASSERT_THAT(scene.report().builds, SizeIs(1));
  EXPECT_EQ(scene.report().builds[0].generation, Generation{2});
}

TEST(AgentSupply, ABuildThatHangsIsCancelledOnceItIsNoLongerOrderedAndTheNextOneBegins) {
  Scene scene;
  scene.build_takes = std::chrono::hours(2);
  scene.order_builds({Scene::order(1)});
  scene.pass(seconds(2));
  EXPECT_THAT(scene.done<CancelBuild>(), IsEmpty());
  scene.build_takes = seconds(5);
  scene.order_builds({Scene::order(2)});
  scene.order_builds({Scene::order(2), Scene::order(3)});
  ASSERT_THAT(scene.done<CancelBuild>(), SizeIs(1));
  EXPECT_EQ(scene.done<CancelBuild>()[0].operation, scene.done<BuildImage>()[0].operation);
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(1));  // One at a time.
  scene.pass(seconds(11));
  ASSERT_THAT(scene.report().builds, SizeIs(2));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kDone);
  EXPECT_EQ(scene.report().builds[1].state, BuildState::kDone);
  EXPECT_THAT(scene.done<CancelBuild>(), SizeIs(1));
}

TEST(AgentSupply, ABuildThatWasCancelledAndIsOrderedAgainBeginsAnew) {
  Scene scene;
  scene.cancel_takes = seconds(1);
  scene.order_builds({Scene::order(1)});
  scene.order_builds({});
  scene.order_builds({Scene::order(1)});
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kRunning);
  scene.pass(seconds(7));
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(2));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kDone);
}

TEST(AgentSupply, WorkGoesOnRestartingWhileABuildRuns) {
  Scene scene;
  scene.build_takes = minutes(10);
  Assignment assignment = scene.next({Scene::wish(1)});
  assignment.builds.push_back(Scene::order(1));
  scene.receive(assignment);
  scene.pass(minutes(1));
  scene.crash(1);
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
}

}  // namespace
}  // namespace hearth::core
