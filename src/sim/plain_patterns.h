#pragma once

#include <memory>
#include <vector>

#include "ports/line_matcher.h"

namespace hearth::sim {

/// Patterns without any special character: a line matches if it contains one.
class PlainPatterns final : public PatternCompiler {
 public:
  std::optional<PatternFault> fault_of(std::string_view pattern) const override;
  Result<std::unique_ptr<LineMatcher>> compile(const std::vector<LogRule>& rules) const override;
};

}  // namespace hearth::sim
