#include "wire/resource_text.h"

#include <charconv>
#include <cmath>
#include <optional>

namespace hearth {
namespace {

/// The power of 1024 that a unit means; nullopt: it is no unit.
std::optional<unsigned> power_of(std::string_view unit) {
  if (unit.empty()) return 0;
  constexpr std::string_view kLower = "kmgt";
  constexpr std::string_view kUpper = "KMGT";
  std::size_t power = kUpper.find(unit.front());
  if (power == std::string_view::npos) power = kLower.find(unit.front());
  const std::string_view rest = unit.substr(1);
  const bool known = rest.empty() || rest == "B" || rest == "b" || rest == "i" || rest == "iB";
  if (power == std::string_view::npos || !known) return std::nullopt;
  return static_cast<unsigned>(power) + 1;
}

}  // namespace

Result<std::uint64_t> parse_memory_size(std::string_view text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, count);
  const auto power = power_of({rest, static_cast<std::size_t>(end - rest)});
  const bool fits = ec == std::errc() && power && count <= kMemoryBytesMax >> (10 * *power);
  const std::uint64_t bytes = fits ? count << (10 * *power) : 0;
  if (!fits || (bytes != 0 && bytes < kMemoryBytesMin)) {
    return fail(ErrorCode::kInvalidArgument,
                "memory is a number with a unit, from 6M to 1024T, or 0 for no limit: \"64M\", "
                "\"2G\"");
  }
  return bytes;
}

Result<std::uint32_t> parse_cpu_cores(std::string_view text) {
  double cores = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, cores, std::chars_format::fixed);
  return cpu_millis_of(ec == std::errc() && rest == end ? cores : std::nan(""));
}

Result<std::uint32_t> cpu_millis_of(double cores) {
  const double millis = std::round(cores * 1000);
  // False for "nan" as well.
  const bool in_range = cores == 0 || (millis >= 1 && millis <= kCpuMillisMax);
  if (in_range) return static_cast<std::uint32_t>(millis);
  return fail(ErrorCode::kInvalidArgument,
              "cpu is a number of cores, from 0.001 to 1000, or 0 for no limit: \"0.5\", \"2\"");
}

}  // namespace hearth
