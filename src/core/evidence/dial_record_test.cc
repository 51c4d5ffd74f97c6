#include "core/evidence/dial_record.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr LivenessSettings kSettings = settings_of(LivenessProfile::kDefault);
constexpr MonoTime kStart{1h};

DialRecord proven_record() {
  DialRecord record(kSettings, kStart);
  record.on_outcome(record.on_dialled(kStart), DialOutcome::kAnswered, kStart);
  return record;
}

TEST(DialRecord, OneUnansweredDialIsNoProofTwoAre) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  record.on_outcome(record.on_dialled(kStart + 2s), DialOutcome::kNoAnswer, kStart + 2400ms);
  EXPECT_EQ(record.evidence(), std::nullopt);
  record.on_outcome(record.on_dialled(kStart + 2400ms), DialOutcome::kNoAnswer, kStart + 2800ms);
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

TEST(DialRecord, WhereDiallingNeverWorkedNoAnswerMeansNothing) {
  DialRecord record(kSettings, kStart);
  record.begin_silence(kStart);
  for (int i = 0; i < 5; ++i) {
    record.on_outcome(record.on_dialled(kStart), DialOutcome::kNoAnswer, kStart);
    EXPECT_EQ(record.evidence(), std::nullopt);
  }
  record.on_outcome(record.on_dialled(kStart), DialOutcome::kRefused, kStart);
  EXPECT_EQ(record.evidence(), std::nullopt);
  record.on_outcome(record.on_dialled(kStart), DialOutcome::kAnswered, kStart);
  EXPECT_EQ(record.evidence(), DialOutcome::kAnswered) << "an answer needs no proof";
}

TEST(DialRecord, ADialFromBeforeTheSilenceIsNoEvidenceAboutIt) {
  DialRecord record = proven_record();
  const std::uint64_t before = record.on_dialled(kStart + 1s);
  record.begin_silence(kStart + 2s);
  record.on_outcome(before, DialOutcome::kAnswered, kStart + 2s);
  EXPECT_EQ(record.evidence(), std::nullopt);
  EXPECT_EQ(record.next_dial(), kStart + 2s) << "asked at once";
}

TEST(DialRecord, AnUnreachableHostThatFailsAtOnceIsNotDialledInALoop) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  record.on_outcome(record.on_dialled(kStart + 2s), DialOutcome::kNoAnswer, kStart + 2001ms);
  EXPECT_EQ(record.next_dial(), kStart + 2s + record.timeout());
}

TEST(DialRecord, AnOutcomeThatNeverComesDoesNotStopTheDialling) {
  DialRecord record = proven_record();
  record.begin_silence(kStart + 2s);
  record.on_dialled(kStart + 2s);
  EXPECT_EQ(record.next_dial(), kStart + 2s + 2 * record.timeout());
}

}  // namespace
}  // namespace hearth::core
