#include "sim/crash_plan.h"

#include <gtest/gtest.h>

namespace hearth::sim {
namespace {

/// A commit with `effects` in the turn in which its outcome is known. Returns whether the manager
/// survived.
bool survives_step(CrashWatch& watch, std::uint64_t turn, int effects) {
  if (watch.on_commit() || watch.on_committed()) return false;
  for (int i = 0; i < effects; ++i) {
    if (watch.on_effect(turn)) return false;
  }
  return true;
}

TEST(CrashWatch, CountsTheEffectsInTheTurnOfEachCommit) {
  CrashWatch watch;
  survives_step(watch, 1, 2);
  EXPECT_FALSE(watch.on_effect(2)) << "an effect in another turn does not belong to that commit";
  survives_step(watch, 3, 0);
  survives_step(watch, 4, 1);
  EXPECT_EQ(watch.boundaries(), (std::vector<std::size_t>{2, 0, 1}));
}

TEST(CrashWatch, DiesAtEachPointOfEachPlan) {
  for (const CrashPlan& plan : crash_plans({2, 0, 1})) {
    CrashWatch watch;
    watch.set_plan(plan);
    std::uint64_t died_in = 0;
    for (std::uint64_t step = 1; step <= 3 && died_in == 0; ++step) {
      if (!survives_step(watch, step, step == 1 ? 2 : step == 2 ? 0 : 1)) died_in = step;
    }
    EXPECT_EQ(died_in, plan.boundary);
    EXPECT_TRUE(watch.is_done());
  }
  EXPECT_EQ(crash_plans({2, 0, 1}).size(), 9U) << "two of each commit, and one of each effect";
}

}  // namespace
}  // namespace hearth::sim
