#include "core/dependencies/dependency_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/instance.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr MonoTime kNow(1h);
const WorkloadName kApp = *WorkloadName::parse("app");
const WorkloadName kDb = *WorkloadName::parse("db");
const InstanceId kOne = make_instance_id(kApp, 1);

TEST(DependencyWatch, AWaitIsOverAfterItsBoundAndReportedOnce) {
  DependencyWatch watch;
  EXPECT_FALSE(watch.note_wait(kOne, kApp, kNow));
  EXPECT_EQ(watch.next_deadline(), kNow + DependencyWatch::kWaitMax);
  EXPECT_THAT(watch.on_tick(kNow + 1s), IsEmpty());
  EXPECT_THAT(watch.on_tick(kNow + DependencyWatch::kWaitMax), ElementsAre(kApp));
  EXPECT_TRUE(watch.note_wait(kOne, kApp, kNow + DependencyWatch::kWaitMax));
  EXPECT_THAT(watch.on_tick(kNow + 2 * DependencyWatch::kWaitMax), IsEmpty());
  EXPECT_EQ(watch.next_deadline(), std::nullopt);
  watch.end_wait(kOne);
  EXPECT_FALSE(watch.note_wait(kOne, kApp, kNow)) << "it begins anew";
}

TEST(DependencyWatch, TimeWithoutReportsDoesNotCount) {
  DependencyWatch watch;
  (void)watch.note_wait(kOne, kApp, kNow);
  watch.on_stall(10s, kNow + 10s);
  EXPECT_EQ(watch.next_deadline(), kNow + DependencyWatch::kWaitMax + 10s);
  const MonoTime late = kNow + 2 * DependencyWatch::kWaitMax;
  watch.on_bus_restored(late);
  EXPECT_EQ(watch.next_deadline(), late + DependencyWatch::kLookAgain);
}

TEST(DependencyWatch, KnowsWhatIsToBeRestartedAndWhy) {
  DependencyWatch watch;
  watch.ask_restart(kApp, kDb);
  EXPECT_EQ(watch.restart_of(kApp), kDb);
  watch.end_restart(kApp);
  EXPECT_EQ(watch.restart_of(kApp), std::nullopt);
}

}  // namespace
}  // namespace hearth::core
