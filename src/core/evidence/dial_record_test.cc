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
