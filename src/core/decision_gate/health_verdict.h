#pragma once

#include <cstdint>
#include <string>

#include "model/instance.h"

namespace hearth::core {

/// What the health of a running container calls for.
struct HealthVerdict {
  Health health = Health::kStarting;
  std::string reason;             ///< Why it is not ready, in words; empty if it is.
  bool must_be_replaced = false;  ///< By another instance, before this one fails.
  std::string restart;            ///< Why a fresh container is needed; empty: none is.
  bool operator==(const HealthVerdict&) const = default;
};

/// From the mildest to the strongest.
enum class Severity : std::uint8_t { kNone, kDegraded, kReplacement, kRestart };

Severity severity_of(const HealthVerdict& verdict);

}  // namespace hearth::core
