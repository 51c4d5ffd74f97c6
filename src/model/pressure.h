#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/check.h"

namespace hearth {

/// A resource of which a machine can run short.
enum class Shortage : std::uint8_t { kCpu, kMemory, kIo };

/// How much time the machine's tasks lose to waiting, by the kernel's pressure stall information
/// (PSI): thousandths of the last 10 s. Absent: the kernel does not report it.
struct Pressure {
  std::optional<std::uint16_t> cpu_some;     ///< Some task waited for a processor.
  std::optional<std::uint16_t> memory_full;  ///< All tasks waited for memory at once.
  std::optional<std::uint16_t> io_full;      ///< All tasks waited for I/O at once.
  bool operator==(const Pressure&) const = default;
};

/// "memory".
constexpr std::string_view name_of(Shortage shortage) {
  switch (shortage) {
    case Shortage::kCpu: return "CPU";
    case Shortage::kMemory: return "memory";
    case Shortage::kIo: return "I/O";
  }
  HEARTH_CHECK(false);
}

}  // namespace hearth
