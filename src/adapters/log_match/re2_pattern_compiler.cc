#include "adapters/log_match/re2_pattern_compiler.h"

#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "adapters/log_match/pattern_fault.h"
#include "adapters/log_match/re2_line_matcher.h"

namespace hearth::log_match {
namespace {

/// A pattern of a rule, with the name of its field.
struct Field {
  std::string_view name;
  std::string_view pattern;
};

std::optional<Field> pattern_field(const LogRule& rule) {
  if (const auto* condition = std::get_if<MustNotAppear>(&rule.condition)) {
    return Field{"must_not_appear", condition->pattern};
  }
  if (const auto* condition = std::get_if<MustAppear>(&rule.condition)) {
    return Field{"must_appear", condition->pattern};
  }
  if (const auto* condition = std::get_if<MustRecur>(&rule.condition)) {
    return Field{"must_recur", condition->pattern};
  }
  return std::nullopt;
}

/// Empty if the rule spares no line.
std::string_view unless_of(const LogRule& rule) {
  const auto* condition = std::get_if<MustNotAppear>(&rule.condition);
  return condition ? std::string_view(condition->unless) : std::string_view();
}

}  // namespace

std::optional<PatternFault> Re2PatternCompiler::fault_of(std::string_view pattern) const {
  if (pattern.empty()) {
    return PatternFault{"it is empty, and would match every line; write '.*' if that is meant",
                        std::nullopt};
  }
  if (pattern.size() > kPatternBytesMax) {
    return PatternFault{
        fmt::format("it has {} bytes; at most {} are allowed", pattern.size(), kPatternBytesMax),
        std::nullopt};
  }
  if (std::optional<PatternFault> fault = syntax_fault(pattern, kPatternMemoryMax)) return fault;
  return multibyte_fault(pattern);
}

Result<std::unique_ptr<LineMatcher>> Re2PatternCompiler::compile(
    const std::vector<LogRule>& rules) const {
  if (rules.size() > kLogRulesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} log rules; at most {} are allowed", rules.size(), kLogRulesMax));
  }
  std::vector<Re2LineMatcher::Pattern> patterns;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::optional<Field> field = pattern_field(rules[i]);
    if (!field) continue;
    const std::string_view unless = unless_of(rules[i]);
    for (const Field& checked : {*field, Field{"unless", unless}}) {
      if (checked.name == "unless" && checked.pattern.empty()) continue;
      if (const std::optional<PatternFault> fault = fault_of(checked.pattern)) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("log rule '{}': the pattern of {} is wrong: {}", rules[i].name,
                                checked.name, show(*fault)));
      }
    }
    patterns.push_back({.rule = static_cast<std::uint16_t>(i),
                        .stream = rules[i].stream,
                        .text = std::string(field->pattern),
                        .unless = unless.empty()
                                      ? nullptr
                                      : std::make_unique<re2::RE2>(std::string(unless),
                                                                   options(kPatternMemoryMax))});
  }
  std::unique_ptr<LineMatcher> matcher = Re2LineMatcher::create(std::move(patterns));
  if (!matcher) {
    return fail(ErrorCode::kExhausted,
                fmt::format("the patterns of {} log rules are too large together when compiled; "
                            "repeat less ({{1,1000}}) or use fewer rules",
                            rules.size()));
  }
  return matcher;
}

std::optional<std::string> pattern_fault(std::string_view pattern) {
  const std::optional<PatternFault> fault = Re2PatternCompiler().fault_of(pattern);
  return fault ? std::optional(show(*fault)) : std::nullopt;
}

}  // namespace hearth::log_match
