#include "shell/manager/inbox.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;
using Admission = Inbox::Admission;

enum class With : std::uint8_t { kReport, kNothing };

core::HeartbeatReceived beat(const std::string& node, std::uint64_t seq, With with = With::kNothing,
                             const std::string& boot_id = "boot") {
  Heartbeat heartbeat{.incarnation = {boot_id, 1}, .seq = seq, .sent_at = std::nullopt};
  if (with == With::kReport) heartbeat.report = Report{.problem = std::string(1000, 'x')};
  return {*NodeName::parse(node), heartbeat, MonoTime{}};
}

/// "n1 3" for a heartbeat, "n1 3 report" for one with a report.
std::vector<std::string> taken_out(Inbox& inbox) {
  std::vector<std::string> all;
  while (!inbox.empty()) {
    const core::ManagerEvent event = inbox.pop();
    const auto* heartbeat = std::get_if<core::HeartbeatReceived>(&event);
    all.push_back(heartbeat == nullptr ? "other"
                                       : heartbeat->node.str() + " " +
                                             std::to_string(heartbeat->heartbeat.seq.value_or(0)) +
                                             (heartbeat->heartbeat.report ? " report" : ""));
  }
  return all;
}

TEST(Inbox, KeepsTheOrderOfArrival) {
  Inbox inbox({});
  inbox.push(core::Started{});
  inbox.push(beat("n1", 1));
  inbox.push(core::Ticked{});
  inbox.push(beat("n2", 1));
  EXPECT_THAT(taken_out(inbox), ElementsAre("other", "n1 1", "other", "n2 1"));
  EXPECT_EQ(inbox.bytes(), 0U);
}

TEST(Inbox, ANewerHeartbeatTakesThePlaceOfAnOlderOne) {
  Inbox inbox({});
  EXPECT_EQ(inbox.push(beat("n1", 1)), Admission::kWaits);
  EXPECT_EQ(inbox.push(beat("n2", 1)), Admission::kWaits);
  EXPECT_EQ(inbox.push(beat("n1", 2)), Admission::kSupersedes);
  EXPECT_THAT(taken_out(inbox), ElementsAre("n1 2", "n2 1"));
  EXPECT_EQ(inbox.push(beat("n1", 3)), Admission::kWaits) << "nothing waits any more";
}

TEST(Inbox, AReportIsNotLostToAHeartbeatWithoutOne) {
  Inbox inbox({});
  inbox.push(beat("n1", 1, With::kReport));
  inbox.push(beat("n1", 2));
  inbox.push(beat("n1", 3));
  EXPECT_THAT(taken_out(inbox), ElementsAre("n1 1 report", "n1 3"));
}

TEST(Inbox, ANewerReportReplacesEverythingOlder) {
  Inbox inbox({});
  inbox.push(beat("n1", 1, With::kReport));
  inbox.push(beat("n1", 2));
  EXPECT_EQ(inbox.push(beat("n1", 3, With::kReport)), Admission::kSupersedes);
  EXPECT_THAT(taken_out(inbox), ElementsAre("n1 3 report"));
  inbox.push(beat("n1", 4));
  EXPECT_EQ(inbox.push(beat("n1", 5, With::kReport)), Admission::kSupersedes);
  EXPECT_THAT(taken_out(inbox), ElementsAre("n1 5 report"));
}

// Goal: a record that is sent again does not displace newer state.
TEST(Inbox, AnOlderHeartbeatDoesNotTakeThePlaceOfANewerOne) {
  Inbox inbox({});
  inbox.push(beat("n1", 7));
  EXPECT_EQ(inbox.push(beat("n1", 6)), Admission::kSuperseded);
  EXPECT_EQ(inbox.push(beat("n1", 7, With::kReport)), Admission::kSuperseded);
  EXPECT_THAT(taken_out(inbox), ElementsAre("n1 7"));
}

TEST(Inbox, ForgedIncarnationsDoNotDisplaceTheNodesOwn) {
  Inbox inbox({});
  inbox.push(beat("n1", 1));
  std::size_t dropped = 0;
  for (int i = 0; i < 100; ++i) {
    const auto made_up = beat("n1", 1, With::kReport, "made-up-" + std::to_string(i));
    if (inbox.push(made_up) == Admission::kDropped) ++dropped;
  }
  EXPECT_EQ(inbox.size(), Inbox::kIncarnationsPerNodeMax);
  EXPECT_EQ(dropped, 101 - Inbox::kIncarnationsPerNodeMax);
  EXPECT_EQ(inbox.push(beat("n1", 2)), Admission::kSupersedes);
}

