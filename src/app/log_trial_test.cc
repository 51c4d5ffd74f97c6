#include "app/log_trial.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ports/line_matcher.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Firing = cli::LogTrial::Firing;

LogRule bad(MustNotAppear condition, Duration hold_off = 5min) {
  return {.name = "bad",
          .condition = std::move(condition),
          .action = HealthAction::kReplace,
          .hold_off = hold_off};
}
LogRule alive(Duration every) {
  return {.name = "alive", .condition = MustRecur{"tick", every}};
}

Result<cli::LogTrial> try_on(const LogRule& rule, const std::string& log,
                             std::optional<Duration> interval = {}) {
  std::istringstream lines(log);
  return try_log_rules({rule}, {.lines = lines, .interval = interval});
}
/// A line written so many seconds after nine o'clock.
std::string at(int second, const std::string& text) {
  return "2026-03-01T09:00:" + std::string(second < 10 ? "0" : "") + std::to_string(second) +
         ".123456789Z " + text + "\n";
}
std::vector<std::pair<std::uint64_t, Duration>> places(const Result<cli::LogTrial>& trial) {
  std::vector<std::pair<std::uint64_t, Duration>> out;
  for (const Firing& firing : trial->firings) out.emplace_back(firing.line, firing.after);
  return out;
}

TEST(LogTrial, FiresWithTheLineThatCompletesTheCountAtTheTimeItWasWritten) {
  const auto trial = try_on(bad({"refused", "retrying", 2, 10s}),
                            at(0, "up") + at(1, "refused") + at(12, "refused, retrying") +
                                at(13, "refused") + at(14, "refused"));
  EXPECT_THAT(trial->firings, ElementsAre(Firing{.after = 14s,
                                                 .line = 5,
                                                 .rule = "bad",
                                                 .action = HealthAction::kReplace,
                                                 .why = "2 lines within 10.0 s match 'refused'",
                                                 .text = "refused"}));
  EXPECT_EQ(trial->lines, 5U);
  EXPECT_EQ(trial->length, 14s);
  EXPECT_EQ(trial->rules.at(0).matched, 3U) << "`unless` spares a line";
}

TEST(LogTrial, CountsWhatTheHoldOffSuppresses) {
  const auto trial = try_on(bad({.pattern = "x"}, 10s),
                            at(0, "x") + at(1, "x") + at(2, "x") + at(10, "x") + at(11, "x"));
  EXPECT_THAT(places(trial), ElementsAre(std::pair(1U, 0s), std::pair(4U, 10s)));
  EXPECT_EQ(trial->firings.at(1).held_off, 2U);
  EXPECT_EQ(trial->rules.at(0).held_off, 3U);
}

TEST(LogTrial, AnAbsenceFiresWhenItsTimeHasPassedAndNotAfterTheLastLine) {
  LogRule rule = alive(5s);
  rule.hold_off = {};
  const auto trial = try_on(rule, at(0, "tick") + at(5, "tick") + at(17, "other"));
  EXPECT_THAT(places(trial), ElementsAre(std::pair(0U, 10s), std::pair(0U, 15s)))
      << "a line that comes just in time is in time";
  EXPECT_EQ(trial->rules.at(0).standing, "faulty");
}

TEST(LogTrial, ReadinessIsCountedFromTheFirstLine) {
  const LogRule ready{.name = "ready", .condition = MustAppear{"listening", 3s}};
  EXPECT_THAT(places(try_on(ready, at(2, "a") + at(9, "listening"))),
              ElementsAre(std::pair(0U, 3s)));
  const auto in_time = try_on(ready, at(2, "a") + at(4, "listening"));
  EXPECT_TRUE(in_time->firings.empty());
  EXPECT_TRUE(in_time->rules.at(0).awaits_readiness);
  EXPECT_EQ(in_time->rules.at(0).standing, "met");
}

TEST(LogTrial, ALineWithoutATimestampOrFromAClockThatWasSetBackIsAsLateAsTheOneBefore) {
  const auto trial =
      try_on(bad({.pattern = "x"}, 0s), at(0, "up") + at(7, "up") + "  x\n" + at(3, "x"));
  EXPECT_THAT(places(trial), ElementsAre(std::pair(3U, 7s), std::pair(4U, 7s)));
}

