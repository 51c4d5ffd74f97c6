#include "core/status_reporter/status_reporter.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr MonoTime kStart{1h};
const ReporterSettings kSettings{.incarnation = {.boot_id = "boot-1", .start_count = 3},
                                 .agent_port = 7701,
                                 .heartbeat_interval = 500ms};

/// A reporter that is called whenever it asks for it, and a node whose status the test changes.
struct Scene {
  Scene() { tend(); }

  void tend() {
    if (std::optional<Heartbeat> one = reporter.tend(status, now)) sent.push_back(*std::move(one));
    reporter.check_invariants();
  }
  void pass(Duration duration) {
    const MonoTime end = now + duration;
    for (;;) {
      const MonoTime next = reporter.next_deadline().value();
      if (next > end) break;
      ASSERT_GT(next, now) << "it asks to be woken at once, forever";
      now = next;
      tend();
    }
    now = end;
  }
  /// Something on the node changes.
  void change() {
    status.report.problem += '!';
    tend();
  }
  std::vector<MonoTime> times() const {
    std::vector<MonoTime> found;
    for (const Heartbeat& one : sent) found.push_back(one.sent_at.value());
    return found;
  }
  std::vector<MonoTime> report_times() const {
    std::vector<MonoTime> found;
    for (const Heartbeat& one : sent) {
      if (one.report) found.push_back(one.sent_at.value());
    }
    return found;
  }

  MonoTime now = kStart;
  NodeStatus status;
  StatusReporter reporter{kSettings, kStart};
  std::vector<Heartbeat> sent;
};

TEST(StatusReporter, TheFirstHeartbeatIsSentAtOnceAsNumberOneWithAReport) {
  Scene scene;
  ASSERT_THAT(scene.sent, SizeIs(1));
  EXPECT_EQ(scene.sent[0].seq, 1U);
  EXPECT_EQ(scene.sent[0].report, scene.status.report);
}

TEST(StatusReporter, HeartbeatsAreSentAtTheirIntervalEachWithTheNextNumber) {
  Scene scene;
  scene.sent.clear();
  scene.pass(5s);
  ASSERT_THAT(scene.sent, SizeIs(10));
  for (std::size_t i = 0; i < scene.sent.size(); ++i) {
    const Heartbeat& one = scene.sent[i];
    EXPECT_EQ(one.seq, i + 2);
    EXPECT_EQ(one.sent_at, kStart + (i + 1) * 500ms);
    EXPECT_EQ(one.incarnation, kSettings.incarnation);
    EXPECT_EQ(one.agent_port, kSettings.agent_port);
    EXPECT_FALSE(one.report);
  }
}

TEST(StatusReporter, AnAssignmentSetsTheHeartbeatInterval) {
  Scene scene;
  scene.reporter.on_interval(100ms, scene.now);
  scene.sent.clear();
  scene.pass(1s);
  EXPECT_THAT(scene.sent, SizeIs(10));
  scene.reporter.on_interval(Duration::zero(), scene.now);  // It sets none.
  scene.pass(1s);
  EXPECT_THAT(scene.sent, SizeIs(20));
}

TEST(StatusReporter, ALongerIntervalCountsFromTheNextHeartbeatOn) {
  Scene scene;
  scene.sent.clear();
  scene.reporter.on_interval(4s, scene.now);
  scene.pass(9s);
  EXPECT_THAT(scene.times(), ElementsAre(kStart + 500ms, kStart + 4500ms, kStart + 8500ms));
}

TEST(StatusReporter, AReportIsSentWithEachChangeAndOtherwisePeriodically) {
  Scene scene;
  scene.sent.clear();
  scene.pass(30s);
  EXPECT_THAT(scene.report_times(), ElementsAre(kStart + 10s, kStart + 20s, kStart + 30s));
  scene.pass(250ms);  // Between two heartbeats.
  scene.sent.clear();
  scene.change();
  ASSERT_THAT(scene.sent, SizeIs(1));
  EXPECT_EQ(scene.sent[0].report, scene.status.report);
  scene.sent.clear();
  scene.pass(StatusReporter::kReportPeriod);
  EXPECT_THAT(scene.report_times(), ElementsAre(scene.now));
}

