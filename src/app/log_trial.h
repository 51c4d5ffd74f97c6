#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "base/time.h"
#include "cli/log_trial.h"

namespace hearth {

/// Firings kept per trial; the others are counted.
inline constexpr std::size_t kTrialFiringsMax = 1000;
/// The longest recording. Beyond it, a timestamp is most likely damaged.
inline constexpr Duration kTrialLengthMax = std::chrono::hours(24 * 366);

/// Applies rules to a recorded log with the matcher and the rules of the agent, as if a container
/// had started with its first line and a reader had followed it without a break.
///
/// What a rule does has no effect on the recording: no line is left out because its container would
/// have been replaced. What is absent after the last line is not judged. A recording does not say
/// which stream a line was written to, so every rule reads every line. Times count in milliseconds;
/// a line without a timestamp, or with an earlier one than the line before, counts as written when
/// that one was.
Result<cli::LogTrial> try_log_rules(const std::vector<LogRule>& rules,
                                    const cli::LogRecording& log);

}  // namespace hearth
