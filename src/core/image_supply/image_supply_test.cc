#include "core/image_supply/image_supply.h"

#include <functional>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Lt;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::uint64_t kStartCount = 3;
constexpr std::uint64_t kSeed = 1;

WorkloadName app() {
  return *WorkloadName::parse("app");
}
Digest digest(char hex) {
  return Digest::parse("sha256:" + std::string(64, hex)).value();
}
Image image(char hex) {
  return {.reference = fmt::format("hearth/app:{}", hex), .archive = digest(hex)};
}
BuildOrder order(std::uint64_t generation) {
  return {.workload = app(),
          .generation = {generation},
          .bundle = digest('b'),
          .reference = fmt::format("hearth/app:built-{}", generation)};
}

/// A supply with a runtime and a content store that obey after a while, or fail, and a clock.
struct Scene {
  struct Done {
    MonoTime at;
    ImageAction action;
  };

  /// From here on the images are wanted and the builds ordered.
  void assign(std::vector<Image> images, std::vector<BuildOrder> builds = {}) {
    step([&] {
      carry_out(supply.on_assignment({.node = *NodeName::parse("node-1"),
                                      .number = {},
                                      .heartbeat_interval = {},
                                      .instances = {},
                                      .images = std::move(images),
                                      .builds = std::move(builds)}));
    });
    pass(0s);
  }
  void order_builds(std::vector<BuildOrder> builds) { assign({}, std::move(builds)); }
  /// The runtime was listed in turn `asked_in` and had `images`.
  bool list(std::uint64_t asked_in, std::vector<std::string> images, bool images_known = true) {
    bool is_old = false;
    step([&] {
      is_old = supply.on_listed({.inventory = {.containers = {},
                                               .images = std::move(images),
                                               .images_known = images_known},
                                 .asked_in = asked_in});
    });
    return is_old;
  }

  void step(const std::function<void()>& happen) {
    ++turn.number;
    happen();
    carry_out(supply.tend(turn.now, ids));
    supply.check_invariants();
  }
  void pass(Duration duration) {
    const MonoTime end = turn.now + duration;
    for (;;) {
      std::optional<MonoTime> next = supply.next_deadline();
      if (!due.empty() && (!next || due.begin()->first <= *next)) next = due.begin()->first;
      if (!next || *next > end) break;
      turn.now = *next;
      if (!due.empty() && due.begin()->first <= turn.now) {
        step(due.extract(due.begin()).mapped());
      } else {
        step([] {});
      }
    }
    turn.now = end;
  }

  void carry_out(const std::vector<ImageAction>& actions) {
    for (const ImageAction& action : actions) {
      history.push_back({turn.now, action});
      std::visit([this](const auto& one) { carry_out(one); }, action);
    }
  }
  void carry_out(const FetchImage& fetch) {
    due.emplace(turn.now + fetch_takes, [this, fetch] {
      answer({fetch.operation, outcome(fetch_error), {}, {}, failing_step});
    });
  }
  void carry_out(const BuildImage& build) {
    due.emplace(turn.now + build_takes, [this, build] {
      if (cancelled.contains(build.operation)) return;
      answer({build.operation, outcome(build_error), {}, digest('f')});
    });
  }
  void carry_out(const CancelBuild& cancel) {
    due.emplace(turn.now + cancel_takes, [this, cancel] {
      cancelled.insert(cancel.operation);
      answer({cancel.operation, fail(ErrorCode::kFailed, "it was called off"), {}, {}});
    });
  }
  void answer(const OperationDone& done) {
    if (supply.on_done(done, turn)) ++built;
  }
  static Result<void> outcome(const std::optional<Error>& error) {
    return error ? Result<void>(tl::unexpected(*error)) : Result<void>{};
  }

  template <class Action>
  std::vector<Action> done() const {
    std::vector<Action> found;
    for (const Done& one : history) {
      if (const auto* action = std::get_if<Action>(&one.action)) found.push_back(*action);
    }
    return found;
  }
  template <class Action>
  std::vector<MonoTime> times() const {
    std::vector<MonoTime> found;
    for (const Done& one : history) {
      if (std::holds_alternative<Action>(one.action)) found.push_back(one.at);
    }
    return found;
  }
  BuildStatus build_status() const {
    HEARTH_CHECK(supply.build_statuses().size() == 1);
    return supply.build_statuses()[0];
  }

