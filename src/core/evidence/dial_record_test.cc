#include "core/evidence/dial_record.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr LivenessSettings kSettings = settings_of(LivenessProfile::kDefault);
constexpr MonoTime kStart{1h};
using BusReceives = DialRecord::BusReceives;

DialRecord proven_record() {
  DialRecord record(kSettings, kStart);
  record.on_outcome(record.on_dialled(kStart), DialOutcome::kAnswered, BusReceives::kYes, kStart);
  return record;
}

TEST(DialRecord, OneUnansweredDialProvesNothingTwoDo) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  record.on_outcome(record.on_dialled(kStart + 2s), DialOutcome::kNoAnswer, BusReceives::kYes,
                    kStart + 2400ms);
  EXPECT_EQ(record.evidence(), std::nullopt);
  record.on_outcome(record.on_dialled(kStart + 2400ms), DialOutcome::kNoAnswer, BusReceives::kYes,
                    kStart + 2800ms);
  EXPECT_EQ(record.evidence(), DialOutcome::kNoAnswer);
}

TEST(DialRecord, TwoDialsFitBetweenSuspectAndDead) {
  for (const LivenessProfile profile : {LivenessProfile::kDefault, LivenessProfile::kFast,
                                        LivenessProfile::kInstant, LivenessProfile::kRelaxed}) {
    const LivenessSettings settings = settings_of(profile);
    const DialRecord record(settings, kStart);
    EXPECT_LE(settings.suspect_after + 2 * record.timeout(), settings.dead_after);
  }
}

// Goal: an agent's port is closed while the node is live; a later silence has no witness.
TEST(DialRecord, ALiveNodeThatMissesTwoDialsIsNoWitnessUntilItAnswersAgain) {
  DialRecord record = proven_record();
  record.on_outcome(record.on_dialled(kStart + 15s), DialOutcome::kNoAnswer, BusReceives::kYes,
                    kStart + 16s);
  EXPECT_TRUE(record.proven()) << "one lost SYN";
  record.on_outcome(record.on_dialled(kStart + 30s), DialOutcome::kRefused, BusReceives::kYes,
                    kStart + 31s);
  EXPECT_FALSE(record.proven());
  record.begin_silence(kStart + 40s);
  record.on_outcome(record.on_dialled(kStart + 40s), DialOutcome::kNoAnswer, BusReceives::kYes,
                    kStart + 41s);
  record.on_outcome(record.on_dialled(kStart + 41s), DialOutcome::kNoAnswer, BusReceives::kYes,
                    kStart + 42s);
  EXPECT_EQ(record.evidence(), std::nullopt);
  record.end_silence(kStart + 43s);
  record.on_outcome(record.on_dialled(kStart + 43s), DialOutcome::kAnswered, BusReceives::kYes,
                    kStart + 43s);
  EXPECT_TRUE(record.proven());
}

TEST(DialRecord, AFailedDialWhileNothingIsReceivedDoesNotDisproveDialling) {
  DialRecord record = proven_record();
  for (Duration after = 15s; after < 5min; after += 15s) {
    record.on_outcome(record.on_dialled(kStart + after), DialOutcome::kNoAnswer, BusReceives::kNo,
                      kStart + after + 1s);
  }
  EXPECT_TRUE(record.proven());
}

TEST(DialRecord, AnotherAddressHasToBeProvenAgain) {
  DialRecord record = proven_record();
  const std::uint64_t under_way = record.on_dialled(kStart + 15s);
  record.readdress(kStart + 16s);
  EXPECT_FALSE(record.proven());
  EXPECT_EQ(record.next_dial(), kStart + 16s) << "dialled at once";
  record.on_outcome(under_way, DialOutcome::kAnswered, BusReceives::kYes, kStart + 17s);
  EXPECT_FALSE(record.proven()) << "the dial was of the old address";
}

