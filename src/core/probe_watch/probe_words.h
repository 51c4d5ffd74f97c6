#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/probe_result.h"

namespace hearth::core {

/// Failures in a row.
struct ProbeFailures {
  std::uint32_t count = 0;
  std::uint32_t alike = 0;  ///< The latest of them, all for the same reason.
  std::string words;        ///< What follows the check's own: "timed out after 2.0 s".
  bool operator==(const ProbeFailures&) const = default;
};

/// For example "its readiness probe fails: GET /healthz on port 8080 timed out after 2.0 s, 3 times
/// in a row".
std::string words_of_failures(ProbeKind probe, const ProbeCheck& check,
                              const ProbeFailures& failures);

/// For example "its readiness probe could not be run, 4 times in a row: the container has no
/// address yet".
std::string words_of_not_run(ProbeKind probe, std::uint32_t times, std::string_view because);

/// Of a check without an answer: "timed out after 2.0 s".
std::string words_of_timeout(Duration timeout);

}  // namespace hearth::core
