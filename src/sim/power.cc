#include "sim/power.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The latest answer of a switch, long after the manager has given it up.
constexpr Duration kAnswerMax = seconds(15);

}  // namespace

SimPower::Fate SimPower::draw_fate() const {
  World& world = loop_.world();
  if (faults_.busy > 0 && world.chance(faults_.busy)) return Fate::kNotBegun;
  if (world.chance(faults_.no_answer)) return Fate::kNothing;
  if (world.chance(faults_.failure)) return Fate::kFails;
  if (!world.chance(faults_.deaf)) return Fate::kDone;
  if (world.chance(500)) return Fate::kDoneSaysItFailed;
  return world.chance(500) ? Fate::kDoneNeverTells : Fate::kDoneTellsLate;
}

void SimPower::switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) {
  if (!loop_.runs()) return;
  hooks_.on_order(node, verb);
  World& world = loop_.world();
  const Fate fate = draw_fate();
  const Duration late =
      fate == Fate::kDoneTellsLate ? world.between(seconds(2), kAnswerMax) : Duration(0);
  const auto answer = [&loop = loop_, alive = loop_.alive(), done = std::move(done)](
                          Duration delay, const Result<void>& outcome) {
    if (*alive) loop.after(delay, [done, outcome] { done(outcome); });
  };
  // By value: the switch outlives the manager that requested it.
  world.after(world.between(milliseconds(50), milliseconds(1500)),
              [on_switch = hooks_.on_switch, node, verb, fate, late, answer] {
                switch (fate) {
                  case Fate::kNothing: return;
                  case Fate::kNotBegun:
                    return answer({},
                                  fail(ErrorCode::kExhausted, "other switches are in progress"));
                  case Fate::kFails:
                    return answer({}, fail(ErrorCode::kFailed, "the switch does not answer"));
                  case Fate::kDone:
                  case Fate::kDoneTellsLate: on_switch(node, verb); return answer(late, {});
                  case Fate::kDoneSaysItFailed:
                    on_switch(node, verb);
                    return answer({}, fail(ErrorCode::kFailed, "the connection broke"));
                  case Fate::kDoneNeverTells: return on_switch(node, verb);
                }
              });
  hooks_.on_effect();
}

}  // namespace hearth::sim