TEST(LogTrial, WithAnIntervalLinesAreTakenAsTheyAre) {
  const auto trial = try_on(bad({.pattern = "^2026.*x"}, 0s), at(0, "x") + at(0, "x"), 3s);
  EXPECT_THAT(places(trial), ElementsAre(std::pair(1U, 0s), std::pair(2U, 3s)));
  EXPECT_FALSE(trial->first);
}

TEST(LogTrial, WithoutTimestampsAllLinesAreWrittenAtOnce) {
  const auto trial = try_on(bad({.pattern = "x"}, 0s), "x\n" + at(9, "x") + "x");
  EXPECT_THAT(places(trial), ElementsAre(std::pair(1U, 0s), std::pair(2U, 0s), std::pair(3U, 0s)));
}

TEST(LogTrial, EveryRuleReadsEveryLineWhateverItsStream) {
  LogRule rule = bad({.pattern = "x"});
  rule.stream = LogStream::kStderr;
  EXPECT_EQ(try_on(rule, at(0, "x"))->rules.at(0).fired, 1U);
}

TEST(LogTrial, ALineEndIsNoPartOfALineAndBinaryBytesHideNothing) {
  EXPECT_EQ(try_on(bad({.pattern = "x$"}), "x\r\n")->rules.at(0).matched, 1U);
  EXPECT_EQ(try_on(bad({.pattern = "x$"}), std::string("a\0\xff x", 5))->rules.at(0).matched, 1U);
  EXPECT_EQ(try_on(bad({.pattern = "^$"}), "\n")->rules.at(0).matched, 1U);
  EXPECT_EQ(try_on(bad({.pattern = "^$"}), "")->lines, 0U);
}

TEST(LogTrial, OfALongLineTheBeginningCounts) {
  const std::string longest(LineMatcher::kLineBytesMax - 1, 'a');
  EXPECT_EQ(try_on(bad({.pattern = "x"}), longest + "x\n")->rules.at(0).matched, 1U);
  const auto beyond = try_on(bad({.pattern = "x"}), longest + "ax" + longest + "\nx\n");
  EXPECT_THAT(places(beyond), ElementsAre(std::pair(2U, 0s)));
}

TEST(LogTrial, KeepsABoundedNumberOfFiringsAndCountsTheOthers) {
  std::string log;
  for (std::size_t i = 0; i < kTrialFiringsMax; ++i) log += "x\n";
  EXPECT_EQ(try_on(bad({.pattern = "x"}, 0s), log)->left_out, 0U);
  const auto beyond = try_on(bad({.pattern = "x"}, 0s), log + "x\n");
  EXPECT_EQ(beyond->firings.size(), kTrialFiringsMax);
  EXPECT_EQ(beyond->left_out, 1U);
  EXPECT_EQ(beyond->rules.at(0).fired, kTrialFiringsMax + 1);
}

TEST(LogTrial, RefusesARecordingOfMoreThanAYear) {
  const LogRule rule = bad({.pattern = "x"});
  EXPECT_TRUE(try_on(rule, "2026-03-01T00:00:00Z a\n2027-03-02T00:00:00Z x\n"));
  const auto beyond = try_on(rule, "2026-03-01T00:00:00Z a\n2027-03-02T00:00:01Z x\n");
  ASSERT_FALSE(beyond);
  EXPECT_THAT(beyond.error().message, HasSubstr("line 2 was written more than 366 d"));
  EXPECT_FALSE(try_on(rule, "2026-03-01T00:00:00Z a\n9999-12-31T00:00:00Z x\n"));
  EXPECT_THAT(places(try_on(rule, "2026-03-01T00:00:00Z a\n0001-01-01T00:00:00Z x\n")),
              ElementsAre(std::pair(2U, 0s)))
      << "a clock that was set back, however far";
  const auto stretched = [&](int lines) {
    std::string log;
    for (int i = 0; i < lines; ++i) log += "x\n";
    return try_on(rule, log, 24h);
  };
  EXPECT_TRUE(stretched(367));
  EXPECT_FALSE(stretched(368));
}

}  // namespace
}  // namespace hearth
