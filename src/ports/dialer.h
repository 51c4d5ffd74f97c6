#pragma once

#include <functional>

#include "base/time.h"
#include "model/node.h"

namespace hearth {

/// Asks an agent for a sign of life, past the bus.
class Dialer {
 public:
  virtual ~Dialer() = default;
  /// Asks whether the agent of `node` is at `agent`: an agent of another node that got its address
  /// does not count as an answer. `done` is called exactly once on the caller's loop, little more
  /// than `timeout` after the dial begins at the latest; when very many dials are requested, they
  /// begin later. Dialling the same node again ends the previous dial with kNotAsked and keeps its
  /// turn.
  virtual void dial(const NodeName& node, const Endpoint& agent, Duration timeout,
                    std::function<void(DialOutcome)> done) = 0;
};

}  // namespace hearth
