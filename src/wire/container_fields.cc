#include "wire/container_fields.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "wire/resource_text.h"
#include "wire/server_details.h"

namespace hearth::wire {
namespace {

bool is_variable_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !name.empty() && name.size() <= kEnvironmentNameBytesMax &&
         std::all_of(name.begin(), name.end(), fits);
}

bool is_set_by_hearth(std::string_view name) {
  return name == "HEARTH_NODE" || name == "HEARTH_WORKLOAD" || name == "HEARTH_INSTANCE";
}

/// Why a container cannot be given this variable; empty if it can.
std::string variable_fault(std::string_view name, std::string_view value) {
  if (!is_variable_name(name)) {
    return "is not a valid variable name: use letters, digits, '_', '.' and '-', at most 128";
  }
  if (is_set_by_hearth(name)) return "is set by Hearth in every container: use another name";
  if (value.find('\0') != std::string_view::npos) return "must not contain a NUL character";
  return {};
}

/// Collects variables, and refuses those that a container cannot have.
class Environment {
 public:
  explicit Environment(const SpecReading& reading) : reading_(reading) {}

  void add(const JsonValue& place, std::string_view name, std::string_view value) {
    if (reading_.checks()) {
      std::string fault = variable_fault(name, value);
      if (fault.empty() && variables_.contains(std::string(name))) {
        fault = fmt::format("sets '{}' again", name);
      }
      if (!fault.empty()) return place.fault(std::move(fault));
    }
    bytes_ += name.size() + value.size();
    variables_.insert_or_assign(std::string(name), std::string(value));
  }
  /// Of an object.
  void add(std::string_view name, const JsonValue& variable) {
    if (!variable.present()) {
      reading_.demand(false, variable, "must be a string, not null; an empty one is \"\"");
    } else if (const std::optional<std::string> value = variable.scalar_text()) {
      add(variable, name, *value);
    }
  }
  /// Of a list, "K=V".
  void add(const JsonValue& item) {
    const std::optional<std::string_view> text = item.text();
    if (!text) return;
    const std::size_t equals = text->find('=');
    if (equals == std::string_view::npos) {
      return item.fault("must be K=V, such as \"MODE=eco\"");
    }
    add(item, text->substr(0, equals), text->substr(equals + 1));
  }

  std::map<std::string, std::string> finish(const JsonValue& place) && {
    reading_.demand(
        variables_.size() <= kEnvironmentCountMax, place,
        fmt::format("has {} variables; the limit is {}", variables_.size(), kEnvironmentCountMax));
    reading_.demand(bytes_ <= kEnvironmentBytesMax, place,
                    fmt::format("has {} bytes; the limit is {}: put large data into the image",
                                bytes_, kEnvironmentBytesMax));
    return std::move(variables_);
  }

 private:
  const SpecReading& reading_;
  std::map<std::string, std::string> variables_;
  std::size_t bytes_ = 0;
};

std::map<std::string, std::string> read_environment(const JsonValue& value,
                                                    const SpecReading& reading) {
  Environment environment(reading);
  if (value.is_list()) {
    value.each([&](const JsonValue& item) { environment.add(item); });
  } else {
    value.object().each(
        [&](std::string_view name, const JsonValue& variable) { environment.add(name, variable); });
  }
  return std::move(environment).finish(value);
}

std::uint64_t read_memory(const JsonValue& value, const SpecReading& reading) {
  if (value.is_text()) return value.parsed(parse_memory_size).value_or(0);
  const std::uint64_t bytes = value.number<std::uint64_t>().value_or(0);
  reading.demand(bytes == 0 || (bytes >= kMemoryBytesMin && bytes <= kMemoryBytesMax), value,
                 "must be from 6M to 1024T, or 0 for no limit; a number without a unit is bytes");
  return bytes;
}

std::uint32_t read_cpu(const JsonValue& value, const SpecReading& reading) {
  if (value.is_text()) return value.parsed(parse_cpu_cores).value_or(0);
  const std::optional<double> cores = value.decimal();
  if (!cores) return 0;
  const Result<std::uint32_t> millis = cpu_millis_of(*cores);
  if (millis) return *millis;
  constexpr double kMillisMax = std::numeric_limits<std::uint32_t>::max();
  const double stored = *cores * 1000 + 0.5;
  if (!reading.checks() && stored >= 0 && stored <= kMillisMax) {
    return static_cast<std::uint32_t>(stored);
  }
  value.fault(millis.error().message);
  return 0;
}

void read_resources(JsonObject in, ContainerSpec& into, const SpecReading& reading) {
  into.resources.memory_bytes = read_memory(in.optional("memory"), reading);
  into.resources.cpu_millis = read_cpu(in.optional("cpu"), reading);
  into.pids_max =
      reading.number<std::uint32_t>(in.optional("pids"), 1, kPidsMaxMax).value_or(into.pids_max);
  reading.forbid(in, "limits", "write memory, cpu and pids directly below resources");
  reading.forbid(in, "reservations", "write memory, cpu and pids directly below resources");
  reading.forbid(in, "cpus", "write cpu: 0.5, in cores");
  if (reading.checks()) in.refuse_unknown();
}

constexpr std::string_view kPortForms =
    "must be \"8080:80\" (the node's port, then the container's), \"127.0.0.1:53:53/udp\", or "
    "{host: 8080, container: 80}";

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, port);
  if (ec != std::errc() || rest != end || port == 0) return std::nullopt;
  return port;
}

