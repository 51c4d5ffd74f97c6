// Goal: each rule of the table decides the case it is made for, and every rule is reached.
// Method: one row for each rule, then many combinations of facts.

#include "core/reconcile/classify.h"

#include <set>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace hearth::core {
namespace {

struct Case {
  InstanceFacts facts;
  std::string_view rule;
  Step step{};
};

InstanceFacts replaced(InstanceFacts facts = {}) {
  facts.replaced = facts.placed = facts.successor_placed = true;
  return facts;
}

const Case kCases[] = {
    {replaced({.successor_stopped = true}), "its successor is being stopped", Step::kKeep},
    {replaced({.on_dead = true, .successor_ready = true}), "its successor is ready",
     Step::kStopChain},
    {replaced({.ready = true, .successor_gave_up = true}),
     "it is ready, and its last try is in a crash loop", Step::kStopSuccessor},
    {replaced({.starting = true, .successor_gave_up = true}),
     "it runs again, and its last try is in a crash loop", Step::kKeep},
    {replaced({.crash_loops = true, .successor_gave_up = true}),
     "its last try is in a crash loop, too", Step::kStopChain},
    {replaced({.on_dead = true, .successor_starting = true, .successor_old = true}),
     "its successor is out of date, but may soon serve in its place", Step::kKeep},
    {replaced({.successor_old = true}), "its successor is out of date", Step::kStopSuccessor},
    {replaced({.successor_staged = true}), "it needs no successor, and none has started",
     Step::kStopSuccessor},
    {replaced(), "it needs no successor, but one is starting", Step::kKeep},
    {replaced({.on_dead = true}), "its successor is starting", Step::kKeep},
    {replaced({.on_dead = true, .successor_on_dead = true, .successor_staged = true}),
     "its successor was staged on a node that died", Step::kStopSuccessor},
    {replaced({.on_dead = true, .successor_staged = true}),
     "it is lost and its successor is staged", Step::kPromoteSuccessor},
    {replaced({.stops_first = true,
               .crash_loops = true,
               .successor_staged = true,
               .successor_created = true}),
     "it is in a crash loop, and its last try must not run beside it", Step::kStop},
    {replaced({.stops_first = true, .crash_loops = true, .successor_staged = true}),
     "its successor is staged", Step::kKeep},
    {replaced({.endangered = true, .successor_staged = true}), "its successor is staged",
     Step::kKeep},
    {{.placed = true,
      .staged = true,
      .stops_first = true,
      .replaces_leaving = true,
      .last_try = true},
     "it is a last try, and what it must not run beside is being stopped",
     Step::kKeep},
    {{.placed = true, .staged = true, .last_try = true},
     "it is a last try, and what it replaces has stopped",
     Step::kPromote},
    {{.placed = true, .staged = true}, "it is staged but replaces nothing", Step::kStop},
    {{.on_dead = true, .placed = true, .staged = true, .replaces = true},
     "it was staged on a node that died",
     Step::kStop},
    {{.placed = true, .staged = true, .replaces = true}, "it is staged", Step::kKeep},
    {{.on_dead = true, .placed = true, .moves_on_loss = true}, "it is lost", Step::kMoveLost},
    {{.on_dead = true, .placed = true}, "it is lost and waits for its node", Step::kKeep},
    {{.old = true}, "it is out of date and was never placed", Step::kStop},
    {{.placed = true, .old = true, .roll_under_way = true},
     "it is out of date, but another one is being replaced",
     Step::kKeep},
    {{.placed = true, .old = true, .stops_first = true, .must_wait = true},
     "it is out of date, but what its replacement starts after is not there",
     Step::kKeep},
    {{.placed = true, .old = true, .stops_first = true},
     "it is out of date, and its replacement must not run beside it",
     Step::kStopOld},
    {{.placed = true, .old = true}, "it is out of date", Step::kMoveOld},
    {{.placed = true, .cannot_start = true, .moves_on_loss = true},
     "its node cannot start it",
     Step::kMoveStuck},
    {{.placed = true, .degraded = true, .roll_under_way = true},
     "it is degraded, but another one is being replaced",
     Step::kKeep},
    {{.placed = true, .degraded = true}, "it is degraded", Step::kMoveDegraded},
    {{.placed = true, .degraded = true, .may_replace = false}, "it is well", Step::kKeep},
    {{.placed = true, .crash_loops = true, .roll_under_way = true},
     "it is in a crash loop, but another one is being replaced",
     Step::kKeep},
    {{.placed = true, .crash_loops = true}, "it is in a crash loop", Step::kTryElsewhere},
    {{.placed = true, .crash_loops = true, .may_replace = false}, "it is well", Step::kKeep},
    {{.endangered = true, .placed = true, .moves_on_loss = true},
     "it is endangered",
     Step::kStageMove},
    {{.placed = true}, "it is well", Step::kKeep},
    {{.endangered = true, .placed = true}, "it is well", Step::kKeep},
    {{}, "it is well", Step::kKeep},
};

TEST(Classify, EachCaseIsDecidedByItsRule) {
  for (const Case& one : kCases) {
    const Classification found = classify(one.facts);
    EXPECT_EQ(found.rule, one.rule);
    EXPECT_EQ(found.step, one.step) << one.rule;
  }
}

TEST(Classify, EveryRuleDecidesSomething) {
  std::set<std::string_view> shown;
  for (const Case& one : kCases) shown.insert(one.rule);
  std::set<std::string_view> reached;
  Prng prng(1);
  for (std::uint32_t left = 1U << 20; left > 0; --left) {
    const std::uint64_t bits = prng.next();
    const auto bit = [bits](int place) { return (bits >> place & 1U) != 0; };
    reached.insert(classify({.on_dead = bit(0),
                             .endangered = bit(1),
                             .placed = bit(2),
                             .ready = bit(19),
                             .starting = bit(27),
                             .staged = bit(3),
                             .old = bit(4),
                             .stops_first = bit(5),
                             .cannot_start = bit(6),
                             .degraded = bit(7),
                             .crash_loops = bit(21),
                             .replaces = bit(8),
                             .replaces_leaving = bit(24),
                             .last_try = bit(25),
                             .moves_on_loss = bit(9),
                             .roll_under_way = bit(10),
                             .may_replace = bit(11),
                             .must_wait = bit(22),
                             .replaced = bit(12),
                             .successor_stopped = bit(13),
                             .successor_ready = bit(14),
                             .successor_starting = bit(20),
                             .successor_on_dead = bit(15),
                             .successor_old = bit(16),
                             .successor_staged = bit(17),
                             .successor_created = bit(26),
                             .successor_placed = bit(18),
                             .successor_gave_up = bit(23)})
                       .rule);
  }
  EXPECT_EQ(shown, reached);
}

}  // namespace
}  // namespace hearth::core
