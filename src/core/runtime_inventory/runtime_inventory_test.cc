#include "core/runtime_inventory/runtime_inventory.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

const Error kBroken{ErrorCode::kFailed, "the list is broken"};
const Error kNoAnswer{ErrorCode::kTimeout, "no answer in time"};

/// A runtime that answers when the test says so, and a clock.
struct Scene {
  std::optional<std::uint64_t> tend() {
    ++turn.number;
    const std::optional<std::uint64_t> asked = inventory.tend(turn);
    if (asked) ++listings;
    last = asked ? asked : last;
    inventory.check_invariants();
    return asked;
  }
  void find() {
    inventory.on_found(turn.now);
    tend();
  }
  void lose() {
    inventory.on_lost("the container runtime is away");
    tend();
  }
  void miss() {
    inventory.on_missed(turn.now);
    tend();
  }
  std::optional<Listing> answer(const Result<Inventory>& outcome = Inventory{}) {
    std::optional<Listing> listing = inventory.on_listed(last.value(), outcome, turn.now);
    tend();
    return listing;
  }
  void fail_listing(const Error& error) { answer(tl::unexpected(error)); }
  /// Lets time pass without an answer.
  void pass(Duration duration) {
    turn.now += duration;
    tend();
  }

  RuntimeInventory inventory;
  Turn turn{.number = 0, .now = MonoTime(1h)};
  std::optional<std::uint64_t> last;  ///< The listing that was requested last.
  int listings = 0;
};

TEST(RuntimeInventory, ARuntimeThatNeverAnsweredIsAProblemAndNotListed) {
  Scene scene;
  scene.pass(1h);
  EXPECT_EQ(scene.inventory.problem(), "the container runtime has not answered yet");
  EXPECT_EQ(scene.listings, 0);
  EXPECT_EQ(scene.inventory.next_deadline(), std::nullopt);
}

// Goal: before the listing arrives, a runtime that answers is not enough.
TEST(RuntimeInventory, IsUsableOnlyOnceItWasListed) {
  Scene scene;
  scene.find();
  EXPECT_EQ(scene.listings, 1);
  scene.pass(1h);
  EXPECT_FALSE(scene.inventory.is_usable());
  EXPECT_EQ(scene.inventory.problem(), "its containers have not been listed yet");
  EXPECT_EQ(scene.listings, 1) << "one at a time";
  EXPECT_TRUE(scene.answer());
  EXPECT_TRUE(scene.inventory.is_usable());
  EXPECT_EQ(scene.inventory.problem(), "");
}

TEST(RuntimeInventory, AListingIsAsOldAsTheTurnInWhichItWasRequested) {
  Scene scene;
  scene.find();
  const std::uint64_t asked_in = scene.turn.number;
  scene.pass(5s);
  const std::optional<Listing> listing = scene.answer();
  ASSERT_TRUE(listing);
  EXPECT_FALSE(listing->is_older_than(asked_in));
  EXPECT_TRUE(listing->is_older_than(asked_in + 1));
}

TEST(RuntimeInventory, IsListedPeriodically) {
  Scene scene;
  scene.find();
  scene.answer();
  EXPECT_EQ(scene.inventory.next_deadline(), scene.turn.now + RuntimeInventory::kPeriod);
  scene.pass(RuntimeInventory::kPeriod - 1ns);
  EXPECT_EQ(scene.listings, 1);
  scene.pass(1ns);
  EXPECT_EQ(scene.listings, 2);
}

TEST(RuntimeInventory, IsListedAgainAtOnceIfThereIsSomethingNew) {
  Scene scene;
  scene.find();
  scene.answer();
  scene.inventory.list_again(scene.turn.now);
  scene.tend();
  EXPECT_EQ(scene.listings, 2);
}

// Goal: what a missed notice would have said is listed at once, by a listing that began after it;
// and a runtime of which notices are missed without end is listed once a kRetry.
TEST(RuntimeInventory, IsListedAgainWhenANoticeWasMissed) {
  Scene scene;
  scene.find();
  scene.answer();
  scene.pass(5s);
  ASSERT_EQ(scene.listings, 1);
  scene.miss();
  EXPECT_EQ(scene.listings, 2) << "at once";
  scene.miss();
  scene.miss();
  EXPECT_EQ(scene.listings, 2) << "one at a time";
  EXPECT_TRUE(scene.answer()) << "it is out of date, but true of what was not missed";
  EXPECT_EQ(scene.listings, 2);
  scene.pass(RuntimeInventory::kRetry - 1ns);
  scene.miss();
  EXPECT_EQ(scene.listings, 2);
  scene.pass(1ns);
  EXPECT_EQ(scene.listings, 3) << "one that began after what was missed";
  scene.answer();
  scene.pass(RuntimeInventory::kPeriod - 1ns);
  EXPECT_EQ(scene.listings, 3);
}

