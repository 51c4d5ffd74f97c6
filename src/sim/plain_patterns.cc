#include "sim/plain_patterns.h"

#include <cstdint>
#include <string>
#include <variant>

namespace hearth::sim {
namespace {

struct PatternOf {
  std::string operator()(const MustNotAppear& rule) const { return rule.pattern; }
  std::string operator()(const MustAppear& rule) const { return rule.pattern; }
  std::string operator()(const MustRecur& rule) const { return rule.pattern; }
  std::string operator()(const LogSilence&) const { return {}; }
};

class PlainMatcher final : public LineMatcher {
 public:
  explicit PlainMatcher(std::vector<LogRule> rules) : rules_(std::move(rules)) {}

  std::span<const std::uint16_t> match(std::string_view line, LogStream stream) override {
    found_.clear();
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const std::string pattern = std::visit(PatternOf{}, rules_[i].condition);
      const bool reads = rules_[i].stream == LogStream::kAny || rules_[i].stream == stream;
      if (!pattern.empty() && reads && line.find(pattern) != std::string_view::npos) {
        found_.push_back(static_cast<std::uint16_t>(i));
      }
    }
    return found_;
  }

 private:
  std::vector<LogRule> rules_;
  std::vector<std::uint16_t> found_;
};

}  // namespace

std::optional<PatternFault> PlainPatterns::fault_of(std::string_view) const {
  return std::nullopt;
}

Result<std::unique_ptr<LineMatcher>> PlainPatterns::compile(
    const std::vector<LogRule>& rules) const {
  return std::make_unique<PlainMatcher>(rules);
}

}  // namespace hearth::sim
