#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dependencies/cycle.h"
#include "core/dependencies/dependents.h"
#include "core/dependencies/what_lacks.h"

namespace hearth::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

WorkloadName name(const std::string& text) {
  return *WorkloadName::parse(text);
}

std::vector<Dependency> after(const std::vector<std::string>& names) {
  std::vector<Dependency> all;
  for (const std::string& one : names) all.push_back({.workload = name(one)});
  return all;
}

Release release(const std::vector<std::string>& needs, std::uint64_t generation = 1) {
  return {
      .generation = {generation},
      .spec = {.bundle = *Digest::parse("sha256:" + std::string(64, 'a')), .after = after(needs)}};
}

using Workloads = std::map<WorkloadName, Workload>;

void put(Workloads& workloads, const std::string& text, const std::vector<std::string>& needs) {
  workloads.insert_or_assign(
      name(text),
      Workload{.name = name(text), .phase = WorkloadPhase::kDeployed, .current = release(needs)});
}

// Cycles. -----------------------------------------------------------------------------------------

TEST(FindCycle, NamesTheWholeWayBack) {
  Workloads workloads;
  put(workloads, "b", {"c"});
  put(workloads, "c", {"x", "a"});
  EXPECT_EQ(show_cycle(find_cycle(name("a"), after({"b"}), workloads)), "a → b → c → a");
  EXPECT_THAT(find_cycle(name("a"), after({"x", "y"}), workloads), IsEmpty());
  EXPECT_THAT(find_cycle(name("d"), after({"b", "c"}), workloads), IsEmpty()) << "a fork";
}

TEST(FindCycle, CountsTheReleaseThatRunsAndTheNextOneButNothingThatIsBeingRemoved) {
  Workloads workloads;
  put(workloads, "b", {"a"});
  workloads.at(name("b")).next = release({}, 2);
  EXPECT_EQ(show_cycle(find_cycle(name("a"), after({"b"}), workloads)), "a → b → a");
  workloads.at(name("b")).phase = WorkloadPhase::kRemoving;
  EXPECT_THAT(find_cycle(name("a"), after({"b"}), workloads), IsEmpty());
}

// Goal: if every deploy that would close a cycle is refused, the workloads can be put in an order.
RC_GTEST_PROP(FindCycleProperties, WhatIsAcceptedHasAnOrder, ()) {
  const std::vector<std::string> names{"a", "b", "c", "d", "e"};
  Workloads workloads;
  for (int left = *rc::gen::inRange(1, 20); left > 0; --left) {
    const std::string one = *rc::gen::elementOf(names);
    std::vector<std::string> needs = *rc::gen::container<std::vector<std::string>>(
        *rc::gen::inRange<std::size_t>(0, 3), rc::gen::elementOf(names));
    std::erase(needs, one);
    if (find_cycle(name(one), after(needs), workloads).empty()) put(workloads, one, needs);
  }
  std::set<WorkloadName> started;
  for (std::size_t round = 0; round < names.size(); ++round) {
    for (const auto& [one, workload] : workloads) {
      const std::vector<Dependency>& needs = workload.current->spec.after;
      const bool may_start = std::all_of(needs.begin(), needs.end(), [&](const Dependency& need) {
        return started.contains(need.workload) || !workloads.contains(need.workload);
      });
      if (may_start) started.insert(one);
    }
  }
  RC_ASSERT(started.size() == workloads.size());
}

// Who depends on whom. ----------------------------------------------------------------------------

TEST(Dependents, FollowTheReleasesOfAWorkload) {
  Workload app{.name = name("app"), .current = release({"db"})};
  Dependents dependents;
  dependents.follow(app);
  EXPECT_THAT(dependents.of(name("db")), ElementsAre(name("app")));
  app.next = release({"broker"}, 2);
  dependents.follow(app);
  EXPECT_THAT(dependents.of(name("db")), ElementsAre(name("app"))) << "the roll-out can fail";
  EXPECT_THAT(dependents.of(name("broker")), ElementsAre(name("app")));
  app.phase = WorkloadPhase::kRemoved;
  dependents.follow(app);
  EXPECT_EQ(dependents, Dependents());
}

// What is there. ----------------------------------------------------------------------------------

TEST(WhatLacks, SaysWhatIsMissingOfAllOfThem) {
  Workloads workloads;
  put(workloads, "db", {});
  const auto none = [](const WorkloadName&) { return std::vector<const Instance*>(); };
  EXPECT_EQ(what_lacks(after({"db", "broker"}), workloads, none),
            "'db' to be ready and 'broker', which is not deployed");
  EXPECT_EQ(what_lacks({}, workloads, none), "");
}

TEST(WhatLacks, AnInstanceThatIsToStopOrIsLostIsNotThere) {
  Workloads workloads;
  put(workloads, "db", {});
  const Workload& db = workloads.at(name("db"));
  Instance instance{.id = make_instance_id(db.name, 1), .workload = db.name, .generation = {1}};
  instance.status.state = InstanceState::kRunning;
  const Dependency dependency{.workload = db.name};
  EXPECT_EQ(what_lacks(dependency, &db, {&instance}), "");
  instance.status.state = InstanceState::kLost;
  EXPECT_EQ(what_lacks(dependency, &db, {&instance}), "'db' to be ready");
  instance.status.state = InstanceState::kRunning;
  instance.desired_state = DesiredState::kStop;
  EXPECT_EQ(what_lacks(dependency, &db, {&instance}), "'db' to be ready");
}

}  // namespace
}  // namespace hearth::core