  ImageSupply supply{kStartCount, kSeed};
  OperationIds ids;
  Turn turn{.number = 0, .now = MonoTime(1h)};
  std::vector<Done> history;
  int built = 0;  ///< Images that only a listing can name.
  std::optional<Error> fetch_error, build_error;
  Duration fetch_takes = 1s, build_takes = 5s, cancel_takes = 100ms;
  FetchStep failing_step = FetchStep::kTransfer;
  std::set<OperationId> cancelled;
  std::multimap<MonoTime, std::function<void()>> due;
};

std::vector<Duration> gaps(const std::vector<MonoTime>& times) {
  std::vector<Duration> found;
  for (std::size_t i = 1; i < times.size(); ++i) found.push_back(times[i] - times[i - 1]);
  return found;
}

/// A wait with up to a fifth more.
auto jittered(Duration wait) {
  return AllOf(Ge(wait), Lt(wait + wait / 5));
}

// Images. -----------------------------------------------------------------------------------------

TEST(ImageSupply, AnImageThatTheRuntimeHasIsNotFetched) {
  Scene scene;
  scene.list(1, {image('a').reference});
  scene.assign({image('a')});
  scene.pass(1min);
  EXPECT_THAT(scene.done<FetchImage>(), IsEmpty());
  EXPECT_TRUE(scene.supply.readiness(image('a')).is_there);
}

TEST(ImageSupply, AMissingImageIsFetchedOnce) {
  Scene scene;
  scene.assign({image('c'), image('c')});
  EXPECT_FALSE(scene.supply.readiness(image('c')).is_there);
  EXPECT_EQ(scene.supply.readiness(image('c')).reason, "");
  scene.pass(1s);
  EXPECT_TRUE(scene.supply.readiness(image('c')).is_there);
  EXPECT_THAT(scene.supply.images(), ElementsAre(image('c').reference));
  scene.pass(1min);
  ASSERT_THAT(scene.done<FetchImage>(), SizeIs(1));
  EXPECT_EQ(scene.done<FetchImage>()[0].image, image('c'));
}

TEST(ImageSupply, AnImageWithoutAnArchiveIsNotFetched) {
  Scene scene;
  scene.assign({{.reference = "somebody/else:1", .archive = std::nullopt}});
  scene.pass(1min);
  EXPECT_THAT(scene.done<FetchImage>(), IsEmpty());
}

TEST(ImageSupply, NoMoreThanTwoImagesAreFetchedAtATimeAndAllArrive) {
  Scene scene;
  scene.assign({image('1'), image('2'), image('3'), image('4'), image('5')});
  for (const std::size_t asked : {2U, 4U, 5U}) {
    scene.pass(900ms);
    EXPECT_THAT(scene.done<FetchImage>(), SizeIs(asked));
    scene.pass(100ms);
  }
  EXPECT_THAT(scene.supply.images(), SizeIs(5));
  scene.pass(1min);
  EXPECT_THAT(scene.done<FetchImage>(), SizeIs(5));
}

TEST(ImageSupply, AFailedFetchIsRetriedWithGrowingWaitsForeverAndTheReasonReported) {
  Scene scene;
  scene.fetch_takes = 0s;
  scene.fetch_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.assign({image('c')});
  scene.pass(1min);
  std::vector<Duration> waits = gaps(scene.times<FetchImage>());
  waits.resize(5);
  EXPECT_THAT(waits,
              ElementsAre(jittered(1s), jittered(2s), jittered(4s), jittered(8s), jittered(16s)));
  scene.history.clear();
  scene.pass(10min);
  EXPECT_THAT(gaps(scene.times<FetchImage>()), Each(jittered(30s)));
  EXPECT_EQ(scene.supply.readiness(image('c')).reason,
            "its image cannot be fetched: no manager answers");
  scene.pass(1h);
  scene.fetch_error.reset();
  scene.pass(36s);
  EXPECT_TRUE(scene.supply.readiness(image('c')).is_there);
}

// Goal: nodes that lost the manager together do not all return to it at once.
TEST(ImageSupply, TwoNodesThatFailTogetherRetryAtDifferentTimes) {
  Scene one;
  Scene other;
  other.supply = ImageSupply(kStartCount, kSeed + 1);
  for (Scene* scene : {&one, &other}) {
    scene->fetch_error = Error{ErrorCode::kUnavailable, "no manager answers"};
    scene->assign({image('c')});
    scene->pass(10s);
  }
  EXPECT_EQ(one.times<FetchImage>()[0], other.times<FetchImage>()[0]);
  EXPECT_NE(one.times<FetchImage>()[1], other.times<FetchImage>()[1]);
}

