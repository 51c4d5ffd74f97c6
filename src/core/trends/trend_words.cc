#include "core/trends/trend_words.h"

#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::core {
namespace {

/// Without ".0": "64", "1.2".
std::string short_number(double number) {
  const std::string text = fmt::format("{:.1f}", number);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string bytes_words(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return fmt::format("{} {}", short_number(bytes), kUnits[unit]);
}

std::string about(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 1) return "now";
  if (seconds < 90) return fmt::format("in about {:.0f} s", std::ceil(seconds));
  if (seconds < 90 * 60) return fmt::format("in about {:.0f} min", seconds / 60);
  return fmt::format("in about {:.0f} h", seconds / 3600);
}

}  // namespace

std::string words_of_growth(TrendOf of, const Growth& growth, std::uint64_t limit) {
  const std::string when = about(growth.full_in);
  switch (of) {
    case TrendOf::kMemory:
      return fmt::format("memory grows {} a minute and reaches its limit of {} {}",
                         bytes_words(growth.per_minute), bytes_words(static_cast<double>(limit)),
                         when);
    case TrendOf::kOpenFiles:
      return fmt::format("open files grow by {} a minute and reach their limit of {} {}",
                         short_number(growth.per_minute), limit, when);
    case TrendOf::kProcesses:
      return fmt::format("processes grow by {} a minute and reach their limit of {} {}",
                         short_number(growth.per_minute), limit, when);
    case TrendOf::kRestarts: break;  // They have no limit.
  }
  HEARTH_CHECK(false);
}

}  // namespace hearth::core