TEST(Inbox, KeepsOnlyTheLatestCanary) {
  Inbox inbox({});
  EXPECT_EQ(inbox.push(core::CanaryReturned{MonoTime{2s}}), Admission::kWaits);
  EXPECT_EQ(inbox.push(core::CanaryReturned{MonoTime{1s}}), Admission::kSuperseded);
  EXPECT_EQ(inbox.push(core::CanaryReturned{MonoTime{3s}}), Admission::kSupersedes);
  const core::ManagerEvent canary = inbox.pop();
  EXPECT_EQ(std::get<core::CanaryReturned>(canary).sent_at, MonoTime{3s});
  EXPECT_EQ(inbox.push(core::CanaryReturned{MonoTime{3s}}), Admission::kWaits);
}

TEST(Inbox, AtTheBoundOfEventsHeartbeatsAreDroppedAndAnswersAreNot) {
  Inbox inbox({.events_max = 2});
  inbox.push(beat("n1", 1));
  EXPECT_TRUE(inbox.has_room());
  inbox.push(beat("n2", 1));
  EXPECT_FALSE(inbox.has_room());
  EXPECT_EQ(inbox.push(beat("n3", 1)), Admission::kDropped);
  EXPECT_EQ(inbox.push(beat("n1", 2)), Admission::kSupersedes) << "it takes no room";
  EXPECT_EQ(inbox.push(beat("n1", 3, With::kReport)), Admission::kSupersedes);
  EXPECT_EQ(inbox.push(beat("n1", 4)), Admission::kDropped)
      << "it would wait in addition to the report";
  const NodeName node = *NodeName::parse("n1");
  EXPECT_EQ(inbox.push(core::Dialled{node, 1, DialOutcome::kAnswered}), Admission::kWaits);
  EXPECT_EQ(inbox.push(core::PowerSwitched{node, PowerVerb::kOff, {}}), Admission::kWaits);
  EXPECT_EQ(inbox.push(core::CanaryReturned{MonoTime{1s}}), Admission::kWaits);
  EXPECT_EQ(inbox.push(core::StatusFetched{node, Heartbeat{}}), Admission::kWaits);
  EXPECT_EQ(inbox.size(), 6U);
}

TEST(Inbox, AtTheBoundOfBytesReportsAreCutAndSignsOfLifeAreKept) {
  Inbox inbox({.bytes_max = 2000});
  inbox.push(beat("n1", 1, With::kReport));
  inbox.push(beat("n2", 1, With::kReport));
  EXPECT_FALSE(inbox.has_room());
  EXPECT_EQ(inbox.push(beat("n3", 1, With::kReport)), Admission::kCut);
  const NodeName node = *NodeName::parse("n4");
  EXPECT_EQ(inbox.push(core::StatusFetched{node, Heartbeat{}}), Admission::kCut);
  for (int i = 0; i < 3; ++i) inbox.pop();
  const core::ManagerEvent fetched = inbox.pop();
  EXPECT_EQ(std::get<core::StatusFetched>(fetched).status.error().code, ErrorCode::kExhausted);
}

// Goal: whatever arrives, the bounds hold, and each node's heartbeats leave in the order of their
// numbers; the highest number that was accepted is the last one.
RC_GTEST_PROP(InboxProperties, BoundsHoldAndNumbersRise, ()) {
  constexpr std::size_t kEventsMax = 12;
  Inbox inbox({.events_max = kEventsMax, .bytes_max = 6000});
  std::map<std::string, std::uint64_t> taken_in;
  std::map<std::string, std::uint64_t> taken_out;
  const int length = *rc::gen::inRange(1, 200);
  for (int i = 0; i < length; ++i) {
    if (*rc::gen::inRange(0, 4) == 0 && !inbox.empty()) {
      const core::ManagerEvent event = inbox.pop();
      const auto& one = std::get<core::HeartbeatReceived>(event);
      const std::string whose = one.node.str() + one.heartbeat.incarnation.boot_id;
      RC_ASSERT(*one.heartbeat.seq > taken_out[whose]);
      taken_out[whose] = *one.heartbeat.seq;
      continue;
    }
    const std::string node = *rc::gen::element(std::string("n1"), std::string("n2"));
    const std::string incarnation = *rc::gen::element(std::string("a"), std::string("b"));
    const auto seq = static_cast<std::uint64_t>(i + 1);
    const With with = *rc::gen::element(With::kReport, With::kNothing);
    if (inbox.push(beat(node, seq, with, incarnation)) != Admission::kDropped)
      taken_in[node + incarnation] = seq;
    RC_ASSERT(inbox.size() <= kEventsMax);
  }
  while (!inbox.empty()) {
    const core::ManagerEvent event = inbox.pop();
    const auto& one = std::get<core::HeartbeatReceived>(event);
    taken_out[one.node.str() + one.heartbeat.incarnation.boot_id] = *one.heartbeat.seq;
  }
  RC_ASSERT(inbox.bytes() == 0U);
  for (const auto& [whose, seq] : taken_in) RC_ASSERT(taken_out[whose] == seq);
}

}  // namespace
}  // namespace hearth
