#include "adapters/host/proc_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace hearth::host {
namespace {

constexpr std::uint64_t kWhole = 1000;

/// Takes the word before the next space; the rest stays in `text`.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

std::optional<std::uint64_t> number(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (ec != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// The rest of the line that begins with `key`; nullopt if there is none or it has no end.
std::optional<std::string_view> line_after(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(key)) return line.substr(key.size());
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

/// "  16384 kB".
std::optional<std::uint64_t> bytes_after(std::string_view meminfo, std::string_view key) {
  constexpr std::uint64_t kKibibyte = 1024;
  auto rest = line_after(meminfo, key);
  if (!rest) return std::nullopt;
  const auto kibibytes = number(take_word(*rest));
  if (!kibibytes || *kibibytes > std::numeric_limits<std::uint64_t>::max() / kKibibyte ||
      take_word(*rest) != "kB") {
    return std::nullopt;
  }
  return *kibibytes * kKibibyte;
}

}  // namespace

std::optional<CpuTimes> parse_cpu_times(std::string_view stat) {
  enum : std::size_t {
    kIdle = 3,
    kIoWait = 4,
    kFields = 8
  };  // user nice system idle iowait irq
      // softirq steal; guests are in user.
  auto rest = line_after(stat, "cpu ");
  if (!rest) return std::nullopt;
  CpuTimes times;
  for (std::size_t field = 0; field < kFields; ++field) {
    const auto ticks = number(take_word(*rest));
    if (!ticks) return std::nullopt;
    times.total += *ticks;
    if (field != kIdle && field != kIoWait) times.busy += *ticks;
  }
  return times;
}

std::optional<std::uint16_t> cpu_use(const CpuTimes& before, const CpuTimes& after) {
  if (after.total <= before.total) return std::nullopt;
  const std::uint64_t passed = after.total - before.total;
  // The kernel's I/O wait can run backwards, and busy time then runs ahead of the total.
  const std::uint64_t busy = after.busy < before.busy ? 0 : after.busy - before.busy;
  return static_cast<std::uint16_t>(std::min(busy, passed) * kWhole / passed);
}

std::optional<MemoryAmounts> parse_memory(std::string_view meminfo) {
  const auto total = bytes_after(meminfo, "MemTotal:");
  const auto available = bytes_after(meminfo, "MemAvailable:");
  if (!total || !available || *total == 0) return std::nullopt;
  return MemoryAmounts{.total_bytes = *total, .available_bytes = std::min(*available, *total)};
}

std::uint16_t memory_use(const MemoryAmounts& memory) {
  const std::uint64_t used = memory.total_bytes - memory.available_bytes;
  // In KiB, so that the product fits whatever the kernel reported.
  return static_cast<std::uint16_t>((used >> 10) * kWhole / (memory.total_bytes >> 10));
}

std::optional<std::uint16_t> parse_stall(std::string_view pressure, StallOf tasks) {
  const auto rest = line_after(pressure, tasks == StallOf::kSome ? "some avg10=" : "full avg10=");
  if (!rest) return std::nullopt;
  const std::string_view percent = rest->substr(0, rest->find(' '));  // "12.34"
  const std::size_t dot = percent.find('.');
  if (dot == std::string_view::npos || dot + 1 >= percent.size()) return std::nullopt;
  const auto whole = number(percent.substr(0, dot));
  const auto tenths = number(percent.substr(dot + 1, 1));
  if (!whole || !tenths || *whole > 100) return std::nullopt;
  return static_cast<std::uint16_t>(std::min(*whole * 10 + *tenths, kWhole));
}

}  // namespace hearth::host
