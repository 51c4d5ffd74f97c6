#include "shell/log/log_limit.h"

#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace hearth {

std::optional<std::uint64_t> LogLimit::admit(const std::string& kind, MonoTime now) {
  if (kinds_.size() >= kKindsMax && !kinds_.contains(kind)) kinds_.clear();
  const auto [entry, is_new] = kinds_.try_emplace(kind);
  Kind& known = entry->second;
  if (!is_new && now < known.next) {
    ++known.left_out;
    return std::nullopt;
  }
  known.next = now + kPeriod;
  return std::exchange(known.left_out, 0);
}

void LogLimit::warn(const std::string& kind, std::string_view text, MonoTime now) {
  const std::optional<std::uint64_t> left_out = admit(kind, now);
  if (!left_out) return;
  spdlog::warn("{}{}", text,
               *left_out == 0 ? "" : fmt::format(" ({} similar suppressed)", *left_out));
}

}  // namespace hearth
