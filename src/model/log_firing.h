#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "model/log_rule.h"

namespace hearth {

/// A rule fired: its action is due.
struct LogFiring {
  std::string rule;  ///< Its name.
  HealthAction action{};
  std::string why;             ///< In words.
  std::string line;            ///< The line that completed it, shortened; empty for an absence.
  std::uint64_t held_off = 0;  ///< Firings since the one before, which the hold-off suppressed.
  MonoTime at{};
  bool operator==(const LogFiring&) const = default;
};

}  // namespace hearth