TEST(ImageSupply, AnImageThatTheRuntimeDoesNotAcceptIsRarelyTransferredAgain) {
  Scene scene;
  scene.fetch_takes = 0s;
  scene.fetch_error = Error{ErrorCode::kExhausted, "no disk left"};
  scene.failing_step = FetchStep::kLoad;
  scene.assign({image('c')});
  scene.pass(2h);
  const std::vector<Duration> waits = gaps(scene.times<FetchImage>());
  ASSERT_THAT(waits, SizeIs(Ge(12U)));
  EXPECT_THAT(waits[0], jittered(1s));
  EXPECT_THAT(waits[9], jittered(512s));
  EXPECT_THAT(waits[10], jittered(ImageSupply::kLoadRetryMax));
  EXPECT_THAT(waits.back(), jittered(ImageSupply::kLoadRetryMax));
}

TEST(ImageSupply, AnImageThatFailsDoesNotBlockTheOthers) {
  Scene scene;
  scene.fetch_error = Error{ErrorCode::kNotFound, "no such archive"};
  scene.assign({image('1'), image('2'), image('3')});
  scene.pass(1s);  // Two failed; each waits a second.
  scene.fetch_error.reset();
  scene.pass(1s);
  EXPECT_THAT(scene.supply.images(), Contains(image('3').reference));
}

TEST(ImageSupply, AnImageThatIsNoLongerWantedIsNotRetried) {
  Scene scene;
  scene.fetch_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.assign({image('c')});
  scene.pass(10s);
  scene.assign({});
  scene.pass(1s);
  scene.history.clear();
  scene.pass(5min);
  EXPECT_THAT(scene.done<FetchImage>(), IsEmpty());
}

TEST(ImageSupply, AnImageThatTheRuntimeLostIsFetchedAgain) {
  Scene scene;
  scene.list(1, {image('a').reference});
  scene.assign({image('a')});
  scene.step([&] { scene.supply.on_image_lost(image('a').reference); });
  EXPECT_THAT(scene.done<FetchImage>(), SizeIs(1));
  scene.list(scene.turn.number, {});
  scene.pass(1s);
  EXPECT_TRUE(scene.supply.readiness(image('a')).is_there);
}

TEST(ImageSupply, AnImageThatIsNoLongerListedIsGoneUnlessImagesWereNotListed) {
  Scene scene;
  scene.list(1, {"one", "two"});
  EXPECT_FALSE(scene.list(2, {"two"}));
  EXPECT_THAT(scene.supply.images(), ElementsAre("two"));
  EXPECT_FALSE(scene.list(3, {}, false));
  EXPECT_THAT(scene.supply.images(), ElementsAre("two"));
}

// Goal: an image that arrived while the runtime was being listed is not fetched a second time.
TEST(ImageSupply, AListingOlderThanAFetchDoesNotHideTheImage) {
  Scene scene;
  scene.assign({image('c')});
  const std::uint64_t asked_in = scene.turn.number;
  scene.pass(1s);
  EXPECT_TRUE(scene.list(asked_in, {"another"})) << "a newer listing is needed";
  EXPECT_THAT(scene.supply.images(), ElementsAre("another", image('c').reference));
  EXPECT_FALSE(scene.list(scene.turn.number, {"another", image('c').reference}));
  EXPECT_THAT(scene.done<FetchImage>(), SizeIs(1));
}

// Builds. -----------------------------------------------------------------------------------------

TEST(ImageSupply, AnOrderedBuildIsDoneOnceAndItsArchiveReported) {
  Scene scene;
  scene.order_builds({order(1)});
  ASSERT_THAT(scene.done<BuildImage>(), SizeIs(1));
  const std::string reference = scene.done<BuildImage>()[0].order.reference;
  EXPECT_THAT(reference, StartsWith(order(1).reference + "-3."));
  scene.pass(4s);
  EXPECT_EQ(scene.build_status().state, BuildState::kRunning);
  scene.pass(1s);
  EXPECT_EQ(scene.build_status().state, BuildState::kDone);
  EXPECT_EQ(scene.build_status().archive, digest('f'));
  EXPECT_EQ(scene.build_status().reference, reference);
  EXPECT_EQ(scene.built, 1);
  scene.order_builds({order(1)});
  scene.pass(5min);
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(1));
  EXPECT_EQ(scene.build_status().state, BuildState::kDone);
}

