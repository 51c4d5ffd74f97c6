#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace hearth {

/// Parses "250ms", "1.5s", "2m", "1h". Anything else, a negative duration, or one above 365 days is
/// an error that says what is accepted.
Result<Duration> parse_duration(std::string_view text);

/// What parse_duration() reads as exactly this duration, in the largest unit that divides it:
/// "10s", "90m", "0.25ms". 0 to 49 days.
std::string exact_duration(Duration duration);

/// For display: "250 ms", "1.2 s", "3 m 20 s", "2 h 5 m", "4 d 1 h".
std::string show_duration(Duration duration);

/// RFC 3339 in UTC with milliseconds: "2026-03-01T09:15:02.123Z".
std::string show_time(WallTime time);

/// Parses RFC 3339 in any time zone; digits beyond the millisecond are dropped.
Result<WallTime> parse_time(std::string_view text);

}  // namespace hearth
