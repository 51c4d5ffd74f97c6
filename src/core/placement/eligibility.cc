#include "core/placement/eligibility.h"

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::core {
namespace {

using Reason = Eligibility::Reason;

Reason reason_of(NodeState state) {
  switch (state) {
    case NodeState::kAwaited: return Reason::kAwaited;
    case NodeState::kLive: return Reason::kEligible;
    case NodeState::kSuspect: return Reason::kSuspect;
    case NodeState::kUnreachable: return Reason::kUnreachable;
    case NodeState::kAgentDown: return Reason::kAgentDown;
    case NodeState::kDead: return Reason::kDead;
  }
  HEARTH_CHECK(false);
}

Reason reason_of(const Load& load) {
  if (load.disk.value_or(0) >= kOverloadedDisk) return Reason::kDiskFull;
  const bool overloaded = load.memory.value_or(0) >= kOverloadedMemory ||
                          load.memory_stall.value_or(0) >= kOverloadedStall ||
                          load.io_stall.value_or(0) >= kOverloadedStall;
  return overloaded ? Reason::kOverloaded : Reason::kEligible;
}

Reason reason_of(const NodeView& view, Epoch epoch) {
  if (view.state != NodeState::kLive) return reason_of(view.state);
  if (view.cordoned) return Reason::kCordoned;
  if (!view.has_report) return Reason::kUnreported;
  if (view.applied > epoch) return Reason::kForeignEpoch;
  if (!view.problem.empty()) return Reason::kProblem;
  return reason_of(view.load);
}

}  // namespace

Eligibility::Eligibility(const NodeView& view, Epoch epoch)
    : state_{.reason = reason_of(view, epoch)} {
  if (state_.reason == Reason::kProblem) state_.problem = view.problem;
  if (state_.reason == Reason::kForeignEpoch) {
    state_.applied = view.applied;
    state_.ours = epoch;
  }
}

std::string Eligibility::words() const {
  switch (state_.reason) {
    case Reason::kEligible: return {};
    case Reason::kAwaited: return "awaited (no heartbeat yet)";
    case Reason::kSuspect: return "suspect";
    case Reason::kUnreachable: return "unreachable over the bus";
    case Reason::kAgentDown: return "without a running agent";
    case Reason::kDead: return "dead";
    case Reason::kCordoned: return "cordoned";
    case Reason::kUnreported: return "without a report from an agent";
    case Reason::kForeignEpoch:
      return fmt::format(
          "following a manager of epoch {}, but this one is at epoch {} (was this manager's "
          "database "
          "lost? restore it, or empty the agent's state folder and restart the agent)",
          state_.applied.value, state_.ours.value);
    case Reason::kProblem: return "in trouble: " + state_.problem;
    case Reason::kDiskFull: return "out of disk space";
    case Reason::kOverloaded: return "overloaded";
  }
  HEARTH_CHECK(false);
}

}  // namespace hearth::core
