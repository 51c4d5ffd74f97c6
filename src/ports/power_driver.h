#pragma once

#include "model/node.h"
#include "ports/completion.h"

namespace hearth {

/// Switches nodes off and on. Both verbs are idempotent and complete only once the state is
/// reached; a driver bounds its own time.
///
/// kExhausted means that the switch was not started, because too many are in progress: the node was
/// not touched, and the same verb can be retried later. A switch that was started and failed has
/// another code.
class PowerDriver {
 public:
  virtual ~PowerDriver() = default;
  virtual void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) = 0;
};

}  // namespace hearth
