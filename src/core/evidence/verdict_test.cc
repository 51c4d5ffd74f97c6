#include "core/evidence/verdict.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr LivenessSettings kSettings = settings_of(LivenessProfile::kDefault);

Evidence long_silence(std::optional<DialOutcome> dial) {
  return {.silence = Silence::kLong,
          .silent_for = 2s,
          .bus_carries = true,
          .dial_proven = true,
          .dial = dial};
}

NodeState state_after(NodeState state, const Evidence& evidence) {
  const std::optional<Verdict> verdict = judge(state, evidence, kSettings);
  return verdict ? verdict->state : state;
}

TEST(Verdict, FollowsTheEvidenceTable) {
  Evidence suspicious = long_silence(std::nullopt);
  suspicious.silence = Silence::kSuspicious;
  EXPECT_EQ(state_after(NodeState::kLive, suspicious), NodeState::kSuspect);

  EXPECT_EQ(state_after(NodeState::kSuspect, long_silence(DialOutcome::kNoAnswer)),
            NodeState::kDead);
  EXPECT_EQ(state_after(NodeState::kSuspect, long_silence(DialOutcome::kRefused)),
            NodeState::kAgentDown);
  EXPECT_EQ(state_after(NodeState::kSuspect, long_silence(DialOutcome::kAnswered)),
            NodeState::kUnreachable);
  EXPECT_EQ(state_after(NodeState::kSuspect, long_silence(std::nullopt)), NodeState::kSuspect)
      << "the dial has not come back yet";
}

TEST(Verdict, NoNodeIsJudgedWhileTheBusIsStale) {
  for (const NodeState state : {NodeState::kLive, NodeState::kSuspect, NodeState::kUnreachable}) {
    Evidence evidence = long_silence(DialOutcome::kNoAnswer);
    evidence.bus_carries = false;
    EXPECT_EQ(judge(state, evidence, kSettings), std::nullopt);
  }
}

TEST(Verdict, WithoutASecondWitnessTheVerdictWaitsLonger) {
  Evidence evidence = long_silence(std::nullopt);
  evidence.dial_proven = false;
  EXPECT_EQ(state_after(NodeState::kSuspect, evidence), NodeState::kSuspect);
  evidence.silence = Silence::kUnconfirmed;
  EXPECT_EQ(state_after(NodeState::kSuspect, evidence), NodeState::kDead);

  evidence.dial_proven = true;
  EXPECT_EQ(state_after(NodeState::kSuspect, evidence), NodeState::kSuspect)
      << "where there is a second witness, its answer is awaited, however long that takes";
}

TEST(Verdict, AnAgentThatIsDownHasItsGraceBeforeItsWorkMoves) {
  Evidence evidence = long_silence(DialOutcome::kRefused);
  evidence.agent_down_for = kSettings.agent_down_grace - 1ns;
  EXPECT_EQ(state_after(NodeState::kAgentDown, evidence), NodeState::kAgentDown);
  evidence.agent_down_for = kSettings.agent_down_grace;
  EXPECT_EQ(state_after(NodeState::kAgentDown, evidence), NodeState::kDead);
}

TEST(Verdict, SilenceNeverRevives) {
  for (const NodeState state : {NodeState::kSuspect, NodeState::kUnreachable, NodeState::kAgentDown,
                                NodeState::kDead, NodeState::kAwaited}) {
    for (const Silence silence : {Silence::kShort, Silence::kSuspicious}) {
      Evidence evidence = long_silence(DialOutcome::kAnswered);
      evidence.silence = silence;
      EXPECT_NE(state_after(state, evidence), NodeState::kLive);
    }
  }
  EXPECT_EQ(state_after(NodeState::kDead, long_silence(DialOutcome::kAnswered)), NodeState::kDead);
  EXPECT_EQ(state_after(NodeState::kAwaited, long_silence(DialOutcome::kNoAnswer)),
            NodeState::kAwaited);
}

TEST(Verdict, EveryVerdictGivesItsReason) {
  for (const DialOutcome dial :
       {DialOutcome::kAnswered, DialOutcome::kRefused, DialOutcome::kNoAnswer}) {
    EXPECT_NE(judge(NodeState::kSuspect, long_silence(dial), kSettings)
                  ->evidence.find("silent for 2.0 s"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace hearth::core
