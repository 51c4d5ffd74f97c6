#include "core/reconcile/classify.h"

#include <array>

#include "base/check.h"

namespace hearth::core {
namespace {

using Facts = InstanceFacts;

struct Rule {
  std::string_view name;
  bool (*holds)(const Facts&);
  Step step;
};

bool needs_successor(const Facts& is) {
  return is.old || is.on_dead || is.endangered || is.cannot_start || is.degraded || is.crash_loops;
}

/// The first rule that holds decides. The successor of an instance is carried through, or withdrawn
/// where it is no longer needed; an instance without one is judged on its own.
constexpr std::array kRules{
    Rule{"its successor is being stopped",
         [](const Facts& is) { return is.replaced && is.successor_stopped; }, Step::kKeep},
    // A successor that is lost itself is replaced in turn, and proves nothing.
    Rule{"its successor is ready",
         [](const Facts& is) { return is.replaced && is.successor_ready && !is.successor_on_dead; },
         Step::kStopChain},
    Rule{"it is ready, and its last try is in a crash loop",
         [](const Facts& is) { return is.replaced && is.successor_gave_up && is.ready; },
         Step::kStopSuccessor},
    Rule{"it runs again, and its last try is in a crash loop",
         [](const Facts& is) { return is.replaced && is.successor_gave_up && is.starting; },
         Step::kKeep},
    Rule{"its last try is in a crash loop, too",
         [](const Facts& is) { return is.replaced && is.successor_gave_up && !is.on_dead; },
         Step::kStopChain},
    // A release that never runs must not block the one that fixes it; but one that is about to
    // serve in the place of a lost instance is stopped no sooner than any other.
    Rule{"its successor is out of date, but may soon serve in its place",
         [](const Facts& is) {
           return is.replaced && is.successor_old && is.successor_starting && !is.ready;
         },
         Step::kKeep},
    Rule{"its successor is out of date",
         [](const Facts& is) { return is.replaced && is.successor_old; }, Step::kStopSuccessor},
    Rule{"it needs no successor, and none has started",
         [](const Facts& is) {
           return is.replaced && !needs_successor(is) &&
                  (is.successor_staged || !is.successor_placed);
         },
         Step::kStopSuccessor},
    Rule{"it needs no successor, but one is starting",
         [](const Facts& is) { return is.replaced && !needs_successor(is); }, Step::kKeep},
    Rule{"its successor is starting",
         [](const Facts& is) { return is.replaced && !is.successor_staged; }, Step::kKeep},
    Rule{"its successor was staged on a node that died",
         [](const Facts& is) { return is.replaced && is.successor_on_dead; }, Step::kStopSuccessor},
    Rule{"it is lost and its successor is staged",
         [](const Facts& is) { return is.replaced && is.on_dead; }, Step::kPromoteSuccessor},
    Rule{"it is in a crash loop, and its last try must not run beside it",
         [](const Facts& is) {
           return is.replaced && is.crash_loops && is.stops_first && is.successor_created;
         },
         Step::kStop},
    Rule{"its successor is staged", [](const Facts& is) { return is.replaced; }, Step::kKeep},

    Rule{"it is a last try, and what it must not run beside is being stopped",
         [](const Facts& is) {
           return is.staged && is.last_try && is.stops_first && is.replaces_leaving;
         },
         Step::kKeep},
    Rule{"it is a last try, and what it replaces has stopped",
         [](const Facts& is) { return is.staged && is.last_try && !is.replaces && !is.on_dead; },
         Step::kPromote},
    Rule{"it is staged but replaces nothing",
         [](const Facts& is) { return is.staged && !is.replaces; }, Step::kStop},
    Rule{"it was staged on a node that died",
         [](const Facts& is) { return is.staged && is.on_dead; }, Step::kStop},
    Rule{"it is staged", [](const Facts& is) { return is.staged; }, Step::kKeep},
    Rule{"it is lost", [](const Facts& is) { return is.on_dead && is.moves_on_loss; },
         Step::kMoveLost},
    Rule{"it is lost and waits for its node", [](const Facts& is) { return is.on_dead; },
         Step::kKeep},
    Rule{"it is out of date and was never placed",
         [](const Facts& is) { return is.old && !is.placed; }, Step::kStop},
    Rule{"it is out of date, but another one is being replaced",
         [](const Facts& is) { return is.old && is.roll_under_way; }, Step::kKeep},
    Rule{"it is out of date, but what its replacement starts after is not there",
         [](const Facts& is) { return is.old && is.stops_first && is.must_wait; }, Step::kKeep},
    Rule{"it is out of date, and its replacement must not run beside it",
         [](const Facts& is) { return is.old && is.stops_first; }, Step::kStopOld},
    Rule{"it is out of date", [](const Facts& is) { return is.old; }, Step::kMoveOld},
    Rule{"its node cannot start it",
         [](const Facts& is) { return is.cannot_start && is.moves_on_loss; }, Step::kMoveStuck},
    Rule{"it is degraded, but another one is being replaced",
         [](const Facts& is) { return is.degraded && is.roll_under_way; }, Step::kKeep},
    Rule{"it is degraded", [](const Facts& is) { return is.degraded && is.may_replace; },
         Step::kMoveDegraded},
    Rule{"it is in a crash loop, but another one is being replaced",
         [](const Facts& is) { return is.crash_loops && is.roll_under_way; }, Step::kKeep},
    Rule{"it is in a crash loop", [](const Facts& is) { return is.crash_loops && is.may_replace; },
         Step::kTryElsewhere},
    Rule{"it is endangered", [](const Facts& is) { return is.endangered && is.moves_on_loss; },
         Step::kStageMove},
    Rule{"it is well", [](const Facts&) { return true; }, Step::kKeep},
};

}  // namespace

Classification classify(const InstanceFacts& facts) {
  for (const Rule& rule : kRules) {
    if (rule.holds(facts)) return {.rule = rule.name, .step = rule.step};
  }
  HEARTH_CHECK(false);  // The last rule always holds.
}

}  // namespace hearth::core