/// Compose's short form, "[ADDRESS:]HOST:CONTAINER[/PROTOCOL]".
std::optional<PublishedPort> parse_port(const JsonValue& value, std::string_view text) {
  PublishedPort port;
  if (const std::size_t slash = text.rfind('/'); slash != std::string_view::npos) {
    const auto protocol = parse_transport_protocol(text.substr(slash + 1));
    if (!protocol) {
      value.fault("after the '/' must be tcp or udp");
      return std::nullopt;
    }
    port.protocol = *protocol;
    text = text.substr(0, slash);
  }
  if (port_number(text)) {
    value.fault(fmt::format("must name the node's port, too: \"{0}:{0}\", for example", text));
    return std::nullopt;
  }
  if (text.find('-') != std::string_view::npos) {
    value.fault("must be one port, not a range: list each port");
    return std::nullopt;
  }
  const std::size_t last = text.rfind(':');
  const std::string_view before = text.substr(0, last == std::string_view::npos ? 0 : last);
  const std::size_t first = before.rfind(':');
  const bool has_address = first != std::string_view::npos;
  const auto host = port_number(has_address ? before.substr(first + 1) : before);
  const auto container = port_number(text.substr(last + 1));
  if (!host || !container) {
    value.fault(std::string(kPortForms));
    return std::nullopt;
  }
  port.host_port = *host;
  port.container_port = *container;
  if (has_address) port.host_address = before.substr(0, first);
  return port;
}

std::optional<PublishedPort> read_port_object(const JsonValue& value, const SpecReading& reading) {
  JsonObject in = value.object();
  PublishedPort port;
  const auto host = reading.number<std::uint16_t>(in.required("host"), 1, 65535);
  const auto container = reading.number<std::uint16_t>(in.required("container"), 1, 65535);
  port.protocol = in.optional("protocol").parsed(parse_transport_protocol).value_or(port.protocol);
  port.host_address = in.optional("address").text().value_or("");
  reading.forbid(in, "published", "write host: the node's port");
  reading.forbid(in, "target", "write container: the container's port");
  reading.forbid(in, "host_ip", "write address: an IP address of the node");
  if (reading.checks()) in.refuse_unknown();
  if (!host || !container) return std::nullopt;
  port.host_port = *host;
  port.container_port = *container;
  return port;
}

std::optional<PublishedPort> read_port(const JsonValue& value, const SpecReading& reading) {
  std::optional<PublishedPort> port;
  if (value.is_object()) {
    port = read_port_object(value, reading);
  } else if (value.is_text()) {
    port = parse_port(value, *value.text());
  } else {
    value.fault(std::string(kPortForms));
  }
  if (!port || port->host_address.empty()) return port;
  std::string_view written = port->host_address;
  if (written.starts_with('[') && written.ends_with(']'))
    written = written.substr(1, written.size() - 2);
  // In one spelling: a port of an address has one holder.
  if (Result<std::string> address = parse_ip(written)) {
    port->host_address = *std::move(address);
  } else if (reading.checks()) {
    value.fault(
        fmt::format("the address {}; without one the port is open on every address of the node",
                    address.error().message));
  }
  return port;
}

bool collide(const PublishedPort& a, const PublishedPort& b) {
  return a.host_port == b.host_port && a.protocol == b.protocol &&
         (a.host_address == b.host_address || a.host_address.empty() || b.host_address.empty());
}

std::vector<PublishedPort> read_ports(const JsonValue& value, const SpecReading& reading) {
  std::vector<PublishedPort> ports;
  value.each([&](const JsonValue& item) {
    std::optional<PublishedPort> port = read_port(item, reading);
    if (!port) return;
    const bool is_taken = std::any_of(ports.begin(), ports.end(), [&](const PublishedPort& other) {
      return collide(*port, other);
    });
    reading.demand(!is_taken, item,
                   fmt::format("publishes port {} of the node again", port->host_port));
    ports.push_back(*std::move(port));
  });
  reading.demand(ports.size() <= kPortsMax, value,
                 fmt::format("has {} ports; the limit is {}", ports.size(), kPortsMax));
  return ports;
}

/// Without empty, "." and ".." parts: a device has one holder, by its path.
std::string shortest_path(const std::string& path) {
  if (!path.starts_with('/')) return path;
  std::string shortest = std::filesystem::path(path).lexically_normal().native();
  if (shortest.size() > 1 && shortest.ends_with('/')) shortest.pop_back();
  return shortest;
}

