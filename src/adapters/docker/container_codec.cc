#include "adapters/docker/container_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "adapters/docker/container_labels.h"
#include "adapters/docker/engine_json.h"
#include "base/shortened.h"

namespace hearth::docker {
namespace {

constexpr std::uint32_t kCpuMillisMin = 10;  // The engine's own floor.
constexpr int kKilledCode = 137;
constexpr std::size_t kHealthOutputBytesMax = 1024;

/// The user's variables, overridden by Hearth's: a container cannot be given another's identity.
std::map<std::string, std::string> environment(const NodeName& node,
                                               const ContainerRequest& request) {
  std::map<std::string, std::string> all = request.spec.environment;
  all["HEARTH_NODE"] = node.str();
  all["HEARTH_WORKLOAD"] = request.workload.str();
  all["HEARTH_INSTANCE"] = request.instance.str();
  return all;
}

std::string port_key(const PublishedPort& port) {
  return fmt::format("{}/{}", port.container_port, name_of(port.protocol));
}

/// A container's port can be published several times.
json::object port_bindings(const std::vector<PublishedPort>& ports) {
  json::object bindings;
  for (const PublishedPort& port : ports) {
    json::value& list = bindings[port_key(port)];
    if (!list.is_array()) list.emplace_array();
    list.get_array().push_back(
        {{"HostIp", port.host_address}, {"HostPort", std::to_string(port.host_port)}});
  }
  return bindings;
}

json::object exposed_ports(const std::vector<PublishedPort>& ports) {
  json::object exposed;
  for (const PublishedPort& port : ports) exposed[port_key(port)] = json::object{};
  return exposed;
}

json::array device_list(const std::vector<DeviceMapping>& devices) {
  json::array list;
  for (const DeviceMapping& device : devices) {
    list.push_back({{"PathOnHost", device.host_path},
                    {"PathInContainer", device.container_path},
                    {"CgroupPermissions", device.permissions}});
  }
  return list;
}

bool is_on_bridge(const ContainerSpec& spec) {
  return spec.network == NetworkMode::kBridge;
}

json::object host_config(const std::string& network, const ContainerSpec& spec) {
  json::object config{
      {"NetworkMode", is_on_bridge(spec) ? network : "host"},
      {"CapDrop", json::array{"ALL"}},
      {"SecurityOpt", json::array{"no-new-privileges"}},
      {"PidsLimit", spec.pids_max != 0 ? spec.pids_max : ContainerSpec{}.pids_max},
      {"RestartPolicy", {{"Name", "no"}}},
      {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "10m"}, {"max-file", "3"}}}}},
  };
  if (spec.resources.memory_bytes != 0) {
    config["Memory"] = spec.resources.memory_bytes;
    config["MemorySwap"] = spec.resources.memory_bytes;  // Memory plus swap: so there is no swap.
  }
  if (spec.resources.cpu_millis != 0) {
    constexpr std::uint64_t kNanosPerMilli = 1'000'000;
    config["NanoCpus"] = std::max(spec.resources.cpu_millis, kCpuMillisMin) * kNanosPerMilli;
  }
  if (is_on_bridge(spec) && !spec.ports.empty()) {
    config["PortBindings"] = port_bindings(spec.ports);
  }
  if (!spec.devices.empty()) config["Devices"] = device_list(spec.devices);
  return config;
}

json::object labels_of(const ContainerOwner& owner, const std::string& image,
                       const ContainerRequest& request) {
  return {
      {kClusterLabel.data(), owner.cluster},
      {kNodeLabel.data(), owner.node.str()},
      {kInstanceLabel.data(), request.instance.str()},
      {kWorkloadLabel.data(), request.workload.str()},
      {kGenerationLabel.data(), std::to_string(request.generation.value)},
      {kRestartsLabel.data(), std::to_string(request.restarts)},
      {kImageLabel.data(), image},
  };
}

