#pragma once

#include <functional>

#include "base/time.h"
#include "model/node.h"

namespace hearth {

/// Asks an agent for a sign of life, past the bus.
class Dialer {
 public:
  virtual ~Dialer() = default;
  /// `done` is called exactly once on the caller's loop, within `timeout` and a little.
  virtual void dial(const Endpoint& agent, Duration timeout,
                    std::function<void(DialOutcome)> done) = 0;
};

}  // namespace hearth
