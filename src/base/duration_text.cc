#include "base/duration_text.h"

#include <charconv>
#include <cmath>
#include <optional>

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

/// Parses a fixed format from the front; after the first mismatch nothing fits.
class FixedForm {
 public:
  explicit FixedForm(std::string_view text) : rest_(text) {}

  /// Exactly `digits` decimal digits.
  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + next_digit().value_or(0);
    return value;
  }
  /// One of `choices`, or '\0'.
  char one_of(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return spoil();
    return take();
  }
  /// ".123…", in milliseconds: at least one digit must follow the point.
  milliseconds fraction() {
    if (rest_.empty() || rest_.front() != '.') return milliseconds(0);
    take();
    int value = next_digit().value_or(0) * 100;
    for (int weight = 10; !rest_.empty() && is_digit(rest_.front()); weight /= 10) {
      value += weight * (take() - '0');
    }
    return milliseconds(value);
  }
  bool fits() const { return fits_ && rest_.empty(); }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  char spoil() {
    fits_ = false;
    return '\0';
  }
  std::optional<int> next_digit() {
    if (!rest_.empty() && is_digit(rest_.front())) return take() - '0';
    spoil();
    return std::nullopt;
  }

  std::string_view rest_;
  bool fits_ = true;
};

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
              "must be a duration with a unit, such as \"250ms\", \"1.5s\", \"2m\" or \"1h\"");
}

std::string exact_duration(Duration duration) {
  for (const Unit* unit = std::end(kUnits); unit-- != std::begin(kUnits);) {
    if (duration % unit->length != Duration::zero()) continue;
    if (duration == Duration::zero()) return "0s";
    return fmt::format("{}{}", duration / unit->length, unit->suffix);
  }
  constexpr Duration kMillisecond = milliseconds(1);
  std::string text =
      fmt::format("{}.{:06}", duration / kMillisecond, (duration % kMillisecond).count());
  text.erase(text.find_last_not_of('0') + 1);
  return text + "ms";
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

Result<WallTime> parse_time(std::string_view text) {
  FixedForm form(text);
  const int year = form.number(4);
  form.one_of("-");
  const int month = form.number(2);
  form.one_of("-");
  const int day = form.number(2);
  form.one_of("Tt ");
  const int hour = form.number(2);
  form.one_of(":");
  const int minute = form.number(2);
  form.one_of(":");
  const int second = form.number(2);
  const milliseconds fraction = form.fraction();
  const char zone = form.one_of("Zz+-");
  minutes ahead_of_utc(0);
  if (zone == '+' || zone == '-') {
    const int zone_hour = form.number(2);
    form.one_of(":");
    const int zone_minute = form.number(2);
    ahead_of_utc = hours(zone_hour) + minutes(zone_minute);
    if (zone_hour > 23 || zone_minute > 59) form.one_of("");
    if (zone == '-') ahead_of_utc = -ahead_of_utc;
  }
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  // A leap second (":60") reads as the first second of the next minute.
  if (!form.fits() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return fail(ErrorCode::kInvalidArgument,
                "must be a time as in \"2026-03-01T09:15:02.123Z\" (RFC 3339)");
  }
  return WallTime(std::chrono::sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) +
                  seconds(second) + fraction - ahead_of_utc);
}

}  // namespace hearth
