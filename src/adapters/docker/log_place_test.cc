#include "adapters/docker/log_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/prng.h"

namespace hearth::docker {
namespace {

using Verdict = LogPlace::Verdict;
using Begin = LogPlace::Begin;
constexpr auto kOut = LogStream::kStdout;
constexpr auto kErr = LogStream::kStderr;

struct Line {
  LogStream stream;
  std::int64_t stamp;
};
using Log = std::vector<Line>;

/// The indexes of the lines that are new when the log is sent from `first` on. Stops at the first
/// one that is unconnected.
std::vector<std::size_t> news(LogPlace& place, const Log& log, std::size_t first = 0) {
  place.begin_reading(first == 0 ? Begin::kFirstLine : Begin::kLaterLine);
  std::vector<std::size_t> found;
  for (std::size_t i = first; i < log.size(); ++i) {
    const Verdict verdict = place.take(log[i].stream, log[i].stamp);
    if (verdict == Verdict::kUnconnected) break;
    if (verdict == Verdict::kNew) found.push_back(i);
  }
  return found;
}

/// Reads the first `count` lines and returns the cursor after them.
LogCursor after(const Log& log, std::size_t count) {
  LogPlace place({});
  news(place, Log(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(count)));
  return place.cursor();
}

void expect_exactly_once(const Log& log) {
  for (std::size_t read = 0; read <= log.size(); ++read) {
    LogPlace place(after(log, read));
    std::vector<std::size_t> wanted;
    for (std::size_t i = read; i < log.size(); ++i) wanted.push_back(i);
    EXPECT_EQ(news(place, log), wanted) << "after " << read << " lines";
    EXPECT_TRUE(news(place, log).empty()) << "read a second time";
  }
}

TEST(LogPlace, ContinuesAfterAnyLine) {
  expect_exactly_once({{kOut, 1}, {kOut, 2}, {kErr, 3}, {kOut, 4}});
}

TEST(LogPlace, CountsLinesWithEqualStampsPerStream) {
  expect_exactly_once(
      {{kOut, 1}, {kOut, 1}, {kErr, 1}, {kOut, 1}, {kErr, 1}, {kErr, 2}, {kOut, 2}});
}

TEST(LogPlace, StreamsMayBeOutOfOrderAmongEachOther) {
  expect_exactly_once({{kErr, 106}, {kOut, 105}, {kErr, 107}, {kOut, 108}, {kErr, 108}});
}

TEST(LogPlace, AClockThatWasSetBackDoesNoHarm) {
  expect_exactly_once(
      {{kOut, 100}, {kOut, 200}, {kOut, 150}, {kErr, 151}, {kOut, 160}, {kOut, 201}});
}

// Goal: the same for logs of any order of streams and stamps, with a clock that never goes back.
TEST(LogPlace, ContinuesAnywhereInRandomLogs) {
  Prng prng(7);
  for (int round = 0; round < 300; ++round) {
    Log log;
    std::int64_t now = 10;
    for (int i = 0; i < 12; ++i) {
      now += static_cast<std::int64_t>(prng.below(3));
      log.push_back({prng.chance(500) ? kOut : kErr, now});
    }
    expect_exactly_once(log);
  }
}

TEST(LogPlace, ALaterBeginningIsConnectedOnlyByLinesThatWereRead) {
  const Log log{{kOut, 1}, {kOut, 2}, {kOut, 2}, {kOut, 3}, {kErr, 4}};
  LogPlace place(after(log, 3));
  EXPECT_EQ(news(place, log, 3), (std::vector<std::size_t>{})) << "2 was not seen";
  EXPECT_EQ(news(place, log, 2), (std::vector<std::size_t>{})) << "one of two was not seen";
  EXPECT_EQ(news(place, log, 1), (std::vector<std::size_t>{3, 4}));
}

TEST(LogPlace, NothingReadIsConnectedOnlyToTheFirstLine) {
  const Log log{{kOut, 1}, {kOut, 2}};
  LogPlace place({});
  EXPECT_TRUE(news(place, log, 1).empty());
  EXPECT_EQ(place.last_stamp(), std::nullopt);
  EXPECT_EQ(news(place, log, 0), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(place.last_stamp(), 2);
}

TEST(LogPlace, MissingLinesCanBeAccepted) {
  LogPlace place(after({{kOut, 1}, {kErr, 2}}, 2));
  place.begin_reading(Begin::kFirstLine);
  EXPECT_EQ(place.take(kOut, 7), Verdict::kUnconnected);
  EXPECT_EQ(place.last_stamp(), 2) << "it has not moved";
  place.accept_missing();
  EXPECT_EQ(place.take(kOut, 7), Verdict::kNew);
  EXPECT_EQ(place.take(kErr, 8), Verdict::kNew);
  place.begin_reading(Begin::kLaterLine);
  EXPECT_EQ(place.take(kErr, 9), Verdict::kUnconnected) << "accepted for one reading only";
}

TEST(LogPlace, ARepeatedOrEarlierLineStepsBack) {
  LogPlace place(after({{kOut, 5}, {kErr, 7}}, 2));
  EXPECT_TRUE(place.steps_back(kOut, 4));
  EXPECT_TRUE(place.steps_back(kOut, 5));
  EXPECT_FALSE(place.steps_back(kOut, 6));
  EXPECT_TRUE(place.steps_back(kErr, 7));
  EXPECT_FALSE(LogPlace({}).steps_back(kErr, 1));
}

}  // namespace
}  // namespace hearth::docker
