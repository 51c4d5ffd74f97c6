#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ports/line_matcher.h"

namespace hearth {

/// For tests: a `must_not_appear` matches a line that contains its pattern; "(" does not compile.
class FakePatterns final : public PatternCompiler {
 public:
  std::optional<PatternFault> fault_of(std::string_view) const override { return std::nullopt; }
  Result<std::unique_ptr<LineMatcher>> compile(const std::vector<LogRule>& rules) const override {
    auto matcher = std::make_unique<Matcher>();
    for (const LogRule& rule : rules) {
      matcher->patterns.push_back(std::get<MustNotAppear>(rule.condition).pattern);
      if (matcher->patterns.back() == "(") {
        return fail(ErrorCode::kInvalidArgument, "rule '" + rule.name + "': missing )");
      }
    }
    return matcher;
  }

 private:
  struct Matcher final : LineMatcher {
    std::span<const std::uint16_t> match(std::string_view line, LogStream) override {
      found.clear();
      for (std::size_t i = 0; i < patterns.size(); ++i) {
        if (line.find(patterns[i]) != std::string_view::npos)
          found.push_back(static_cast<std::uint16_t>(i));
      }
      return found;
    }
    std::vector<std::string> patterns;
    std::vector<std::uint16_t> found;
  };
};

}  // namespace hearth