// Goal: a build whose success was never received is not mistaken for the next build of the same
// order, whose bits can differ.
TEST(ImageSupply, NoTwoBuildsShareAReference) {
  Scene scene;
  scene.order_builds({order(1)});
  scene.pass(5s);
  scene.order_builds({});
  scene.order_builds({order(1)});
  scene.pass(5s);
  scene.supply = ImageSupply(kStartCount + 1, kSeed);  // The agent restarts.
  scene.ids = {};
  scene.order_builds({order(1)});
  std::set<std::string> references;
  for (const BuildImage& build : scene.done<BuildImage>()) references.insert(build.order.reference);
  EXPECT_THAT(references, SizeIs(3));
}

TEST(ImageSupply, AFailedBuildIsReportedWithItsReasonAndNotRetried) {
  Scene scene;
  scene.build_error = Error{ErrorCode::kFailed, "RUN make ended with 2"};
  scene.order_builds({order(1)});
  scene.pass(10min);
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(1));
  EXPECT_EQ(scene.build_status().state, BuildState::kFailed);
  EXPECT_EQ(scene.build_status().reason, "RUN make ended with 2");
  EXPECT_EQ(scene.build_status().archive, std::nullopt);
  EXPECT_EQ(scene.built, 0);
}

TEST(ImageSupply, ABuildThatFailsForAReasonThatMayPassIsRetriedWithinABound) {
  Scene scene;
  scene.build_takes = 0s;
  scene.build_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.order_builds({order(1)});
  scene.pass(3min);
  EXPECT_EQ(scene.build_status().state, BuildState::kRunning);
  scene.pass(30min);
  const std::vector<MonoTime> tries = scene.times<BuildImage>();
  ASSERT_THAT(tries, SizeIs(ImageSupply::kBuildTriesMax));
  EXPECT_THAT(tries[1] - tries[0], jittered(1s));
  EXPECT_THAT(gaps(tries), Each(AllOf(Ge(1s), Lt(36s))));
  EXPECT_EQ(scene.build_status().state, BuildState::kFailed);
  EXPECT_EQ(scene.build_status().reason, "no manager answers");
}

// Goal: the manager learns why a build gets nowhere while it is still tried, but a build that takes
// long after a try that failed is not taken for one that fails.
TEST(ImageSupply, ABuildThatIsRetriedSaysWhyUntilATryGetsFurther) {
  Scene scene;
  scene.build_takes = 30s;
  scene.build_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.order_builds({order(1)});
  scene.pass(29s);
  EXPECT_EQ(scene.build_status().reason, "");
  scene.pass(2s);
  EXPECT_EQ(scene.build_status().state, BuildState::kRunning);
  EXPECT_EQ(scene.build_status().reason, "no manager answers");
  scene.pass(3min);
  EXPECT_EQ(scene.build_status().reason, "no manager answers") << "whether it tries or waits";

  scene.build_takes = 1h;
  scene.pass(2 * ImageSupply::kRetryMax + ImageSupply::kTrySilence + 1s);
  scene.order_builds({order(1)});
  EXPECT_EQ(scene.build_status().state, BuildState::kRunning);
  EXPECT_EQ(scene.build_status().reason, "") << "it builds";
}

TEST(ImageSupply, ARetriedBuildSucceedsOnceTheManagerIsBack) {
  Scene scene;
  scene.build_error = Error{ErrorCode::kTimeout, "no manager answers"};
  scene.order_builds({order(1)});
  scene.pass(30s);
  scene.build_error.reset();
  scene.pass(1min);
  EXPECT_EQ(scene.build_status().state, BuildState::kDone);
}

