#include "adapters/docker/log_stamp.h"

#include <chrono>

namespace hearth::docker {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr int kYearMin = 1678;
constexpr int kYearMax = 2261;

/// Takes digits and separators off the front of a text; remembers whether one was missing.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    return value;
  }
  /// "123" after the point is 123,000,000 ns.
  std::int64_t decimals() {
    if (text_.empty() || text_.front() != '.') return 0;
    text_.remove_prefix(1);
    std::int64_t nanos = digit();
    int digits = 1;
    for (; digits < 9 && !text_.empty() && is_digit(text_.front()); ++digits) {
      nanos = nanos * 10 + digit();
    }
    for (; digits < 9; ++digits) nanos *= 10;
    return nanos;
  }
  void expect(char wanted) { well_ = take() == wanted && well_; }
  /// In minutes.
  int offset() {
    const char sign = take();
    if (sign == 'Z') return 0;
    well_ = well_ && (sign == '+' || sign == '-');
    const int hours = number(2);
    expect(':');
    const int minutes = number(2);
    well_ = well_ && hours < 24 && minutes < 60;
    return (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
  }
  bool well_at_end() const { return well_ && text_.empty(); }

 private:
  static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
  char take() {
    if (text_.empty()) {
      well_ = false;
      return '\0';
    }
    const char first = text_.front();
    text_.remove_prefix(1);
    return first;
  }
  int digit() {
    const char byte = take();
    well_ = well_ && is_digit(byte);
    return is_digit(byte) ? byte - '0' : 0;
  }

  std::string_view text_;
  bool well_ = true;
};

}  // namespace

std::optional<std::int64_t> parse_stamp(std::string_view text) {
  namespace chrono = std::chrono;
  Fields fields(text);
  const int year = fields.number(4);
  fields.expect('-');
  const int month = fields.number(2);
  fields.expect('-');
  const int day = fields.number(2);
  fields.expect('T');
  const int hour = fields.number(2);
  fields.expect(':');
  const int minute = fields.number(2);
  fields.expect(':');
  const int second = fields.number(2);
  const std::int64_t nanos = fields.decimals();
  const int offset = fields.offset();
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  const bool well = fields.well_at_end() && date.ok() && hour < 24 && minute < 60 && second <= 60 &&
                    year >= kYearMin && year <= kYearMax;
  if (!well) return std::nullopt;
  const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds =
      days * 86'400 + hour * 3600 + (minute - offset) * std::int64_t{60} + second;
  return seconds * kNanosPerSecond + nanos;
}

}  // namespace hearth::docker
