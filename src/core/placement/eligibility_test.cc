#include "core/placement/eligibility.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

constexpr Epoch kOurs{3};

NodeView fit() {
  return {.state = NodeState::kLive, .cordoned = false, .has_report = true, .applied = kOurs};
}

std::string words(const NodeView& view) {
  return Eligibility(view, kOurs).words();
}

TEST(Eligibility, ALiveNodeThatReportsIsEligible) {
  EXPECT_TRUE(Eligibility(fit(), kOurs).is_eligible());
  EXPECT_EQ(words(fit()), "");
}

TEST(Eligibility, EveryStateButLiveIsAReason) {
  for (const auto& [state, why] : std::initializer_list<std::pair<NodeState, const char*>>{
           {NodeState::kAwaited, "awaited (no heartbeat yet)"},
           {NodeState::kSuspect, "suspect"},
           {NodeState::kUnreachable, "unreachable over the bus"},
           {NodeState::kAgentDown, "without a running agent"},
           {NodeState::kDead, "dead"}}) {
    NodeView view = fit();
    view.state = state;
    EXPECT_FALSE(Eligibility(view, kOurs).is_eligible());
    EXPECT_EQ(words(view), why);
  }
}

TEST(Eligibility, ALiveNodeCanBeIneligible) {
  NodeView view = fit();
  view.problem = "its runtime does not answer";
  EXPECT_EQ(words(view), "in trouble: its runtime does not answer");
  view.applied = {4};
  EXPECT_NE(words(view).find("a manager of epoch 4, but this one is at epoch 3"),
            std::string::npos);
  view.has_report = false;
  EXPECT_EQ(words(view), "without a report from an agent");
  view.cordoned = true;
  EXPECT_EQ(words(view), "cordoned") << "the operator's decision comes first";
}

TEST(Eligibility, ANodeThatIsShortOfAResourceGetsNothingNew) {
  const auto with = [](auto set) {
    NodeView view = fit();
    set(view.load);
    return Eligibility(view, kOurs);
  };
  EXPECT_EQ(with([](Load& load) { load.memory = kOverloadedMemory; }).words(), "overloaded");
  EXPECT_EQ(with([](Load& load) { load.memory_stall = kOverloadedStall; }).words(), "overloaded");
  EXPECT_EQ(with([](Load& load) { load.io_stall = kOverloadedStall; }).words(), "overloaded");
  EXPECT_EQ(with([](Load& load) { load.disk = kOverloadedDisk; }).words(), "out of disk space");
  EXPECT_TRUE(with([](Load& load) { load.disk = kOverloadedDisk - 1; }).is_eligible());
  EXPECT_TRUE(with([](Load& load) { load.cpu = load.cpu_stall = 1000; }).is_eligible())
      << "a contended CPU only slows everything down";
}

TEST(Eligibility, OnlyAShortResourceIsStrain) {
  NodeView view = fit();
  view.load.io_stall = kOverloadedStall;
  EXPECT_TRUE(Eligibility(view, kOurs).is_strained());
  view.problem = "no container runtime";
  EXPECT_FALSE(Eligibility(view, kOurs).is_strained());
  EXPECT_FALSE(Eligibility(fit(), kOurs).is_strained());
}

TEST(Eligibility, AnotherReasonMakesADifferentEligibility) {
  NodeView one = fit();
  one.problem = "no container runtime";
  NodeView other = fit();
  other.problem = "no disk";
  EXPECT_NE(Eligibility(one, kOurs), Eligibility(other, kOurs));
  other.load.cpu = 900;
  other.problem = "no container runtime";
  EXPECT_EQ(Eligibility(one, kOurs), Eligibility(other, kOurs));
  EXPECT_NE(Eligibility(), Eligibility(fit(), kOurs)) << "nothing is known of it yet";
}

TEST(Eligibility, IsMadeAnewOfWhatItSaves) {
  NodeView foreign = fit();
  foreign.applied = kOurs.next();
  const Eligibility original(foreign, kOurs);
  const Eligibility copy(original.save());
  EXPECT_EQ(copy, original);
  EXPECT_EQ(copy.words(), original.words());
}

}  // namespace
}  // namespace hearth::core
