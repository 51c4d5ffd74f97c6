#include "adapters/log_match/re2_line_matcher.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "adapters/log_match/re2_pattern_compiler.h"
#include "base/check.h"

namespace hearth::log_match {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Indexes = std::vector<std::uint16_t>;

LogRule bad(std::string pattern, std::string unless = "", LogStream stream = LogStream::kAny) {
  return {.name = "bad",
          .condition = MustNotAppear{.pattern = std::move(pattern), .unless = std::move(unless)},
          .stream = stream};
}

std::unique_ptr<LineMatcher> compiled(const std::vector<LogRule>& rules) {
  Result<std::unique_ptr<LineMatcher>> matcher = Re2PatternCompiler().compile(rules);
  HEARTH_CHECK(matcher.has_value());
  return *std::move(matcher);
}

Indexes matches(LineMatcher& matcher, std::string_view line,
                LogStream stream = LogStream::kStdout) {
  const std::span<const std::uint16_t> found = matcher.match(line, stream);
  return {found.begin(), found.end()};
}

TEST(Re2LineMatcher, NamesTheRulesWhosePatternMatchesInTheirOrder) {
  const auto matcher = compiled({
      bad("refused"),
      {.name = "quiet", .condition = LogSilence{.longest = 1min}},
      {.name = "ready", .condition = MustAppear{.pattern = "listening on", .within = 30s}},
      {.name = "alive", .condition = MustRecur{.pattern = "^sensors", .every = 10s}},
      bad("(?i)CONNECTION (refused|reset)"),
  });
  EXPECT_THAT(matches(*matcher, "connection refused"), ElementsAre(0, 4));
  EXPECT_THAT(matches(*matcher, "listening on port 80"), ElementsAre(2));
  EXPECT_THAT(matches(*matcher, "sensors 12"), ElementsAre(3));
  EXPECT_THAT(matches(*matcher, "12 sensors"), IsEmpty());
  EXPECT_THAT(matches(*matcher, ""), IsEmpty());
}

TEST(Re2LineMatcher, OnePatternAloneMatchesLikeManyTogether) {
  const std::vector<LogRule> rules = {bad("err+or", "ignored"), bad("$^ never")};
  const auto one = compiled({rules[0]});
  const auto two = compiled(rules);
  for (const std::string line : {"an errrror", "an error, ignored", "none", ""}) {
    EXPECT_EQ(matches(*one, line), matches(*two, line)) << line;
  }
  EXPECT_THAT(matches(*one, "an errrror"), ElementsAre(0));
}

TEST(Re2LineMatcher, WithoutAPatternNoLineMatches) {
  const auto none = compiled({{.name = "quiet", .condition = LogSilence{.longest = 1min}}});
  EXPECT_THAT(matches(*none, "anything"), IsEmpty());
  EXPECT_THAT(matches(*compiled({}), "anything"), IsEmpty());
}

TEST(Re2LineMatcher, UnlessSparesALine) {
  const auto matcher = compiled({bad("refused", "retrying"), bad("refused")});
  EXPECT_THAT(matches(*matcher, "refused"), ElementsAre(0, 1));
  EXPECT_THAT(matches(*matcher, "refused, retrying"), ElementsAre(1));
}

TEST(Re2LineMatcher, ARuleReadsItsStreamOnly) {
  const auto matcher = compiled({bad("x", "", LogStream::kStdout), bad("x", "", LogStream::kStderr),
                                 bad("x", "", LogStream::kAny)});
  EXPECT_THAT(matches(*matcher, "x", LogStream::kStdout), ElementsAre(0, 2));
  EXPECT_THAT(matches(*matcher, "x", LogStream::kStderr), ElementsAre(1, 2));
  const auto alone = compiled({bad("x", "", LogStream::kStderr)});
  EXPECT_THAT(matches(*alone, "x", LogStream::kStdout), IsEmpty());
  EXPECT_THAT(matches(*alone, "x", LogStream::kStderr), ElementsAre(0));
}

TEST(Re2LineMatcher, BytesThatAreNoTextHideNothing) {
  for (const bool alone : {true, false}) {
    std::vector<LogRule> rules = {bad("error.*fatal")};
    if (!alone) rules.push_back(bad("never"));
    const auto matcher = compiled(rules);
    const std::string garbage("\xff\xfe\x00\xc3 \x80", 6);
    EXPECT_THAT(matches(*matcher, garbage + "error" + garbage + "fatal" + garbage), ElementsAre(0));
    EXPECT_THAT(matches(*matcher, garbage), IsEmpty());
  }
}

TEST(Re2LineMatcher, ACharacterOutsideAsciiMatchesItself) {
  const auto matcher = compiled({bad("Gerät (?:ä|ö)+ €"), bad("never")});
  EXPECT_THAT(matches(*matcher, "das Gerät äöä € aus"), ElementsAre(0));
  EXPECT_THAT(matches(*matcher, "das Geraet äöä €"), IsEmpty());
}

TEST(Re2LineMatcher, OnlyTheFirst64KibOfALineAreLookedAt) {
  for (const auto& rules : {std::vector{bad("needle")}, std::vector{bad("needle"), bad("other")}}) {
    const auto matcher = compiled(rules);
    const std::string hay(LineMatcher::kLineBytesMax - 6, 'x');
    EXPECT_THAT(matches(*matcher, hay + "needle"), ElementsAre(0));
    EXPECT_THAT(matches(*matcher, hay + "xneedle"), IsEmpty());
  }
  const auto spared = compiled({bad("needle", "spared")});
  const std::string rest(LineMatcher::kLineBytesMax - 12, 'x');
  EXPECT_THAT(matches(*spared, "needle" + rest + "spared"), IsEmpty());
  EXPECT_THAT(matches(*spared, "needle" + rest + "xspared"), ElementsAre(0));
}

// Goal: no line makes it fail, and searching together finds what searching alone finds. Method: all
// bytes, patterns whose states explode, against matchers with one pattern each.
RC_GTEST_PROP(Re2LineMatcher, AnyLineMatchesTogetherAsItDoesAlone, (std::string line)) {
  static const std::vector<std::string> kPatterns = {"a.{20}b",      "(a|b)*c.{12}d",  "[^x]+$",
                                                     "\\x00",        "(?i)e",          "^.$",
                                                     "\\w+\\W+\\w+", "[[:digit:]]{2,}"};
  static const auto together = [] {
    std::vector<LogRule> rules;
    for (const std::string& pattern : kPatterns) rules.push_back(bad(pattern));
    return compiled(rules);
  }();
  const int repeats = *rc::gen::inRange(1, 30);
  std::string longer;
  for (int i = 0; i < repeats; ++i) longer += line + "ab";
  Indexes alone;
  for (std::uint16_t i = 0; i < kPatterns.size(); ++i) {
    if (!matches(*compiled({bad(kPatterns[i])}), longer).empty()) alone.push_back(i);
  }
  RC_ASSERT(matches(*together, longer) == alone);
}

}  // namespace
}  // namespace hearth::log_match
