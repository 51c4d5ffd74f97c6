#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/probe_result.h"

namespace hearth::core {

/// A check to run. Its answer bears the same probe and number.
struct DueCheck {
  ProbeKind probe{};
  std::uint64_t number = 0;
  ProbeCheck check;
  Duration timeout{};
  bool operator==(const DueCheck&) const = default;
};

/// The answer to a check.
struct CheckAnswer {
  ProbeKind probe{};
  std::uint64_t number = 0;
  ProbeResult result;
};

/// The container must be restarted.
struct ProbeFault {
  ProbeKind probe{};  ///< kStartup, or kLiveness (also of the image's HEALTHCHECK).
  std::string why;    ///< In words.
  bool operator==(const ProbeFault&) const = default;
};

/// Whether the probes say that the container is ready.
enum class Readiness : std::uint8_t {
  kNotJudged,  ///< Nothing says so, and nothing denies it.
  kWaiting,    ///< Not yet.
  kReady,
  kNotReady,  ///< It was, and is no longer: the instance is degraded.
};
struct ProbeReadiness {
  Readiness readiness = Readiness::kNotJudged;
  std::string why;  ///< In words, of kWaiting and kNotReady.
  bool operator==(const ProbeReadiness&) const = default;
};

/// What a probe says, for operators.
enum class ProbeStanding : std::uint8_t {
  kWaiting,        ///< For its turn, or for its first answer.
  kSucceeding,     ///< Its last check succeeded, or it is a startup probe that did.
  kFailing,        ///< Its last check failed; for good only if it goes on.
  kFailed,         ///< For good.
  kStandingStill,  ///< The container cannot be judged at the moment.
};
struct ProbeStatus {
  std::string probe;  ///< "startup", "readiness", "liveness", "healthcheck".
  ProbeStanding standing{};
  std::string words;  ///< Why; empty if there is nothing to say.
  bool operator==(const ProbeStatus&) const = default;
};

/// Stable lower-case names, for example "standing_still".
std::string_view name_of(ProbeStanding standing);
std::string_view name_of(Readiness readiness);

}  // namespace hearth::core
