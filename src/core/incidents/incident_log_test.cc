#include "core/incidents/incident_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/memory_keeper/memory_keeper.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr MonoTime kNow(1h);
const InstanceId kId{"app-1"};

std::vector<std::uint64_t> numbers(const IncidentLog& log) {
  std::vector<std::uint64_t> numbers;
  for (const Incident& incident : log.reported()) numbers.push_back(incident.number);
  return numbers;
}

TEST(IncidentLog, AnIncidentIsReportedOnceItIsStored) {
  IncidentLog log;
  log.add(kId, "rule 'fatal': bad", kNow);
  EXPECT_TRUE(log.is_unsaved());
  log.tend(kNow);
  EXPECT_THAT(log.reported(), IsEmpty());
  log.on_taken();
  EXPECT_FALSE(log.is_unsaved());
  EXPECT_THAT(log.reported(), IsEmpty());
  log.on_stored();
  EXPECT_THAT(log.reported(),
              ElementsAre(Incident{.number = 1, .instance = kId, .message = "rule 'fatal': bad"}));
  EXPECT_EQ(log.next_deadline(), std::nullopt);
  log.check_invariants();
}

TEST(IncidentLog, WhatIsNoticedWhileAnotherIsStoredWaitsForTheNextStoring) {
  IncidentLog log;
  log.add(kId, "first", kNow);
  log.on_taken();
  log.add(kId, "second", kNow);
  log.on_stored();
  EXPECT_THAT(numbers(log), ElementsAre(1U));
  EXPECT_TRUE(log.is_unsaved());
  log.on_taken();
  log.on_stored();
  EXPECT_THAT(numbers(log), ElementsAre(1U, 2U));
  log.check_invariants();
}

TEST(IncidentLog, ADiskThatRefusesDelaysAnIncidentAndHidesNone) {
  IncidentLog log;
  log.add(kId, "first", kNow);
  log.add(kId, "second", kNow + 1s);
  log.on_taken();
  EXPECT_EQ(log.next_deadline(), kNow + kDecisionWait);
  log.tend(kNow + kDecisionWait - 1ns);
  EXPECT_THAT(log.reported(), IsEmpty());
  log.tend(kNow + kDecisionWait);
  EXPECT_THAT(numbers(log), ElementsAre(1U));
  EXPECT_EQ(log.next_deadline(), kNow + 1s + kDecisionWait);
  log.tend(kNow + 1s + kDecisionWait);
  EXPECT_THAT(numbers(log), ElementsAre(1U, 2U));
  EXPECT_EQ(log.next_deadline(), std::nullopt);
  log.check_invariants();
}

TEST(IncidentLog, ItKeepsTheLatest) {
  IncidentLog log;
  for (std::size_t i = 0; i < kIncidentsKept + 3; ++i) log.add(kId, "again", kNow);
  log.on_taken();
  log.on_stored();
  EXPECT_EQ(log.reported().size(), kIncidentsKept);
  EXPECT_EQ(log.reported().front().number, 4U);
  log.check_invariants();
}

}  // namespace
}  // namespace hearth::core
