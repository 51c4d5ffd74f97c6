#include "core/holdings/holdings.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace hearth::core {
namespace {

/// A container that listens on one of these keeps the port from every other address, too.
bool is_every_address(std::string_view address) {
  constexpr std::array<std::string_view, 3> kEvery{"", "0.0.0.0", "::"};
  for (const std::string_view every : kEvery) {
    if (address == every) return true;
  }
  return false;
}

bool overlap(const Holdings::Port& one, const Holdings::Port& other) {
  if (one.protocol != other.protocol || one.number != other.number) return false;
  return one.address == other.address || is_every_address(one.address) ||
         is_every_address(other.address);
}

}  // namespace

Holdings holdings_of(const ContainerSpec& container) {
  Holdings holdings;
  for (const DeviceMapping& device : container.devices) holdings.devices.insert(device.host_path);
  if (container.network == NetworkMode::kHost) return holdings;
  for (const PublishedPort& port : container.ports) {
    holdings.ports.insert(
        {.protocol = port.protocol, .number = port.host_port, .address = port.host_address});
  }
  return holdings;
}

std::string overlap(const Holdings& one, const Holdings& other) {
  for (const std::string& device : one.devices) {
    if (other.devices.contains(device)) return device;
  }
  for (const Holdings::Port& port : one.ports) {
    for (const Holdings::Port& taken : other.ports) {
      if (overlap(port, taken))
        return fmt::format("port {}/{}", port.number, name_of(port.protocol));
    }
  }
  return {};
}

}  // namespace hearth::core