TEST(DialRecord, WhereDiallingNeverWorkedNoAnswerMeansNothing) {
  DialRecord record(kSettings, kStart);
  record.begin_silence(kStart);
  for (int i = 0; i < 5; ++i) {
    record.on_outcome(record.on_dialled(kStart), DialOutcome::kNoAnswer, BusReceives::kYes, kStart);
    EXPECT_EQ(record.evidence(), std::nullopt);
  }
  record.on_outcome(record.on_dialled(kStart), DialOutcome::kRefused, BusReceives::kYes, kStart);
  EXPECT_EQ(record.evidence(), std::nullopt);
  record.on_outcome(record.on_dialled(kStart), DialOutcome::kAnswered, BusReceives::kYes, kStart);
  EXPECT_EQ(record.evidence(), DialOutcome::kAnswered) << "an answer needs no proof";
}

TEST(DialRecord, ADialFromBeforeTheSilenceIsNoEvidenceAboutIt) {
  DialRecord record = proven_record();
  const std::uint64_t before = record.on_dialled(kStart + 1s);
  record.begin_silence(kStart + 2s);
  record.on_outcome(before, DialOutcome::kAnswered, BusReceives::kYes, kStart + 2s);
  EXPECT_EQ(record.evidence(), std::nullopt);
  EXPECT_EQ(record.next_dial(), kStart + 2s) << "dialled at once";
}

TEST(DialRecord, AnUnreachableHostThatFailsAtOnceIsNotDialledInALoop) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  record.on_outcome(record.on_dialled(kStart + 2s), DialOutcome::kNoAnswer, BusReceives::kYes,
                    kStart + 2001ms);
  EXPECT_EQ(record.next_dial(), kStart + 2s + record.timeout());
}

TEST(DialRecord, AnOutcomeThatNeverComesDoesNotStopTheDialling) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  record.on_dialled(kStart + 2s);
  EXPECT_EQ(record.next_dial(), kStart + 2s + 2 * record.timeout());
}

// Goal: an agent that came back while we stood still is asked before an old failure counts.
TEST(DialRecord, WhatFailedBeforeAStallIsAskedAgainAfterIt) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  record.on_outcome(record.on_dialled(kStart + 2s), DialOutcome::kNoAnswer, BusReceives::kNo,
                    kStart + 2400ms);
  const std::uint64_t under_way = record.on_dialled(kStart + 2400ms);
  record.on_stall(5s, kStart + 8s);
  record.on_outcome(under_way, DialOutcome::kNoAnswer, BusReceives::kNo, kStart + 8s);
  EXPECT_EQ(record.evidence(), std::nullopt);
  EXPECT_EQ(record.next_dial(), kStart + 8s);
  record.on_outcome(record.on_dialled(kStart + 8s), DialOutcome::kNoAnswer, BusReceives::kNo,
                    kStart + 8400ms);
  EXPECT_EQ(record.evidence(), std::nullopt) << "one dial since then";
  record.on_outcome(record.on_dialled(kStart + 8400ms), DialOutcome::kNoAnswer, BusReceives::kNo,
                    kStart + 8800ms);
  EXPECT_EQ(record.evidence(), DialOutcome::kNoAnswer);
}

TEST(DialRecord, AFailureKnownBeforeAStallIsForgottenAndAnAnswerIsNot) {
  for (const DialOutcome outcome : {DialOutcome::kRefused, DialOutcome::kAnswered}) {
    DialRecord record = proven_record();
    record.begin_silence(kStart + 2s);
    record.on_outcome(record.on_dialled(kStart + 2s), outcome, BusReceives::kNo, kStart + 2s);
    ASSERT_EQ(record.evidence(), outcome);
    record.on_stall(5s, kStart + 8s);
    const bool is_answer = outcome == DialOutcome::kAnswered;
    EXPECT_EQ(record.evidence(), is_answer ? std::optional(outcome) : std::nullopt);
    EXPECT_LE(record.next_dial(), kStart + 8s) << "asked again at once";
  }
}

