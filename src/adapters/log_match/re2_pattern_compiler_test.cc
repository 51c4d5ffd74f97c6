#include "adapters/log_match/re2_pattern_compiler.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::log_match {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Re2PatternCompiler kCompiler;

LogRule bad(std::string pattern, std::string unless = "") {
  return {.name = "db-gone",
          .condition = MustNotAppear{.pattern = std::move(pattern), .unless = std::move(unless)}};
}

Error refusal(const std::vector<LogRule>& rules) {
  const Result<std::unique_ptr<LineMatcher>> matcher = kCompiler.compile(rules);
  return matcher ? Error{} : matcher.error();
}

struct Mistake {
  std::string pattern;
  std::optional<std::size_t> position;
  std::string words;
};

TEST(Re2PatternCompiler, SaysWhatIsWrongWhereAndWhatWouldBeRight) {
  const std::vector<Mistake> mistakes = {
      {"a(b", 0, "'(' without its ')'"},
      {"ab)", 0, "')' without its '('"},
      {"abc[d", 3, "'[' without its ']'; a bracket itself is written \\["},
      {"a\\y", 1, "'\\y' is no escape sequence; a backslash itself is written \\\\"},
      {"x\\\\y\\y", 4, "'\\y' is no escape sequence"},
      {"(a)\\1", 3, "RE2 cannot refer to an earlier group"},
      {"*a", 0, "'*' has nothing before it to repeat"},
      {"a{2000}", 1, "'{2000}' repeats too often"},
      {"a**", 1, "'**' repeats a repetition"},
      {"[z-a]", 1, "'z-a' is no range"},
      {"a(?!b)", 1, "RE2 cannot look ahead or behind; lines to be spared are what 'unless' is for"},
      {"(?<=a)b", 0, "RE2 cannot look ahead or behind"},
      {"a\\", std::nullopt, "a backslash at the end"},
      {"\xff", std::nullopt, "it is not UTF-8"},
      {"é[", 2, "'[' without its ']'"},
      {"a[bä]", 3, "a character outside ASCII within []"},
      {"ä+", 2, "a repetition of a character outside ASCII"},
      {"[acegikmoqsuwy]{900}", std::nullopt, "it is too large when compiled"},
      {"", std::nullopt, "it is empty"},
  };
  for (const Mistake& mistake : mistakes) {
    const std::optional<PatternFault> fault = kCompiler.fault_of(mistake.pattern);
    ASSERT_TRUE(fault) << mistake.pattern;
    EXPECT_EQ(fault->position, mistake.position) << mistake.pattern;
    EXPECT_THAT(fault->what, HasSubstr(mistake.words)) << mistake.pattern;
  }
}

TEST(Re2PatternCompiler, AcceptsWhatMeansWhatItLooksLike) {
  for (const std::string pattern :
       {"connection (refused|reset)", "(?i)out of memory", "ä", "(?:ä)+", "[]]ä", "[^]a]ä", "\\[ä]",
        "[[:digit:]]ä", "\\Q[ä+\\E", "\\Qä", "x{1,1000}", "$^"}) {
    EXPECT_EQ(kCompiler.fault_of(pattern), std::nullopt) << pattern;
  }
}

TEST(Re2PatternCompiler, APatternHasABound) {
  EXPECT_EQ(kCompiler.fault_of(std::string(kPatternBytesMax, 'x')), std::nullopt);
  const std::optional<PatternFault> fault =
      kCompiler.fault_of(std::string(kPatternBytesMax + 1, 'x'));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->what, "it has 1025 bytes; at most 1024 are allowed");
}

TEST(Re2PatternCompiler, NamesTheRuleAndTheField) {
  EXPECT_EQ(refusal({bad("ok"), bad("a[")}),
            (Error{ErrorCode::kInvalidArgument,
                   "log rule 'db-gone': the pattern of must_not_appear is wrong: at byte 1: '[' "
                   "without its ']'; a bracket itself is written \\["}));
  EXPECT_THAT(refusal({bad("ok", "a[")}).message, HasSubstr("the pattern of unless is wrong"));
  EXPECT_THAT(
      refusal({{.name = "ready", .condition = MustAppear{.pattern = "(", .within = 1s}}}).message,
      HasSubstr("log rule 'ready': the pattern of must_appear is wrong"));
  EXPECT_THAT(
      refusal({{.name = "alive", .condition = MustRecur{.pattern = "", .every = 1s}}}).message,
      HasSubstr("the pattern of must_recur is wrong: it is empty"));
}

TEST(Re2PatternCompiler, AWorkloadHasABoundedNumberOfRules) {
  EXPECT_TRUE(kCompiler.compile(std::vector<LogRule>(kLogRulesMax, bad("x"))));
  EXPECT_EQ(refusal(std::vector<LogRule>(kLogRulesMax + 1, bad("x"))).message,
            "201 log rules; at most 200 are allowed");
}

TEST(Re2PatternCompiler, PatternsThatAreTooLargeTogetherAreRefused) {
  std::vector<LogRule> large;
  for (std::size_t i = 0; i < kLogRulesMax; ++i)
    large.push_back(bad(std::to_string(i) + ":x{900}"));
  EXPECT_TRUE(kCompiler.compile({large[0], large[1]}));
  const Error error = refusal(large);
  EXPECT_EQ(error.code, ErrorCode::kExhausted);
  EXPECT_THAT(error.message, HasSubstr("200 log rules are too large together"));
}

RC_GTEST_PROP(Re2PatternCompiler, APatternWithoutAFaultCompiles, (std::string pattern)) {
  const bool good = !kCompiler.fault_of(pattern);
  RC_ASSERT(good == kCompiler.compile({bad(pattern)}).has_value());
  RC_ASSERT(good ==
            kCompiler.compile({bad("x"), bad("y", pattern.empty() ? "[" : pattern)}).has_value());
}

}  // namespace
}  // namespace hearth::log_match