TEST(ImageSupply, BuildsRunOneAtATimeAndOneThatWaitsLetsTheNextPass) {
  Scene scene;
  scene.build_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.order_builds({order(1), order(2)});
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(1));
  scene.pass(5s);
  ASSERT_THAT(scene.done<BuildImage>(), SizeIs(2));
  EXPECT_EQ(scene.done<BuildImage>()[1].order.generation, Generation{2});
  scene.build_error.reset();
  scene.pass(4s);  // The first could be retried, but the second is in progress.
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(2));
  scene.pass(20s);
  const std::vector<BuildStatus> statuses = scene.supply.build_statuses();
  ASSERT_THAT(statuses, SizeIs(2));
  EXPECT_EQ(statuses[0].state, BuildState::kDone);
  EXPECT_EQ(statuses[1].state, BuildState::kDone);
}

TEST(ImageSupply, ABuildThatIsNoLongerOrderedIsForgotten) {
  Scene scene;
  scene.order_builds({order(1)});
  scene.pass(2s);
  scene.order_builds({});
  scene.pass(10s);
  EXPECT_THAT(scene.supply.build_statuses(), IsEmpty());
  scene.order_builds({order(2)});
  scene.pass(10s);
  EXPECT_EQ(scene.build_status().generation, Generation{2});
}

TEST(ImageSupply, ABuildThatHangsIsCancelledOnceItIsNoLongerOrderedAndTheNextOneBegins) {
  Scene scene;
  scene.build_takes = 2h;
  scene.order_builds({order(1)});
  scene.pass(2s);
  EXPECT_THAT(scene.done<CancelBuild>(), IsEmpty());
  scene.build_takes = 5s;
  scene.order_builds({order(2)});
  scene.order_builds({order(2), order(3)});
  ASSERT_THAT(scene.done<CancelBuild>(), SizeIs(1));
  EXPECT_EQ(scene.done<CancelBuild>()[0].operation, scene.done<BuildImage>()[0].operation);
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(1));  // One at a time.
  scene.pass(11s);
  const std::vector<BuildStatus> statuses = scene.supply.build_statuses();
  ASSERT_THAT(statuses, SizeIs(2));
  EXPECT_EQ(statuses[0].state, BuildState::kDone);
  EXPECT_EQ(statuses[1].state, BuildState::kDone);
  EXPECT_THAT(scene.done<CancelBuild>(), SizeIs(1));
}

TEST(ImageSupply, ABuildThatWasCancelledAndIsOrderedAgainStartsOver) {
  Scene scene;
  scene.cancel_takes = 1s;
  scene.order_builds({order(1)});
  scene.order_builds({});
  scene.order_builds({order(1)});
  EXPECT_EQ(scene.build_status().state, BuildState::kRunning);
  scene.pass(7s);
  EXPECT_THAT(scene.done<BuildImage>(), SizeIs(2));
  EXPECT_EQ(scene.build_status().state, BuildState::kDone);
}

// State. ------------------------------------------------------------------------------------------

TEST(ImageSupply, AnAnswerToAnUnknownOperationChangesNothing) {
  Scene scene;
  scene.assign({image('c')}, {order(1)});
  const ImageSupply::State before = scene.supply.save();
  EXPECT_FALSE(scene.supply.on_done({{999}, {}, {}, {}}, scene.turn));
  EXPECT_EQ(scene.supply.save(), before);
}

TEST(ImageSupply, WhileItRestsItDoesNotAskToBeWokenForWhatIsOverdue) {
  Scene scene;
  scene.fetch_takes = 0s;
  scene.fetch_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.assign({image('c')});
  const std::optional<MonoTime> next_try = scene.supply.next_deadline();
  ASSERT_TRUE(next_try.has_value());
  EXPECT_THAT(*next_try - scene.turn.now, jittered(1s));
  scene.supply.rest(*next_try);
  EXPECT_EQ(scene.supply.next_deadline(), std::nullopt);
}

TEST(ImageSupply, ACopyOfItsStateBehavesLikeIt) {
  Scene scene;
  scene.fetch_error = Error{ErrorCode::kUnavailable, "no manager answers"};
  scene.assign({image('c'), image('d')}, {order(1), order(2)});
  scene.pass(6s);
  const ImageSupply copy(kStartCount, scene.supply.save());
  EXPECT_EQ(copy.save(), scene.supply.save());
  EXPECT_EQ(copy.next_deadline(), scene.supply.next_deadline());
  scene.supply = copy;
  scene.fetch_error.reset();
  scene.pass(1min);
  EXPECT_THAT(scene.supply.images(), SizeIs(2));
  EXPECT_EQ(scene.supply.build_statuses()[1].state, BuildState::kDone);
}

}  // namespace
}  // namespace hearth::core