TEST(StatusReporter, AnAssignmentThatIsAppliedIsAChange) {
  Scene scene;
  scene.pass(100ms);
  scene.sent.clear();
  scene.status.applied = {{1}, {1}};
  scene.tend();
  ASSERT_THAT(scene.sent, SizeIs(1));
  EXPECT_EQ(scene.sent[0].applied, scene.status.applied);
  EXPECT_TRUE(scene.sent[0].report);
}

TEST(StatusReporter, ChangesCloseTogetherAreReportedTogether) {
  Scene scene;
  scene.pass(1100ms);
  scene.sent.clear();
  for (int i = 0; i < 50; ++i) scene.change();
  scene.pass(StatusReporter::kReportGap);
  EXPECT_THAT(scene.report_times(), SizeIs(2));
  EXPECT_EQ(scene.sent.back().report, scene.status.report);
}

TEST(StatusReporter, AReportThatTheBusDidNotAcceptIsRepeatedWithTheNextHeartbeat) {
  Scene scene;
  scene.pass(1100ms);
  scene.sent.clear();
  scene.reporter.on_dropped();
  scene.tend();
  EXPECT_THAT(scene.sent, IsEmpty());  // Not sooner: the bus may be away.
  scene.pass(500ms);
  ASSERT_THAT(scene.sent, SizeIs(1));
  EXPECT_TRUE(scene.sent[0].report);
}

TEST(StatusReporter, AReporterThatStoodStillReportsEverythingAtOnce) {
  Scene scene;
  scene.pass(1s);
  scene.sent.clear();
  scene.now += 3s;
  scene.tend();
  ASSERT_THAT(scene.sent, SizeIs(1));
  EXPECT_TRUE(scene.sent[0].report);
}

TEST(StatusReporter, TheLoadIsSentWithTheNextHeartbeatAndIsNoReasonForAReport) {
  Scene scene;
  scene.pass(100ms);
  scene.sent.clear();
  Load load;
  load.cpu = 300;
  scene.reporter.on_load(load);
  scene.tend();
  EXPECT_THAT(scene.sent, IsEmpty());
  scene.pass(400ms);
  ASSERT_THAT(scene.sent, SizeIs(1));
  EXPECT_EQ(scene.sent[0].load, load);
  EXPECT_FALSE(scene.sent[0].report);
}

TEST(StatusReporter, AFullReportIsSentInTimeHoweverRareHeartbeatsAre) {
  Scene scene;
  scene.reporter.on_interval(30s, scene.now);
  scene.sent.clear();
  scene.pass(1min);
  EXPECT_GE(scene.report_times().size(), 5U);
}

TEST(StatusReporter, AnAnswerIsAFullReportOutsideOfTheSequence) {
  Scene scene;
  const Heartbeat answer = scene.reporter.answer(scene.status, scene.now);
  EXPECT_EQ(answer.seq, std::nullopt);
  EXPECT_EQ(answer.report, scene.status.report);
  scene.sent.clear();
  scene.pass(500ms);
  EXPECT_EQ(scene.sent.at(0).seq, 2U);
}

TEST(StatusReporter, ACopyOfItsStateBehavesLikeIt) {
  Scene scene;
  scene.pass(1100ms);
  scene.change();
  StatusReporter copy(kSettings, scene.reporter.save());
  EXPECT_EQ(copy.save(), scene.reporter.save());
  EXPECT_EQ(copy.next_deadline(), scene.reporter.next_deadline());
  scene.now += 500ms;
  EXPECT_EQ(copy.tend(scene.status, scene.now), scene.reporter.tend(scene.status, scene.now));
}

}  // namespace
}  // namespace hearth::core
