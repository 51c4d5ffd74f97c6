#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace hearth {

/// Succeeds if a GET is answered with a status of 200 to 399.
struct HttpCheck {
  std::uint16_t port = 0;  ///< Of the container. > 0.
  std::string path = "/";
  std::map<std::string, std::string> headers;
  bool operator==(const HttpCheck&) const = default;
};
/// Succeeds if the port accepts a connection.
struct TcpCheck {
  std::uint16_t port = 0;  ///< Of the container. > 0.
  bool operator==(const TcpCheck&) const = default;
};
/// Succeeds if the command, run in the container, exits with 0.
struct ExecCheck {
  std::vector<std::string> command;  ///< Not empty.
  bool operator==(const ExecCheck&) const = default;
};

/// An active check of a container, with the names and meanings of Kubernetes.
struct Probe {
  std::variant<HttpCheck, TcpCheck, ExecCheck> check;
  Duration initial_delay{};                    ///< From the container's start to the first check.
  Duration period = std::chrono::seconds(10);  ///< Between two checks; jittered by a tenth. > 0.
  Duration timeout = std::chrono::seconds(2);  ///< A check without an answer by then failed. > 0.
  std::uint32_t failures = 3;                  ///< In a row: it fails for good. > 0.
  std::uint32_t successes = 1;                 ///< In a row: it succeeds again. > 0.
  bool operator==(const Probe&) const = default;
};

/// What the HEALTHCHECK of an image counts as.
enum class HealthcheckUse : std::uint8_t { kReadiness, kLiveness, kIgnore };

/// The probes of a workload.
struct Probes {
  /// Until it succeeds once, the other two wait; if it fails for good, the container is restarted.
  std::optional<Probe> startup;
  std::optional<Probe> readiness;  ///< Fails for good: the instance is degraded, and replaced.
  std::optional<Probe> liveness;   ///< Fails for good: the container is restarted.
  /// A workload's own readiness probe takes precedence.
  HealthcheckUse image_healthcheck = HealthcheckUse::kReadiness;
  bool operator==(const Probes&) const = default;
};

/// Bounds of a probe.
inline constexpr Duration kProbeTimeMin = std::chrono::milliseconds(100);
inline constexpr Duration kProbeTimeMax = std::chrono::hours(1);
inline constexpr std::uint32_t kProbeCountMax = 1000;
inline constexpr std::size_t kCommandWordsMax = 64;
inline constexpr std::size_t kCommandBytesMax = 8 * 1024;

/// Stable lower-case names, as used in files, API and CLI.
std::string_view name_of(HealthcheckUse use);
Result<HealthcheckUse> parse_healthcheck_use(std::string_view text);

}  // namespace hearth
