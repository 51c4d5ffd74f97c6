#include "core/start_order/start_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr MonoTime kNow(1h);
const WorkloadName kApp = *WorkloadName::parse("app");
const WorkloadName kDb = *WorkloadName::parse("db");

AssignedInstance app(Dependency::Until until = Dependency::Until::kReady) {
  return {.id = make_instance_id(kApp, 1),
          .workload = kApp,
          .generation = {1},
          .image = {},
          .spec = {},
          .after = {{.workload = kDb, .until = until}}};
}

using Seen = std::map<InstanceId, StartOrder::Seen>;

Seen seen(InstanceState db, Health health = Health::kUnknown,
          InstanceState app = InstanceState::kStaged) {
  return {{make_instance_id(kDb, 1), {kDb, {.state = db, .health = health}}},
          {make_instance_id(kApp, 1), {kApp, {.state = app}}}};
}

TEST(StartOrder, AFirstStartWaitsUntilWhatItStartsAfterIsReady) {
  StartOrder order;
  EXPECT_EQ(order.admit(app()).desired_state, DesiredState::kStage);
  EXPECT_THAT(order.tend(seen(InstanceState::kStarting), kNow), IsEmpty());
  EXPECT_EQ(order.find(app().id)->reason, "it waits for 'db' to be ready");
  EXPECT_THAT(order.tend(seen(InstanceState::kRunning, Health::kStarting), kNow), IsEmpty());
  const auto released = order.tend(seen(InstanceState::kRunning, Health::kReady), kNow);
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released.front().instance, app());
  EXPECT_EQ(released.front().lacking, "");
  EXPECT_EQ(order.admit(app()).desired_state, DesiredState::kRun) << "it is not held again";
}

TEST(StartOrder, StartedIsLessThanReady) {
  StartOrder order;
  (void)order.admit(app(Dependency::Until::kStarted));
  EXPECT_THAT(order.tend(seen(InstanceState::kRunning, Health::kStarting), kNow), SizeIs(1));
}

TEST(StartOrder, AfterAWhileItStartsAnywayAndSaysSo) {
  StartOrder order;
  (void)order.admit(app());
  EXPECT_THAT(order.tend(seen(InstanceState::kBackoff), kNow), IsEmpty());
  EXPECT_EQ(order.next_deadline(), kNow + StartOrder::kHoldMax);
  const auto released = order.tend(seen(InstanceState::kBackoff), kNow + StartOrder::kHoldMax);
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released.front().lacking, "'db' to be ready");
  EXPECT_EQ(order.next_deadline(), std::nullopt);
}

TEST(StartOrder, WhatRunsAndWhatAnotherNodeHasIsNotHeld) {
  StartOrder order;
  (void)order.admit(app());
  const Seen runs = seen(InstanceState::kBackoff, Health::kUnknown, InstanceState::kRunning);
  EXPECT_THAT(order.tend(runs, kNow), SizeIs(1)) << "an agent that starts finds it running";
  StartOrder elsewhere;
  (void)elsewhere.admit(app());
  EXPECT_THAT(elsewhere.tend({}, kNow), SizeIs(1));
}

TEST(StartOrder, ForgetsWhatIsNotAssigned) {
  StartOrder order;
  (void)order.admit(app());
  order.keep_only({});
  EXPECT_FALSE(order.is_holding());
}

}  // namespace
}  // namespace hearth::core