constexpr std::string_view kDeviceForms =
    "must be \"/dev/ttyUSB0\" or \"/dev/ttyUSB0:/dev/sensor:rw\"; a path with a ':' needs "
    "{host: PATH, container: PATH}";

/// "HOST[:CONTAINER[:PERMISSIONS]]".
std::optional<DeviceMapping> parse_device(const JsonValue& value, std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  const bool is_path = parts.size() > 1 && parts[1].starts_with('/');
  if (parts.size() > 3 || (parts.size() > 1 && !is_path)) {
    value.fault(std::string(kDeviceForms));
    return std::nullopt;
  }
  DeviceMapping device{.host_path = parts[0], .container_path = parts[is_path ? 1 : 0]};
  if (parts.size() == 3) device.permissions = parts[2];
  return device;
}

std::optional<DeviceMapping> read_device_object(const JsonValue& value,
                                                const SpecReading& reading) {
  JsonObject in = value.object();
  const auto host = in.required("host").text();
  const auto container = in.optional("container").text();
  const auto permissions = in.optional("permissions").text();
  if (reading.checks()) in.refuse_unknown();
  if (!host) return std::nullopt;
  DeviceMapping device{.host_path = std::string(*host),
                       .container_path = std::string(container.value_or(*host))};
  if (permissions) device.permissions = *permissions;
  return device;
}

bool is_device_path(std::string_view path) {
  return path.size() > 1 && path.starts_with('/') && path.size() <= kDevicePathBytesMax &&
         path.find('\0') == std::string_view::npos;
}

bool are_permissions(std::string_view letters) {
  std::string sorted(letters);
  std::sort(sorted.begin(), sorted.end());
  return !sorted.empty() && sorted.find_first_not_of("rwm") == std::string::npos &&
         std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

std::optional<DeviceMapping> read_device(const JsonValue& value, const SpecReading& reading) {
  std::optional<DeviceMapping> device;
  if (value.is_object()) {
    device = read_device_object(value, reading);
  } else if (value.is_text()) {
    device = parse_device(value, *value.text());
  } else {
    value.fault(std::string(kDeviceForms));
  }
  if (!device) return device;
  device->host_path = shortest_path(device->host_path);
  device->container_path = shortest_path(device->container_path);
  reading.demand(
      is_device_path(device->host_path) && is_device_path(device->container_path), value,
      fmt::format("a device must be an absolute path of at most {} bytes", kDevicePathBytesMax));
  reading.demand(are_permissions(device->permissions), value,
                 "the permissions must be letters of \"rwm\": read, write, make nodes");
  return device;
}

std::vector<DeviceMapping> read_devices(const JsonValue& value, const SpecReading& reading) {
  std::vector<DeviceMapping> devices;
  value.each([&](const JsonValue& item) {
    std::optional<DeviceMapping> device = read_device(item, reading);
    if (!device) return;
    for (const DeviceMapping& other : devices) {
      reading.demand(other.host_path != device->host_path, item,
                     fmt::format("lists the device '{}' again", device->host_path));
      reading.demand(
          other.container_path != device->container_path, item,
          fmt::format("uses the path '{}' in the container again", device->container_path));
    }
    devices.push_back(*std::move(device));
  });
  reading.demand(devices.size() <= kDevicesMax, value,
                 fmt::format("has {} devices; the limit is {}", devices.size(), kDevicesMax));
  return devices;
}

}  // namespace

ContainerSpec read_container(JsonObject& in, const SpecReading& reading) {
  ContainerSpec container;
  container.environment = read_environment(in.optional("environment"), reading);
  read_resources(in.optional("resources").object(), container, reading);
  container.network = in.optional("network").parsed(parse_network_mode).value_or(container.network);
  const JsonValue ports = in.optional("ports");
  container.ports = read_ports(ports, reading);
  reading.demand(container.ports.empty() || container.network == NetworkMode::kBridge, ports,
                 "needs network: bridge; with network: host the container's ports are the node's "
                 "already: leave ports out");
  container.devices = read_devices(in.optional("devices"), reading);
  return container;
}

void write_container(JsonWriter& out, const ContainerSpec& container) {
  out.key("environment").begin_object();
  for (const auto& [name, value] : container.environment) out.field(name, value);
  out.end_object().key("resources").begin_object();
  out.field("memory", container.resources.memory_bytes);
  out.key("cpu").thousandths(container.resources.cpu_millis);
  out.field("pids", container.pids_max).end_object();
  out.field("network", name_of(container.network)).key("ports").begin_list();
  for (const PublishedPort& port : container.ports) {
    out.begin_object().field("host", port.host_port).field("container", port.container_port);
    out.field("protocol", name_of(port.protocol)).field_if_known("address", port.host_address);
    out.end_object();
  }
  out.end_list().key("devices").begin_list();
  for (const DeviceMapping& device : container.devices) {
    out.begin_object().field("host", device.host_path).field("container", device.container_path);
    out.field("permissions", device.permissions).end_object();
  }
  out.end_list();
}

}  // namespace hearth::wire
