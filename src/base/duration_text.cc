#include "base/duration_text.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace hearth {
namespace {

using std::chrono::days;
using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kLongest = days(365);

struct Unit {
  std::string_view suffix;
  Duration length;
};
constexpr Unit kUnits[] = {
    {"ms", milliseconds(1)}, {"s", seconds(1)}, {"m", minutes(1)}, {"h", hours(1)}};

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  double count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, count, std::chars_format::fixed);
  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (ec != std::errc() || suffix != unit.suffix || !std::isfinite(count) || count < 0) continue;
    const double nanoseconds = count * static_cast<double>(unit.length.count());
    if (nanoseconds > static_cast<double>(kLongest.count())) {
      return fail(ErrorCode::kInvalidArgument, "a duration must not exceed 365 days");
    }
    return Duration(static_cast<Duration::rep>(std::llround(nanoseconds)));
  }
  return fail(ErrorCode::kInvalidArgument,
              "a duration is a number with a unit: \"250ms\", \"1.5s\", \"2m\" or \"1h\"");
}

std::string show_duration(Duration duration) {
  if (duration < Duration::zero()) return "-" + show_duration(-duration);
  if (duration < seconds(1))
    return fmt::format("{} ms", duration_cast<milliseconds>(duration).count());
  if (duration < minutes(1)) {
    const auto tenths = duration_cast<milliseconds>(duration).count() / 100;
    return fmt::format("{}.{} s", tenths / 10, tenths % 10);
  }
  const auto pair = [&](auto large, const char* large_name, auto small, const char* small_name) {
    const auto whole = duration_cast<decltype(large)>(duration);
    return fmt::format("{} {} {} {}", whole.count(), large_name,
                       duration_cast<decltype(small)>(duration - whole).count(), small_name);
  };
  if (duration < hours(1)) return pair(minutes(), "m", seconds(), "s");
  if (duration < days(1)) return pair(hours(), "h", minutes(), "m");
  return pair(days(), "d", hours(), "h");
}

std::string show_time(WallTime time) {
  const auto day = std::chrono::floor<days>(time.time_since_epoch());
  const auto in_day = time.time_since_epoch() - day;
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const std::chrono::hh_mm_ss clock(in_day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace hearth
