#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/log_rule.h"

namespace hearth::core {

/// A rule that fires because something is absent waits at least this long, whatever it says: the
/// way of a line through the runtime takes a part of it.
inline constexpr Duration kAbsenceWaitMin = std::chrono::milliseconds(100);

/// How long an absence rule waits for a line.
struct AbsenceWait {
  Duration first;  ///< From the container's start.
  Duration next;   ///< From the last line that fulfilled it, and from each time that it did not.
};
/// nullopt: the rule does not wait for anything (`must_not_appear`).
std::optional<AbsenceWait> absence_wait(const LogRule& rule);

/// How long the fault of a `must_not_appear` lasts after the line that completed it: long enough
/// that it could not have been found again without being seen.
Duration fault_duration(const LogRule& rule, const MustNotAppear& condition);

/// The same for equal rules in the same order, on every machine.
std::uint64_t fingerprint_of(const std::vector<LogRule>& rules);

}  // namespace hearth::core