/// A container that was killed, and had a process killed for lack of memory, counts as killed for
/// it: the engine does not say who sent the signal.
OutOfMemory out_of_memory(bool killed_any, int code) {
  if (!killed_any) return OutOfMemory::kNo;
  return code == kKilledCode ? OutOfMemory::kMain : OutOfMemory::kChild;
}

Result<std::optional<ContainerExit>> exit_in(const json::value& answer) {
  const json::value* state = member(answer, "State");
  const auto code = exit_code_in(state, "ExitCode");
  if (!code) return corrupt("a container without its exit code");
  const auto at = parse_go_time(text_in(state, "FinishedAt"));
  if (!at) return corrupt("a container with an invalid end time");
  if (at->time_since_epoch().count() <= 0) return std::nullopt;  // Go's zero time, year 1.
  ContainerExit exit{
      .code = *code, .out_of_memory = out_of_memory(flag_in(state, "OOMKilled"), *code), .at = *at};
  const auto limit = count_in(member(answer, "HostConfig"), "Memory");
  if (limit && *limit != 0) exit.memory_limit_bytes = limit;
  return exit;
}

ImageHealth health_in(const json::value* health) {
  const std::string_view status = text_in(health, "Status");
  if (status == "starting") return ImageHealth::kStarting;
  if (status == "healthy") return ImageHealth::kHealthy;
  return status == "unhealthy" ? ImageHealth::kUnhealthy : ImageHealth::kNone;
}

std::string last_health_output(const json::value* health) {
  const json::value* log = member(health, "Log");
  if (!log || !log->is_array() || log->get_array().empty()) return {};
  return shortened(text_in(log->get_array().back(), "Output"), kHealthOutputBytesMax);
}

/// In the network that it was created in. The engine calls its default network "default" in what it
/// is asked for, and "bridge" in its answers.
std::string_view address_in(const json::value& answer) {
  std::string_view network = text_in(member(answer, "HostConfig"), "NetworkMode");
  if (network == "default") network = "bridge";
  const json::value* networks = member(member(answer, "NetworkSettings"), "Networks");
  return text_in(member(networks, network), "IPAddress");
}

/// Without the file cache that can be dropped at once; the name is that of cgroup v2, or of v1.
std::optional<std::uint64_t> working_set(const json::value* memory) {
  const auto used = count_in(memory, "usage");
  if (!used) return std::nullopt;
  const json::value* parts = member(memory, "stats");
  auto cache = count_in(parts, "total_inactive_file");
  if (!cache) cache = count_in(parts, "inactive_file");
  return *used - std::min(*used, cache.value_or(0));
}

/// Without a limit the engine gives the machine's memory, and of pids the largest number there is.
std::optional<std::uint64_t> pids_limit(const json::value* pids) {
  const auto limit = count_in(pids, "limit");
  constexpr std::uint64_t kNone = 1ULL << 62;
  return limit && *limit != 0 && *limit < kNone ? limit : std::nullopt;
}

}  // namespace

std::string encode_container(const ContainerOwner& owner, const std::string& network,
                             const std::string& image, const ContainerRequest& request) {
  json::array variables;
  for (const auto& [name, value] : environment(owner.node, request)) {
    variables.push_back(json::string(fmt::format("{}={}", name, value)));
  }
  json::object body{
      {"Image", image},
      {"Env", std::move(variables)},
      {"Labels", labels_of(owner, image, request)},
      {"HostConfig", host_config(network, request.spec)},
      {"StopTimeout", std::chrono::ceil<std::chrono::seconds>(request.stop.grace).count()}};
  if (!request.stop.signal.empty()) body["StopSignal"] = request.stop.signal;
  if (is_on_bridge(request.spec) && !request.spec.ports.empty()) {
    body["ExposedPorts"] = exposed_ports(request.spec.ports);
  }
  return json::serialize(body);
}

Result<std::string> decode_new_id(std::string_view answer) {
  const auto parsed = parse(answer, "an answer about something new");
  if (!parsed) return tl::unexpected(parsed.error());
  const std::string_view id = text_in(*parsed, "Id");
  if (id.empty()) return corrupt("an answer about something new without its id");
  return std::string(id);
}

