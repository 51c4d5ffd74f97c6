#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "ports/line_matcher.h"

namespace hearth::log_match {

/// Patterns compiled by RE2, which matches in time linear in the line, whatever the pattern.
///
/// RE2 reads patterns and lines as Latin-1, byte by byte: in UTF-8 its '.' would stop at an invalid
/// byte, and a damaged line would escape its rule. So a character outside ASCII is several bytes:
/// it matches itself, but inside [] or before an operator of repetition it would not mean what it
/// looks like, and is refused there.
class Re2PatternCompiler final : public PatternCompiler {
 public:
  /// The most memory of one pattern that is searched alone, with what RE2 learns while it matches.
  static constexpr std::size_t kPatternMemoryMax = 256UL * 1024;
  /// Likewise, of all patterns of a workload that are searched together.
  static constexpr std::size_t kSetMemoryMax = 2048UL * 1024;

  std::optional<PatternFault> fault_of(std::string_view pattern) const override;
  Result<std::unique_ptr<LineMatcher>> compile(const std::vector<LogRule>& rules) const override;
};

/// Why `pattern` cannot be used, in words with its place; nullopt if it can.
std::optional<std::string> pattern_fault(std::string_view pattern);

}  // namespace hearth::log_match
