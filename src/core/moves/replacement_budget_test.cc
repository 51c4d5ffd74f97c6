#include "core/moves/replacement_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

const WorkloadName kApp = *WorkloadName::parse("app");
const WorkloadName kOther = *WorkloadName::parse("other");

TEST(ReplacementBudget, AllowsANumberWithinAWindowForEachWorkload) {
  ReplacementBudget budget;
  MonoTime now{1h};
  for (std::size_t i = 0; i < ReplacementBudget::kReplacementsMax; ++i) {
    EXPECT_TRUE(budget.allows(kApp));
    EXPECT_EQ(budget.left(kApp), ReplacementBudget::kReplacementsMax - i);
    budget.spend(kApp, now);
    now += 1min;
  }
  EXPECT_FALSE(budget.allows(kApp));
  EXPECT_TRUE(budget.allows(kOther));
  budget.check_invariants();

  const MonoTime again = MonoTime(1h) + ReplacementBudget::kWindow;
  EXPECT_EQ(budget.next_deadline(), again);
  EXPECT_EQ(budget.next_refill(kApp), again);
  EXPECT_EQ(budget.next_refill(kOther), std::nullopt);
  EXPECT_THAT(budget.on_tick(again - 1ns), IsEmpty());
  EXPECT_THAT(budget.on_tick(again), ElementsAre(kApp)) << "the first one is forgotten";
  EXPECT_TRUE(ReplacementBudget(budget.save()).allows(kApp));
  EXPECT_THAT(budget.on_tick(again + 1h), IsEmpty()) << "it was allowed already";
  EXPECT_EQ(budget.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace hearth::core
