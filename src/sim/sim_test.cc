// Goal: whatever goes wrong, no promise is broken, and once the faults end, everything requested
// runs. Method: thousands of histories; src/sim/checker.h names the promises.

#include <algorithm>

#include <gtest/gtest.h>

#include "sim/scenario.h"

namespace hearth::sim {
namespace {

constexpr std::uint64_t kSeedsPerChunk = 250;
constexpr std::uint64_t kSeedsPerScript = 60;

std::string replay(Scenario scenario, std::uint64_t seed) {
  return "replay it with: hearth-sim --scenario " + std::string(name_of(scenario)) + " --seed " +
         std::to_string(seed);
}

void play(Scenario scenario, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Outcome outcome = run_scenario(scenario, seed);
    if (!outcome.violation) continue;
    std::string lines;
    for (const std::string& line : outcome.last_lines) lines += line + "\n";
    FAIL() << outcome.violation->property << ": " << outcome.violation->detail << "\n"
           << lines << replay(scenario, seed);
  }
}

class RandomHistories : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomHistories, BreakNoPromise) {
  play(Scenario::kRandom, GetParam() * kSeedsPerChunk + 1, kSeedsPerChunk);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomHistories, testing::Range<std::uint64_t>(0, 6));

class Scripts : public testing::TestWithParam<Scenario> {};

TEST_P(Scripts, BreakNoPromise) {
  play(GetParam(), 1, kSeedsPerScript);
}

INSTANTIATE_TEST_SUITE_P(All, Scripts,
                         testing::Values(Scenario::kPartition, Scenario::kManagerFreezes,
                                         Scenario::kBrokerStall, Scenario::kPowerCycle,
                                         Scenario::kRollingUpdate, Scenario::kBuilderDeath,
                                         Scenario::kServicesFail, Scenario::kHandsMeddle,
                                         Scenario::kDependencies, Scenario::kCrashLoops,
                                         Scenario::kAdoption),
                         [](const auto& one) {
                           std::string name(name_of(one.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(OrdinaryDays, BreakNoPromise) {
  play(Scenario::kOrdinary, 1, 10);
}

TEST(ManagerCrashes, AtEveryPointOfEveryStepNeitherForgetNorRepeat) {
  const Outcome undisturbed = run_scenario(Scenario::kManagerCrashes, 1);
  ASSERT_FALSE(undisturbed.violation) << undisturbed.violation->detail;
  // A deploy, a failover, an update and a removal are many steps with many effects each.
  ASSERT_GT(undisturbed.crash_points, 150U);
  play(Scenario::kManagerCrashes, 2, undisturbed.crash_points);
}

// Goal: a wall clock decides nothing. Method: the same history on clocks that agree, and on ones
// that are off by up to two days and are set in between.
TEST(WallClocks, ThatDisagreeChangeNothing) {
  const auto trace = [](std::uint64_t seed, WallClocks clocks) {
    return run_scenario(Scenario::kRandom, seed,
                        {.wall_clocks = clocks, .core_checks = CoreChecks::kNone})
        .trace_hash;
  };
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    EXPECT_EQ(trace(seed, WallClocks::kAgree), trace(seed, WallClocks::kDisagree))
        << "seed " << seed;
  }
}

// Goal: a core's saved state is complete. Method: the same history with cores that are
// replaced with copies after one step in fifty, and with ones that never are.
TEST(CoreChecks, ChangeNothing) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    EXPECT_EQ(run_scenario(Scenario::kRandom, seed, {.core_checks = CoreChecks::kNone}).trace_hash,
              run_scenario(Scenario::kRandom, seed, {.core_checks = CoreChecks::kAfterEachStep})
                  .trace_hash)
        << "seed " << seed;
  }
}

TEST(Simulation, TheSameSeedIsTheSameHistory) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(run_scenario(Scenario::kRandom, seed).trace_hash,
              run_scenario(Scenario::kRandom, seed).trace_hash)
        << "seed " << seed;
  }
}

TEST(Simulation, AnotherSeedIsAnotherHistory) {
  EXPECT_NE(run_scenario(Scenario::kRandom, 1).trace_hash,
            run_scenario(Scenario::kRandom, 2).trace_hash);
}

TEST(Simulation, ASinkChangesNothing) {
  std::size_t lines = 0;
  const Outcome watched =
      run_scenario(Scenario::kRandom, 3, {.sink = [&lines](const std::string&) { ++lines; }});
  EXPECT_GT(lines, 20U);
  EXPECT_EQ(watched.trace_hash, run_scenario(Scenario::kRandom, 3).trace_hash);
}

}  // namespace
}  // namespace hearth::sim
