#pragma once

#include <functional>

#include "base/time.h"
#include "model/node.h"

namespace hearth {

/// Asks an agent for a sign of life, past the bus.
class Dialer {
 public:
  virtual ~Dialer() = default;
  /// Asks whoever is at `agent` whether it is the agent of `node`: another one that got its address
  /// is no answer. `done` is called exactly once on the caller's loop, within `timeout` and a
  /// little from when the dial begins: where very many are asked for, that may be later. To dial
  /// the same node again ends the dial before, with kNotAsked, and keeps its turn.
  virtual void dial(const NodeName& node, const Endpoint& agent, Duration timeout,
                    std::function<void(DialOutcome)> done) = 0;
};

}  // namespace hearth