TEST(RuntimeInventory, ANoticeMissedWhileTheRuntimeIsLostCallsForNothing) {
  Scene scene;
  scene.find();
  scene.answer();
  scene.lose();
  scene.miss();
  EXPECT_EQ(scene.listings, 1);
}

TEST(RuntimeInventory, WhetherItAnswersIsFoundOutSoonButNotAllTheTime) {
  Scene scene;
  scene.find();
  scene.answer();
  const MonoTime asked = scene.turn.now;
  scene.pass(RuntimeInventory::kRetry / 2);
  scene.inventory.list_soon(scene.turn.now);
  EXPECT_EQ(scene.inventory.next_deadline(), asked + RuntimeInventory::kRetry);
  scene.pass(RuntimeInventory::kRetry);
  EXPECT_EQ(scene.listings, 2);
  const std::optional<Listing> listing = scene.answer();
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->asked_at, scene.turn.now);
}

TEST(RuntimeInventory, ALostRuntimeIsAProblemAndNotListedUntilItIsFoundAgain) {
  Scene scene;
  scene.find();
  scene.answer();
  scene.lose();
  EXPECT_FALSE(scene.inventory.is_usable());
  EXPECT_EQ(scene.inventory.problem(), "the container runtime is away");
  scene.pass(1h);
  EXPECT_EQ(scene.listings, 1);
  scene.find();
  EXPECT_EQ(scene.listings, 2);
  scene.answer();
  EXPECT_TRUE(scene.inventory.is_usable());
}

TEST(RuntimeInventory, AListingOfARuntimeThatWasLostSinceIsNotBelieved) {
  Scene scene;
  scene.find();
  const std::uint64_t former = scene.last.value();
  scene.lose();
  scene.find();
  EXPECT_FALSE(scene.inventory.on_listed(former, Inventory{}, scene.turn.now));
  EXPECT_FALSE(scene.inventory.is_usable());
  EXPECT_TRUE(scene.answer());
}

TEST(RuntimeInventory, AFailedListingIsRequestedAgainAfterASecond) {
  Scene scene;
  scene.find();
  scene.fail_listing(kNoAnswer);
  EXPECT_EQ(scene.listings, 1);
  scene.pass(RuntimeInventory::kRetry - 1ns);
  EXPECT_EQ(scene.listings, 1);
  scene.pass(1ns);
  EXPECT_EQ(scene.listings, 2);
  scene.answer();
  EXPECT_EQ(scene.inventory.problem(), "");
}

TEST(RuntimeInventory, AFailedFirstListingIsReportedAtOnce) {
  Scene scene;
  scene.find();
  scene.fail_listing(kBroken);
  EXPECT_EQ(scene.inventory.problem(), "its containers cannot be listed: the list is broken");
  EXPECT_FALSE(scene.inventory.is_usable());
}

TEST(RuntimeInventory, OneFailedListingIsNoProblemRepeatedFailuresAre) {
  Scene scene;
  scene.find();
  scene.answer();
  scene.pass(RuntimeInventory::kPeriod);
  scene.fail_listing(kBroken);
  EXPECT_EQ(scene.inventory.problem(), "");
  scene.pass(RuntimeInventory::kRetry);
  scene.fail_listing(kBroken);
  EXPECT_EQ(scene.inventory.problem(), "its containers cannot be listed: the list is broken");
  EXPECT_TRUE(scene.inventory.is_usable()) << "it gives notice and obeys";
}

// Goal: a runtime that hangs but keeps its stream of notices open counts as lost: a problem, and
// nothing but a listing is requested until it answers.
TEST(RuntimeInventory, ARuntimeThatHangsIsNotUsableUntilItAnswersAgain) {
  Scene scene;
  scene.find();
  scene.answer();
  for (int failure = 1; failure <= 3; ++failure) {
    scene.pass(RuntimeInventory::kPeriod);
    scene.fail_listing(kNoAnswer);
    EXPECT_EQ(scene.inventory.is_usable(), failure < 2);
  }
  EXPECT_EQ(scene.inventory.problem(), "its containers cannot be listed: no answer in time");
  scene.pass(RuntimeInventory::kRetry);
  scene.answer();
  EXPECT_TRUE(scene.inventory.is_usable());
  EXPECT_EQ(scene.inventory.problem(), "");
}

TEST(RuntimeInventory, ACopyOfItsStateBehavesLikeIt) {
  Scene scene;
  scene.find();
  scene.fail_listing(kBroken);
  const RuntimeInventory copy(scene.inventory.save());
  EXPECT_EQ(copy.save(), scene.inventory.save());
  EXPECT_EQ(copy.problem(), scene.inventory.problem());
  EXPECT_EQ(copy.next_deadline(), scene.inventory.next_deadline());
}

}  // namespace
}  // namespace hearth::core
