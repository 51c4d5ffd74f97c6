#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "core/liveness/node_liveness.h"
#include "model/node.h"
#include "model/settings.h"

namespace hearth::core {

/// What is known about one silent node.
struct Evidence {
  Silence silence = Silence::kShort;
  Duration silent_for{};
  bool bus_carries = false;         ///< The canary is fresh.
  bool dial_proven = false;         ///< Dialling this agent is known to work.
  std::optional<DialOutcome> dial;  ///< What dialling it has shown in this silence.
  Duration agent_down_for{};        ///< Time spent in kAgentDown; zero in any other state.
};

struct Verdict {
  NodeState state;
  std::string evidence;  ///< The reasons in words, for `hearth explain`.
};

/// Judges a node by all that is known (the evidence table of the design), never by silence alone.
/// `state` is the node's current state. Returns nullopt if it does not change.
///
/// A verdict here only gets worse, or changes from one explanation of the silence to another. Only
/// a sign of life makes a node live again; a dead node stays dead until then.
std::optional<Verdict> judge(NodeState state, const Evidence& evidence,
                             const LivenessSettings& settings);

}  // namespace hearth::core
