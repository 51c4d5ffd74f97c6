#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/log_rule.h"

namespace hearth {

/// The patterns of one workload's log rules, compiled.
///
/// It knows nothing of time, counts or actions. Bytes are compared with bytes: a line may contain
/// anything, NUL and invalid UTF-8 included, and no line makes it fail. It can serve all instances
/// of a workload. Not thread-safe: one caller at a time.
class LineMatcher {
 public:
  /// Only this much of a line is looked at, from its beginning.
  static constexpr std::size_t kLineBytesMax = 64UL * 1024;

  virtual ~LineMatcher() = default;
  /// The indexes of the rules that `line` (without its end) concerns, ascending: those that read
  /// `stream` (not kAny), whose pattern matches, and whose `unless` does not. Rules without a
  /// pattern are never among them. Valid until the next call.
  virtual std::span<const std::uint16_t> match(std::string_view line, LogStream stream) = 0;
};

/// What is wrong with a pattern.
struct PatternFault {
  std::string what;                     ///< In words, with what would be right.
  std::optional<std::size_t> position;  ///< In the pattern, in bytes from 0, where it is known.
  bool operator==(const PatternFault&) const = default;
};

/// Checks and compiles patterns. Stateless and thread-safe.
class PatternCompiler {
 public:
  virtual ~PatternCompiler() = default;
  /// Why `pattern` cannot be used in a rule; nullopt if it can.
  virtual std::optional<PatternFault> fault_of(std::string_view pattern) const = 0;
  /// kInvalidArgument names the rule, the field, the place and what would be right; kExhausted: the
  /// patterns are good, but too large together.
  virtual Result<std::unique_ptr<LineMatcher>> compile(const std::vector<LogRule>& rules) const = 0;
};

}  // namespace hearth
