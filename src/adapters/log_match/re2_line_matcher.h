#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>
#include <re2/set.h>

#include "ports/line_matcher.h"

namespace hearth::log_match {

/// Searches all patterns in one pass over the line (RE2::Set), or a single one alone, for which RE2
/// has faster ways. Private to this folder.
class Re2LineMatcher final : public LineMatcher {
 public:
  /// The pattern of one rule.
  struct Pattern {
    std::uint16_t rule;  ///< Its index.
    LogStream stream;
    std::string text;
    std::unique_ptr<re2::RE2> unless;  ///< Null: no line is spared.
  };

  /// nullopt: the patterns are too large together. Each compiles alone.
  static std::unique_ptr<Re2LineMatcher> create(std::vector<Pattern> patterns);

  std::span<const std::uint16_t> match(std::string_view line, LogStream stream) override;

 private:
  explicit Re2LineMatcher(std::vector<Pattern> patterns) : patterns_(std::move(patterns)) {}

  bool compile();
  /// Fills found_ with the indexes of the patterns that match.
  bool search(const re2::StringPiece& line);

  std::vector<Pattern> patterns_;  ///< Ascending by rule.
  bool reads_stdout_ = false;
  bool reads_stderr_ = false;
  std::unique_ptr<re2::RE2> alone_;          ///< If there is one pattern.
  std::unique_ptr<re2::RE2::Set> together_;  ///< If there are several.
  std::vector<int> found_;
  std::vector<std::uint16_t> matching_;
};

}  // namespace hearth::log_match
