#include "core/history/availability.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

const WorkloadName kApp = *WorkloadName::parse("app");

WallTime at(std::int64_t ms) {
  return WallTime(WallClock::duration(ms));
}
HistoryEntry of_app(std::int64_t ms, Condition condition) {
  return {.workload = kApp, .at = at(ms), .condition = condition};
}
HistoryEntry of_manager(std::int64_t ms, Condition condition) {
  return {.at = at(ms), .condition = condition};
}

TEST(Availability, CountsEachConditionForItsTime) {
  const History history{
      .workload = {of_app(0, Condition::kUnavailable), of_app(10, Condition::kReduced),
                   of_app(30, Condition::kAvailable), of_app(70, Condition::kUnwanted)},
      .manager = {of_manager(0, Condition::kSeeing)}};
  EXPECT_EQ(availability_of(history, {at(0), at(150)}, std::nullopt),
            (Availability{.full = 40ms, .reduced = 20ms, .none = 10ms, .unwanted = 80ms}));
  EXPECT_EQ(availability_of(history, {at(20), at(40)}, std::nullopt),
            (Availability{.full = 10ms, .reduced = 10ms}));
}

TEST(Availability, CountsApartWhatTheManagerCouldNotKnow) {
  const History history{
      .workload = {of_app(0, Condition::kAvailable)},
      .manager = {of_manager(0, Condition::kSeeing), of_manager(40, Condition::kBlind),
                  of_manager(60, Condition::kSeeing)}};
  EXPECT_EQ(availability_of(history, {at(0), at(100)}, std::nullopt),
            (Availability{.full = 80ms, .unknown = 20ms}));
}

TEST(Availability, IsNotKnownBeforeTheFirstEntry) {
  const History history{.workload = {of_app(50, Condition::kAvailable)},
                        .manager = {of_manager(0, Condition::kSeeing)}};
  EXPECT_EQ(availability_of(history, {at(0), at(100)}, std::nullopt),
            (Availability{.full = 50ms, .unknown = 50ms}));
  EXPECT_EQ(availability_of({}, {at(0), at(100)}, std::nullopt), (Availability{.unknown = 100ms}));
}

// Goal: a workload that is new is not called unknown for the time in which there was none.
TEST(Availability, CountsFromTheFirstDeploy) {
  const History history{.workload = {of_app(50, Condition::kAvailable)},
                        .manager = {of_manager(0, Condition::kSeeing)}};
  EXPECT_EQ(availability_of(history, {at(0), at(100)}, at(40)),
            (Availability{.full = 50ms, .unwanted = 10ms}))
      << "it was being built";
  EXPECT_EQ(availability_of(history, {at(60), at(100)}, at(40)), (Availability{.full = 40ms}));
  EXPECT_EQ(availability_of(history, {at(0), at(30)}, at(40)), Availability{});
}

TEST(FirstDeploy, IsThatOfTheFirstReleaseOrAsOldAsTheHistory) {
  const auto release = [](std::uint64_t generation, std::int64_t ms) {
    return Release{.generation = {generation},
                   .spec = {.bundle = *Digest::parse("sha256:" + std::string(64, 'a'))},
                   .image = {},
                   .deployed_at = at(ms)};
  };
  Workload workload{.name = kApp};
  workload.next = release(1, 10);
  EXPECT_EQ(first_deploy_of(workload, {}), at(10));
  workload.current = release(2, 20);
  workload.next = release(3, 30);
  workload.earlier = {release(1, 10)};
  EXPECT_EQ(first_deploy_of(workload, {}), at(10));

  workload.earlier.clear();
  EXPECT_EQ(first_deploy_of(workload, {}), std::nullopt);
  History history{.workload = {of_app(5, Condition::kUnavailable)}, .manager = {}};
  EXPECT_EQ(first_deploy_of(workload, history), at(5)) << "that of a release that is not kept";
  history.workload.resize(kHistoryOfWorkloadMax, of_app(5, Condition::kUnavailable));
  EXPECT_EQ(first_deploy_of(workload, history), std::nullopt) << "what came before was dropped";
}

TEST(Availability, EntriesOfInstancesAreNotThoseOfTheWorkload) {
  HistoryEntry of_instance = of_app(20, Condition::kCrashLoop);
  of_instance.instance = InstanceId{"app-1"};
  const History history{.workload = {of_app(0, Condition::kAvailable), of_instance},
                        .manager = {of_manager(0, Condition::kSeeing)}};
  EXPECT_EQ(availability_of(history, {at(0), at(100)}, std::nullopt),
            (Availability{.full = 100ms}));
}

TEST(Availability, AClockThatIsSetBackLosesNoTime) {
  const History history{
      .workload = {of_app(50, Condition::kAvailable), of_app(10, Condition::kUnavailable),
                   of_app(80, Condition::kAvailable)},
      .manager = {of_manager(0, Condition::kSeeing)}};
  EXPECT_EQ(availability_of(history, {at(0), at(100)}, std::nullopt),
            (Availability{.full = 20ms, .none = 30ms, .unknown = 50ms}));
}

// Goal: whatever happened, the sums are those of the definition.
// Method: each millisecond is looked at by itself.
RC_GTEST_PROP(Availability, EqualsTheSumOverEachMoment, ()) {
  constexpr std::array kOfApp{Condition::kAvailable, Condition::kReduced, Condition::kUnavailable,
                              Condition::kUnwanted};
  constexpr std::array kOfManager{Condition::kBlind, Condition::kSeeing};
  const auto random_entries = [](const auto& conditions, auto make) {
    std::vector<HistoryEntry> entries;
    const auto count = *rc::gen::inRange<std::size_t>(0, 8);
    for (std::size_t i = 0; i < count; ++i) {
      entries.push_back(make(*rc::gen::inRange(0, 100),
                             conditions[*rc::gen::inRange<std::size_t>(0, conditions.size())]));
    }
    return entries;
  };
  const History history{.workload = random_entries(kOfApp, of_app),
                        .manager = random_entries(kOfManager, of_manager)};
  const int begin = *rc::gen::inRange(0, 100);
  const int end = *rc::gen::inRange(begin, 120);

  // The last entry in order whose time, or that of one before it, is not after the moment.
  const auto condition_at = [](const std::vector<HistoryEntry>& entries, int ms) {
    std::optional<Condition> found;
    WallTime latest = at(0);
    for (const HistoryEntry& entry : entries) {
      latest = std::max(latest, entry.at);
      if (latest <= at(ms)) found = entry.condition;
    }
    return found;
  };
  Availability expected;
  for (int ms = begin; ms < end; ++ms) {
    const auto app = condition_at(history.workload, ms);
    const bool known = app && condition_at(history.manager, ms) == Condition::kSeeing;
    if (!known) {
      expected.unknown += 1ms;
    } else if (app == Condition::kAvailable) {
      expected.full += 1ms;
    } else if (app == Condition::kReduced) {
      expected.reduced += 1ms;
    } else if (app == Condition::kUnavailable) {
      expected.none += 1ms;
    } else {
      expected.unwanted += 1ms;
    }
  }
  RC_ASSERT(availability_of(history, {at(begin), at(end)}, std::nullopt) == expected);
}

}  // namespace
}  // namespace hearth::core
