#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/log_rule.h"
#include "model/probe.h"
#include "model/resources.h"

namespace hearth {

/// Which network a container is in.
enum class NetworkMode : std::uint8_t {
  kBridge,  ///< Hearth's bridge on its node, with an address of its own.
  kHost,    ///< The node's: its ports are the node's.
};

enum class TransportProtocol : std::uint8_t { kTcp, kUdp };

/// A port of the node that leads to one of the container. Only on the bridge.
struct PublishedPort {
  std::uint16_t host_port = 0;       ///< > 0.
  std::uint16_t container_port = 0;  ///< > 0.
  TransportProtocol protocol = TransportProtocol::kTcp;
  std::string host_address;  ///< An IP address of the node. Empty: all of them.
  bool operator==(const PublishedPort&) const = default;
};

/// A device of the node that the container can open. Only one instance on a node can have it.
struct DeviceMapping {
  std::string host_path;
  std::string container_path;
  std::string permissions = "rw";  ///< Letters of "rwm".
  bool operator==(const DeviceMapping&) const = default;
};

/// What a container is created from, besides its image.
struct ContainerSpec {
  std::map<std::string, std::string> environment;
  Resources resources;
  std::uint32_t pids_max = 512;
  NetworkMode network = NetworkMode::kBridge;
  std::vector<PublishedPort> ports;
  std::vector<DeviceMapping> devices;
  bool operator==(const ContainerSpec&) const = default;
};

/// In which order an instance and its replacement run.
enum class ReplaceOrder : std::uint8_t {
  kStartFirst,  ///< The replacement starts, and the instance stops once it is ready.
  kStopFirst,   ///< The instance stops before the replacement starts: both cannot run at once.
};

enum class RestartPolicy : std::uint8_t {
  kAlways,     ///< Whatever its exit code.
  kOnFailure,  ///< Unless it exits with 0.
  kNever,
};

/// How a container is stopped.
struct StopSpec {
  std::string signal;  ///< "SIGTERM", "SIGINT", …; empty: what the image says, or SIGTERM.
  Duration grace = std::chrono::seconds(10);  ///< From the signal to SIGKILL. 0..kStopGraceMax.
  /// Run in the container before the signal, for half the grace at most. Empty: none.
  std::vector<std::string> pre_stop;
  bool operator==(const StopSpec&) const = default;
};
inline constexpr Duration kStopGraceMax = std::chrono::minutes(10);

/// A resource of which a container can use up what it is allowed.
enum class TrendOf : std::uint8_t { kMemory, kOpenFiles, kProcesses, kRestarts };

/// What happens when a use grows so that it reaches its limit within `ahead`, or at many restarts.
struct TrendRule {
  TrendOf of{};
  Duration ahead = std::chrono::minutes(10);  ///< > 0. Of restarts: not used.
  HealthAction action = HealthAction::kEvent;
  bool operator==(const TrendRule&) const = default;
};

/// A container that somebody else created on its node, and that is watched in its place.
struct AdoptedContainer {
  /// How it is restarted.
  enum class Restart : std::uint8_t {
    kRecreate,  ///< By a fresh container of the same image, mounts, networks and environment.
    kStart,     ///< By starting the same container again.
  };
  std::string name;  ///< By which its runtime finds it: its name, or the start of its id.
  Restart restart = Restart::kRecreate;
  /// An operator asked for a restart: it is restarted once, when an instance adopts it.
  bool afresh = false;
  bool operator==(const AdoptedContainer&) const = default;
};

/// Everything that a node needs to know to keep an instance running, besides its image.
struct InstanceSpec {
  ContainerSpec container;
  RestartPolicy restart = RestartPolicy::kAlways;
  ReplaceOrder replace = ReplaceOrder::kStartFirst;
  StopSpec stop;
  Probes probes;
  std::vector<LogRule> log_rules;
  std::vector<TrendRule> trends;  ///< Besides the default: an event.
  /// Without probe and rule, an instance is ready once it has run for this long.
  Duration min_ready = std::chrono::seconds(10);
  /// An instance that runs must be ready within this, or counts as degraded.
  Duration ready_deadline = std::chrono::minutes(5);
  /// Absent: Hearth creates its container, from its image and `container`.
  std::optional<AdoptedContainer> adopted = {};
  bool operator==(const InstanceSpec&) const = default;

  /// The most bytes that it takes in an assignment.
  std::size_t assignment_bytes() const;
};

/// Bounds of one container.
inline constexpr std::size_t kPortsMax = 64;
inline constexpr std::size_t kDevicesMax = 32;
inline constexpr std::size_t kDevicePathBytesMax = 256;

/// Stable lower-case names, as used in files, API and CLI.
std::string_view name_of(NetworkMode mode);
std::string_view name_of(TransportProtocol protocol);
std::string_view name_of(ReplaceOrder order);
std::string_view name_of(RestartPolicy policy);
std::string_view name_of(TrendOf of);
std::string_view name_of(AdoptedContainer::Restart restart);
Result<NetworkMode> parse_network_mode(std::string_view text);
Result<TransportProtocol> parse_transport_protocol(std::string_view text);
Result<ReplaceOrder> parse_replace_order(std::string_view text);
Result<RestartPolicy> parse_restart_policy(std::string_view text);
Result<TrendOf> parse_trend_of(std::string_view text);
Result<AdoptedContainer::Restart> parse_adopted_restart(std::string_view text);

}  // namespace hearth
