#include "sim/dialer.h"

namespace hearth::sim {

using std::chrono::milliseconds;

void SimDialer::dial(const NodeName& node, const Endpoint& agent, Duration timeout,
                     std::function<void(DialOutcome)> done) {
  if (!loop_.runs()) return;
  World& world = loop_.world();
  const Duration there = world.between(milliseconds(1), milliseconds(5));
  world.after(there,
              [this, alive = loop_.alive(), node, agent, timeout, there, done = std::move(done)] {
                if (!*alive) return;
                const DialOutcome outcome = answer_(node, agent);
                const Duration wait = outcome == DialOutcome::kNoAnswer ? timeout - there : there;
                loop_.after(wait, [done, outcome] { done(outcome); });
              });
  effect_();
}

}  // namespace hearth::sim
