#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/probe.h"

namespace hearth {

/// Which of a workload's probes.
enum class ProbeKind : std::uint8_t { kStartup, kReadiness, kLiveness };

/// What a probe does.
using ProbeCheck = decltype(Probe::check);

/// How one check of a container ended.
enum class ProbeOutcome : std::uint8_t {
  kSucceeded,
  kFailed,    ///< The container answered, and not as it should; or it refused.
  kTimedOut,  ///< It did not answer in time.
  kNotRun,    ///< The check could not be made, which says nothing about the container.
};

struct ProbeResult {
  ProbeOutcome outcome{};
  /// What follows "GET / on port 80 …": "was answered with status 503", "timed out after 2 s". Of
  /// kNotRun a reason: "64 checks are in progress". Of a success empty.
  std::string words;
  bool operator==(const ProbeResult&) const = default;
};

/// What a probe says of the container.
enum class ProbeVerdict : std::uint8_t {
  kOpen,    ///< Nothing yet: too few checks have succeeded, or failed.
  kPassed,  ///< It succeeded, and has not failed for good since.
  kFailed,  ///< It fails for good, until it succeeds again.
};

/// Stable lower-case names, as used in files, API and CLI.
std::string_view name_of(ProbeKind kind);
std::string_view name_of(ProbeOutcome outcome);

/// In words, for example "GET /healthz on port 8080".
std::string words_of(const ProbeCheck& check);

}  // namespace hearth
