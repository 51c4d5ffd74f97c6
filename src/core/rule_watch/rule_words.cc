#include "core/rule_watch/rule_words.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "base/shortened.h"

namespace hearth::core {
namespace {

constexpr std::size_t kQuotedPatternBytesMax = 80;

std::string quoted(const std::string& pattern) {
  return fmt::format("'{}'", shortened(pattern, kQuotedPatternBytesMax));
}

std::string on_stream(const LogRule& rule) {
  return rule.stream == LogStream::kAny ? "" : fmt::format(" on {}", name_of(rule.stream));
}

struct FaultWords {
  const LogRule& rule;
  bool met_before;

  std::string operator()(const MustNotAppear& condition) const {
    if (condition.count <= 1) {
      return fmt::format("a line{} matches {}", on_stream(rule), quoted(condition.pattern));
    }
    return fmt::format("{} lines{} within {} match {}", condition.count, on_stream(rule),
                       show_duration(condition.within), quoted(condition.pattern));
  }
  std::string operator()(const MustAppear& condition) const {
    return fmt::format("no line{} matches {} within {} of the start", on_stream(rule),
                       quoted(condition.pattern), show_duration(condition.within));
  }
  std::string operator()(const MustRecur& condition) const {
    if (!met_before) {
      return fmt::format("no line{} matches {} within {} of the start", on_stream(rule),
                         quoted(condition.pattern),
                         show_duration(std::max(condition.every, condition.grace)));
    }
    return fmt::format("no line{} matched {} for {}", on_stream(rule), quoted(condition.pattern),
                       show_duration(condition.every));
  }
  std::string operator()(const LogSilence& condition) const {
    return fmt::format("no line{} for {}", on_stream(rule), show_duration(condition.longest));
  }
};

}  // namespace

std::string words_of_fault(const LogRule& rule, bool met_before) {
  return std::visit(FaultWords{rule, met_before}, rule.condition);
}

}  // namespace hearth::core
