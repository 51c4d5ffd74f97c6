#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace hearth::core {

/// A line that the pattern of a rule matches, on the rule's stream, and that its `unless` does not
/// spare.
struct MatchedLine {
  std::uint16_t rule;  ///< Its index in the workload's rules.
  /// nullopt: it arrived while the reader was caught up, so it is new, whatever its stamp. Else how
  /// long ago it was written by its stamp; a negative age (a clock was set back) counts as zero.
  std::optional<Duration> age;
  std::string text;  ///< For operators; kept to RuleWatch::kEvidenceBytesMax bytes.
  bool operator==(const MatchedLine&) const = default;
};

/// The lines of one stream in a batch, whether a rule matches them or not.
struct StreamLines {
  std::uint64_t count = 0;
  std::optional<Duration> age;  ///< Of the latest, as in MatchedLine.
  bool operator==(const StreamLines&) const = default;
};

/// Lines of the container's log, in the order in which they were read.
struct LogLines {
  StreamLines from_stdout;
  StreamLines from_stderr;
  std::vector<MatchedLine> matched;
  bool operator==(const LogLines&) const = default;
};

/// Lines that were written and will never be read: `lines` of them, if that is known.
struct LogGap {
  Duration from_age{};  ///< Of its beginning.
  Duration to_age{};    ///< Of its end. >= 0, <= `from_age`.
  std::optional<std::uint64_t> lines;
  bool operator==(const LogGap&) const = default;
};

}  // namespace hearth::core
