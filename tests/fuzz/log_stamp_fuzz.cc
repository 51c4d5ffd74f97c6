#include <chrono>
#include <string>

#include <fmt/format.h>

#include "adapters/docker/log_stamp.h"
#include "stable_form.h"

namespace {

/// The stamp in the engine's own form.
std::string written(std::int64_t stamp) {
  using namespace std::chrono;
  const sys_time<nanoseconds> at{nanoseconds(stamp)};
  const sys_days day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace

/// The stamp before a line of a log: a moment that can be written again, or nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  const std::string_view text = text_of(data, size);
  const auto stamp = docker::parse_stamp(text);
  if (!stamp) return 0;
  HEARTH_CHECK(text.size() <= docker::kStampBytesMax);
  // An offset can lead just beyond the years that are accepted.
  const auto again = docker::parse_stamp(written(*stamp));
  HEARTH_CHECK(!again || *again == *stamp);
  return 0;
}
