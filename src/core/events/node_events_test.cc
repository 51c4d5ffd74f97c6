#include "core/events/node_events.h"

#include <gtest/gtest.h>

namespace hearth::core::events {
namespace {

const NodeName kNode = *NodeName::parse("a");

RecoveryChange change(RecoveryPhase before, RecoveryPhase after) {
  return {.before = {.phase = before, .attempt = 2, .reason = ""},
          .after = {.phase = after, .attempt = 2, .reason = "no such port"}};
}

TEST(NodeEvents, EachStateHasItsEventWithTheEvidence) {
  const std::pair<NodeState, EventType> kTypes[] = {
      {NodeState::kAwaited, EventType::kNodeImported},
      {NodeState::kLive, EventType::kNodeLive},
      {NodeState::kSuspect, EventType::kNodeSuspect},
      {NodeState::kUnreachable, EventType::kNodeUnreachable},
      {NodeState::kAgentDown, EventType::kNodeAgentDown},
      {NodeState::kDead, EventType::kNodeDead},
  };
  for (const auto& [state, type] : kTypes) {
    const EventDraft event =
        of(NodeTransition{.node = kNode, .from = NodeState::kLive, .to = state, .evidence = "why"});
    EXPECT_EQ(event.type, type);
    EXPECT_EQ(event.subject, "node/a");
    EXPECT_EQ(event.message, "node 'a' is " + std::string(name_of(state)) + ": why");
  }
}

TEST(NodeEvents, EachPhaseOfARecoveryIsReportedWithItsAttempt) {
  const auto reported = [](RecoveryPhase before, RecoveryPhase after) {
    return of(change(before, after), kNode, 3);
  };
  using enum RecoveryPhase;
  EXPECT_EQ(reported(kNone, kSwitchingOff),
            (EventDraft{EventType::kNodePowerOff, "node/a",
                        "power-cycling node 'a': switching it off (attempt 2 of 3)"}));
  EXPECT_EQ(reported(kSwitchingOff, kSwitchingOn),
            (EventDraft{EventType::kNodePowerOn, "node/a",
                        "node 'a' is off; switching it on (attempt 2 of 3)"}));
  EXPECT_EQ(reported(kSwitchingOn, kWaiting),
            (EventDraft{EventType::kNodeRecoveryFailed, "node/a",
                        "recovery of node 'a' failed (attempt 2 of 3): no such port"}));
  EXPECT_EQ(reported(kBooting, kQuarantined),
            (EventDraft{EventType::kNodeQuarantined, "node/a",
                        "node 'a' is quarantined after 2 attempts and needs an operator: no such "
                        "port"}));
  EXPECT_EQ(reported(kSwitchingOn, kBooting), std::nullopt) << "reported when it was switched on";
  EXPECT_EQ(reported(kBooting, kNone), std::nullopt) << "its return has an event of its own";
  EXPECT_EQ(reported(kWaiting, kWaiting), std::nullopt);
}

TEST(NodeEvents, ARecoveredNodeReportsItsAttemptsAndWhetherItsIncarnationIsNew) {
  EXPECT_EQ(of(Recovered{.attempts = 1, .same_incarnation = false}, kNode).message,
            "node 'a' is back with a new incarnation after 1 attempt");
  EXPECT_EQ(of(Recovered{.attempts = 2, .same_incarnation = true}, kNode),
            (EventDraft{EventType::kNodeRecovered, "node/a", "node 'a' is back after 2 attempts"}));
}

TEST(NodeEvents, AnImportedNodeIsAwaitedAtItsAddress) {
  EXPECT_EQ(node_imported({.name = kNode, .agent = {"10.0.0.1", 7701}}),
            (EventDraft{EventType::kNodeImported, "node/a",
                        "node 'a' at 10.0.0.1 was imported; it has not sent a heartbeat yet"}));
}

}  // namespace
}  // namespace hearth::core::events
