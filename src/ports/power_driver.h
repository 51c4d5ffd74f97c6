#pragma once

#include "model/node.h"
#include "ports/completion.h"

namespace hearth {

/// Switches nodes off and on. Both verbs are idempotent and complete only once the state was
/// reached; a driver bounds its own time.
///
/// kExhausted means that it was not begun, because too much is under way: the node was not touched,
/// and the same verb may be told again later. Whatever was begun and failed has another code.
class PowerDriver {
 public:
  virtual ~PowerDriver() = default;
  virtual void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) = 0;
};

}  // namespace hearth
