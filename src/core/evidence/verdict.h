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
  std::optional<DialOutcome> dial;  ///< What dialling it in this silence has shown.
  Duration agent_down_for{};        ///< How long the state has been kAgentDown; zero if it is not.
};

struct Verdict {
  NodeState state;
  std::string evidence;  ///< The reasons in words, for `hearth explain`.
};

/// Judges a node by all that is known (the evidence table of the design), never by silence alone.
/// `state` is what it is now. Returns nullopt if nothing changes.
///
/// A verdict only gets worse here, or turns from one explanation of the silence to another: a node
/// becomes live again by a sign of life and by nothing else. A dead node stays dead until then.
std::optional<Verdict> judge(NodeState state, const Evidence& evidence,
                             const LivenessSettings& settings);

}  // namespace hearth::core