// Goal: a node that answers is known to, however late we hear it. Method: dialling never worked, so
// that the silence alone would be its death; the bound for the outcome has passed.
TEST(DialRecord, AnAnswerThatWaitsBehindAStallCounts) {
  DialRecord record(kSettings, kStart);
  record.begin_silence(kStart);
  const std::uint64_t under_way = record.on_dialled(kStart);
  record.on_stall(5s, kStart + 6s);
  EXPECT_GT(record.next_dial(), kStart + 6s) << "it is not superseded before it is handled";
  record.on_outcome(under_way, DialOutcome::kAnswered, BusReceives::kNo, kStart + 6s);
  EXPECT_EQ(record.evidence(), DialOutcome::kAnswered);
}

TEST(DialRecord, DialsOfALiveNodeThatFailAcrossAStallTakeNoWitnessAway) {
  DialRecord record = proven_record();
  for (Duration after = 15s; after <= 30s; after += 15s) {
    const std::uint64_t under_way = record.on_dialled(kStart + after);
    record.on_stall(5s, kStart + after + 5s);
    record.on_outcome(under_way, DialOutcome::kNoAnswer, BusReceives::kYes, kStart + after + 5s);
  }
  EXPECT_TRUE(record.proven());
}

// Goal: a loop that is late at every step finds out all the same. Method: a stall before each
// outcome.
TEST(DialRecord, ConstantLatenessDoesNotTakeAllEvidenceAway) {
  for (const DialOutcome outcome :
       {DialOutcome::kNoAnswer, DialOutcome::kRefused, DialOutcome::kAnswered}) {
    DialRecord record = proven_record();
    record.begin_silence(kStart + 2s);
    MonoTime now = kStart + 2s;
    int dials = 0;
    for (; record.evidence() != outcome && dials < 20; ++dials) {
      now = std::max(now, record.next_dial());
      const std::uint64_t under_way = record.on_dialled(now);
      now += 1s;
      record.on_stall(600ms, now);
      ASSERT_GT(record.next_dial(), now);
      record.on_outcome(under_way, outcome, BusReceives::kNo, now);
      record.check_invariants();
    }
    EXPECT_LE(dials, static_cast<int>(DialRecord::kStallsExcusedMax + DialRecord::kUnansweredMin));
  }
}

// Goal: of a silence that is long, as that of an agent which is down, any number of stalls is.
TEST(DialRecord, AFailureBeforeTheLatestOfManyStallsIsForgottenToo) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  for (MonoTime now = kStart + 2s; now < kStart + 1min; now += 5s) {
    record.on_outcome(record.on_dialled(now), DialOutcome::kRefused, BusReceives::kNo, now);
    ASSERT_EQ(record.evidence(), DialOutcome::kRefused);
    record.on_stall(2s, now + 4s);
    ASSERT_EQ(record.evidence(), std::nullopt);
  }
}

TEST(DialRecord, ADialThatWasNeverMadeShowsNothing) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  const auto dial = [&](DialOutcome outcome) {
    const MonoTime at = record.next_dial();
    record.on_outcome(record.on_dialled(at), outcome, BusReceives::kYes, at);
    EXPECT_EQ(record.next_dial(), at + record.timeout()) << "at the same pace";
  };
  for (int i = 0; i < 5; ++i) dial(DialOutcome::kNotAsked);
  EXPECT_EQ(record.evidence(), std::nullopt);
  dial(DialOutcome::kNoAnswer);
  dial(DialOutcome::kNotAsked);
  EXPECT_EQ(record.evidence(), std::nullopt) << "only one dial was really made";
  dial(DialOutcome::kNoAnswer);
  dial(DialOutcome::kNotAsked);
  EXPECT_EQ(record.evidence(), DialOutcome::kNoAnswer) << "earlier evidence stays";
}

}  // namespace
}  // namespace hearth::core