Result<std::string> decode_image_id(std::string_view answer) {
  const auto parsed = parse(answer, "an answer about an image");
  if (!parsed) return tl::unexpected(parsed.error());
  const std::string_view id = text_in(*parsed, "Id");
  if (id.empty()) return corrupt("an answer about an image without its id");
  return std::string(id);
}

Result<std::optional<ContainerExit>> decode_exit(std::string_view answer) {
  const auto parsed = parse(answer, "an answer about a container");
  if (!parsed) return tl::unexpected(parsed.error());
  return exit_in(*parsed);
}

Result<InspectedContainer> decode_details(std::string_view answer) {
  const auto parsed = parse(answer, "an answer about a container");
  if (!parsed) return tl::unexpected(parsed.error());
  const json::value* state = member(*parsed, "State");
  const json::value* host = member(*parsed, "HostConfig");
  const json::value* health = member(state, "Health");
  const auto known = parse_state(text_in(state, "Status"));
  if (!known) return corrupt("a container without its state");
  InspectedContainer inspected;
  constexpr std::uint64_t kPidMax = std::numeric_limits<std::int32_t>::max();
  inspected.pid = static_cast<std::int64_t>(std::min(count_in(state, "Pid").value_or(0), kPidMax));
  ContainerDetails& details = inspected.details;
  details.state = *known;
  details.paused = flag_in(state, "Paused");
  details.name = text_in(*parsed, "Name");
  if (details.name.starts_with('/')) details.name.erase(0, 1);
  const auto started = parse_go_time(text_in(state, "StartedAt"));
  if (started && started->time_since_epoch().count() > 0) details.started_at = started;
  details.address = address_in(*parsed);
  details.health = health_in(health);
  details.health_output = last_health_output(health);
  details.memory_limit_bytes = count_in(host, "Memory").value_or(0);
  details.log_driver = text_in(member(host, "LogConfig"), "Type");
  if (details.state != ContainerState::kExited) return inspected;
  auto exit = exit_in(*parsed);
  if (!exit) return tl::unexpected(exit.error());
  details.exit = *exit;
  return inspected;
}

std::string encode_exec(const std::vector<std::string>& command) {
  json::array words;
  for (const std::string& word : command) words.emplace_back(json::string(word));
  return json::serialize(
      json::object{{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", std::move(words)}});
}

Result<std::optional<int>> decode_exec(std::string_view answer) {
  const auto parsed = parse(answer, "an answer about a command");
  if (!parsed) return tl::unexpected(parsed.error());
  const json::value* running = member(*parsed, "Running");
  if (!running || !running->is_bool()) return corrupt("a command without its state");
  if (running->get_bool()) return std::nullopt;
  return exit_code_in(&*parsed, "ExitCode");  // Null: it has not begun.
}

Result<ContainerUsage> decode_usage(std::string_view answer) {
  const auto parsed = parse(answer, "a container's statistics");
  if (!parsed) return tl::unexpected(parsed.error());
  const json::value* memory = member(*parsed, "memory_stats");
  const json::value* pids = member(*parsed, "pids_stats");
  if (!memory || !pids) return corrupt("statistics without memory and pids");
  ContainerUsage usage;
  usage.memory_bytes = working_set(memory);
  usage.memory_limit_bytes = count_in(memory, "limit");
  usage.pids = count_in(pids, "current");
  usage.pids_max = pids_limit(pids);
  const json::value* cpu = member(member(*parsed, "cpu_stats"), "cpu_usage");
  const auto nanos = count_in(cpu, "total_usage");
  constexpr std::uint64_t kNanosMax = std::numeric_limits<std::int64_t>::max();
  if (nanos && *nanos <= kNanosMax) usage.cpu_time = std::chrono::nanoseconds(*nanos);
  return usage;
}

}  // namespace hearth::docker
