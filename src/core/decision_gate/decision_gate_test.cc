#include "core/decision_gate/decision_gate.h"

#include <gtest/gtest.h>

#include "core/memory_keeper/memory_keeper.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

const HealthVerdict kReady{.health = Health::kReady};
const HealthVerdict kDegraded{.health = Health::kDegraded, .reason = "slow"};
const HealthVerdict kReplace{
    .health = Health::kDegraded, .reason = "bad", .must_be_replaced = true};
const HealthVerdict kRestart{.health = Health::kReady, .restart = "dead"};
constexpr MonoTime kNow(1h);

TEST(DecisionGate, WhatIsWellPassesAtOnce) {
  DecisionGate gate;
  EXPECT_EQ(gate.pass(kReady, kNow), kReady);
  EXPECT_FALSE(gate.is_unsaved());
}

TEST(DecisionGate, WhatCallsForMoreWaitsUntilItIsStored) {
  for (const HealthVerdict& verdict : {kDegraded, kReplace, kRestart}) {
    DecisionGate gate;
    gate.pass(kReady, kNow);
    EXPECT_EQ(gate.pass(verdict, kNow), kReady);
    EXPECT_TRUE(gate.is_unsaved());
    gate.on_taken();
    EXPECT_FALSE(gate.is_unsaved());
    EXPECT_EQ(gate.pass(verdict, kNow), kReady);
    gate.on_stored();
    EXPECT_EQ(gate.pass(verdict, kNow), verdict);
    EXPECT_EQ(gate.next_deadline(), std::nullopt);
  }
}

TEST(DecisionGate, ItDoesNotWaitForADiskThatRefuses) {
  DecisionGate gate;
  gate.pass(kReady, kNow);
  gate.pass(kRestart, kNow);
  EXPECT_EQ(gate.next_deadline(), kNow + kDecisionWait);
  EXPECT_EQ(gate.pass(kRestart, kNow + kDecisionWait - 1ns), kReady);
  EXPECT_EQ(gate.pass(kRestart, kNow + kDecisionWait), kRestart);
}

// Goal: a restart that was decided while a mark was being stored is not taken for stored.
TEST(DecisionGate, WhatWasDecidedMeanwhileIsStoredNext) {
  DecisionGate gate;
  gate.pass(kReady, kNow);
  gate.pass(kDegraded, kNow);
  gate.on_taken();
  gate.pass(kRestart, kNow);
  EXPECT_TRUE(gate.is_unsaved());
  gate.on_stored();
  EXPECT_EQ(gate.pass(kRestart, kNow), kReady);
  EXPECT_EQ(gate.pass(kDegraded, kNow), kDegraded);
}

TEST(DecisionGate, WhatHasPassedIsForgottenAndMustBeStoredAgain) {
  DecisionGate gate;
  gate.pass(kReplace, kNow);
  gate.on_taken();
  EXPECT_EQ(gate.pass(kReady, kNow), kReady);
  gate.on_stored();
  EXPECT_NE(gate.pass(kReplace, kNow), kReplace);
  EXPECT_TRUE(gate.is_unsaved());
}

}  // namespace
}  // namespace hearth::core
