#include "core/rule_watch/rule_watch.h"

#include <gtest/gtest.h>

#include "core/rule_watch/rule_words.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

LogRule rule_of(decltype(LogRule::condition) condition, LogStream stream = LogStream::kAny) {
  return {.name = "rule", .condition = std::move(condition), .stream = stream};
}

TEST(RuleWords, SayWhatWasReadOrMissed) {
  EXPECT_EQ(words_of_fault(rule_of(MustNotAppear{"a", "b", 3, 1min}, LogStream::kStderr), false),
            "3 lines on stderr within 1 m 0 s match 'a'");
  EXPECT_EQ(words_of_fault(rule_of(MustNotAppear{"a", "b", 1, {}}, LogStream::kStdout), false),
            "a line on stdout matches 'a'");
  EXPECT_EQ(words_of_fault(rule_of(MustAppear{"a", 30s}, LogStream::kStdout), false),
            "no line on stdout matches 'a' within 30.0 s of the start");
  EXPECT_EQ(words_of_fault(rule_of(MustRecur{"a", 10s, 30s}, LogStream::kStdout), true),
            "no line on stdout matched 'a' for 10.0 s");
  EXPECT_EQ(words_of_fault(rule_of(MustRecur{"a", 10s, 30s}, LogStream::kStdout), false),
            "no line on stdout matches 'a' within 30.0 s of the start");
  EXPECT_EQ(words_of_fault(rule_of(LogSilence{5min}), false), "no line for 5 m 0 s");
}

TEST(RuleWords, QuoteTheBeginningOfALongPattern) {
  const std::string words =
      words_of_fault(rule_of(MustNotAppear{.pattern = std::string(kPatternBytesMax, 'p')}), false);
  EXPECT_LT(words.size(), 110U);
}

TEST(RuleWatch, AFaultOfAbsenceIsHeldOffToo) {
  RuleWatch watch(rule_of(MustRecur{"a", 10s, {}}));
  watch.begin();
  const MonoTime start(1h);
  EXPECT_TRUE(watch.tend({start + 10s, 10s}));
  EXPECT_FALSE(watch.tend({start + 20s, 20s}));
  EXPECT_EQ(watch.state().held_off, 1U);
  EXPECT_EQ(watch.next_due(), 30s);
}

TEST(RuleWatch, AFaultLastsAsLongAsItsWindowOrItsHoldOff) {
  for (const Duration within : {Duration(1min), Duration(1h)}) {
    RuleWatch watch(rule_of(MustNotAppear{"a", "", 1, within}));
    watch.begin();
    const MonoTime start(1h);
    EXPECT_TRUE(watch.on_line(0s, "a", {start, 3s}));
    EXPECT_EQ(watch.next_due(), 3s + std::max<Duration>(within, 5min));
  }
}

TEST(RuleWatch, ReadsItsStream) {
  EXPECT_TRUE(RuleWatch(rule_of(LogSilence{1s})).reads(LogStream::kStderr));
  EXPECT_FALSE(RuleWatch(rule_of(LogSilence{1s}, LogStream::kStdout)).reads(LogStream::kStderr));
}

}  // namespace
}  // namespace hearth::core
