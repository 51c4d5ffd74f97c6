#include "model/instance_spec.h"

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<NetworkMode>, 2> kModes{{
    {NetworkMode::kBridge, "bridge"},
    {NetworkMode::kHost, "host"},
}};
constexpr std::array<EnumName<TransportProtocol>, 2> kProtocols{{
    {TransportProtocol::kTcp, "tcp"},
    {TransportProtocol::kUdp, "udp"},
}};
constexpr std::array<EnumName<ReplaceOrder>, 2> kOrders{{
    {ReplaceOrder::kStartFirst, "start_first"},
    {ReplaceOrder::kStopFirst, "stop_first"},
}};
constexpr std::array<EnumName<RestartPolicy>, 3> kPolicies{{
    {RestartPolicy::kAlways, "always"},
    {RestartPolicy::kOnFailure, "on-failure"},
    {RestartPolicy::kNever, "never"},
}};
constexpr std::array<EnumName<TrendOf>, 4> kTrends{{
    {TrendOf::kMemory, "memory"},
    {TrendOf::kOpenFiles, "open_files"},
    {TrendOf::kProcesses, "processes"},
    {TrendOf::kRestarts, "restarts"},
}};
constexpr std::array<EnumName<AdoptedContainer::Restart>, 2> kAdoptedRestarts{{
    {AdoptedContainer::Restart::kRecreate, "recreate"},
    {AdoptedContainer::Restart::kStart, "start"},
}};

/// The most that the fixed parts of an instance, a rule, a probe or another entry take in JSON.
constexpr std::size_t kInstanceBytes = 1500;
constexpr std::size_t kEntryBytes = 300;

/// Of a text in JSON: quotes and control characters are escaped.
std::size_t json_bytes(std::string_view text) {
  std::size_t bytes = 3;
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20;
    bytes += is_control ? 6 : c == '"' || c == '\\' ? 2 : 1;
  }
  return bytes;
}
std::size_t json_bytes(const std::map<std::string, std::string>& texts) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : texts) bytes += json_bytes(name) + json_bytes(value);
  return bytes;
}
std::size_t json_bytes(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += json_bytes(text);
  return bytes;
}

struct CheckBytes {
  std::size_t operator()(const HttpCheck& http) const {
    return json_bytes(http.path) + json_bytes(http.headers);
  }
  std::size_t operator()(const TcpCheck&) const { return 0; }
  std::size_t operator()(const ExecCheck& exec) const { return json_bytes(exec.command); }
};
std::size_t json_bytes(const std::optional<Probe>& probe) {
  return probe ? kEntryBytes + std::visit(CheckBytes{}, probe->check) : 0;
}

struct ConditionBytes {
  std::size_t operator()(const MustNotAppear& rule) const {
    return json_bytes(rule.pattern) + json_bytes(rule.unless);
  }
  std::size_t operator()(const MustAppear& rule) const { return json_bytes(rule.pattern); }
  std::size_t operator()(const MustRecur& rule) const { return json_bytes(rule.pattern); }
  std::size_t operator()(const LogSilence&) const { return 0; }
};

}  // namespace

std::size_t InstanceSpec::assignment_bytes() const {
  std::size_t bytes = kInstanceBytes + json_bytes(container.environment);
  for (const PublishedPort& port : container.ports) {
    bytes += kEntryBytes + json_bytes(port.host_address);
  }
  for (const DeviceMapping& device : container.devices) {
    bytes += kEntryBytes + json_bytes(device.host_path) + json_bytes(device.container_path);
  }
  bytes += json_bytes(stop.signal) + json_bytes(stop.pre_stop);
  bytes += json_bytes(probes.startup) + json_bytes(probes.readiness) + json_bytes(probes.liveness);
  for (const LogRule& rule : log_rules) {
    bytes += kEntryBytes + json_bytes(rule.name) + std::visit(ConditionBytes{}, rule.condition);
  }
  if (adopted) bytes += kEntryBytes + json_bytes(adopted->name);
  return bytes + trends.size() * kEntryBytes;
}

std::string_view name_of(NetworkMode mode) {
  return word_of(kModes, mode);
}
std::string_view name_of(TransportProtocol protocol) {
  return word_of(kProtocols, protocol);
}
std::string_view name_of(ReplaceOrder order) {
  return word_of(kOrders, order);
}
std::string_view name_of(RestartPolicy policy) {
  return word_of(kPolicies, policy);
}
std::string_view name_of(TrendOf of) {
  return word_of(kTrends, of);
}
std::string_view name_of(AdoptedContainer::Restart restart) {
  return word_of(kAdoptedRestarts, restart);
}
Result<NetworkMode> parse_network_mode(std::string_view text) {
  return value_of(kModes, text);
}
Result<TransportProtocol> parse_transport_protocol(std::string_view text) {
  return value_of(kProtocols, text);
}
Result<ReplaceOrder> parse_replace_order(std::string_view text) {
  return value_of(kOrders, text);
}
Result<RestartPolicy> parse_restart_policy(std::string_view text) {
  return value_of(kPolicies, text);
}
Result<TrendOf> parse_trend_of(std::string_view text) {
  return value_of(kTrends, text);
}
Result<AdoptedContainer::Restart> parse_adopted_restart(std::string_view text) {
  return value_of(kAdoptedRestarts, text);
}

}  // namespace hearth
