#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>

#include "model/instance_spec.h"

namespace hearth::core {

/// What only one instance on a node can have at a time: devices, and ports of the node.
///
/// Devices are distinguished by their paths alone: that two paths lead to one device is known
/// to the node only. In the node's own network a container declares no port, so it holds none.
struct Holdings {
  struct Port {
    TransportProtocol protocol{};
    std::uint16_t number = 0;
    std::string address;  ///< Empty: every address of the node.
    auto operator<=>(const Port&) const = default;
  };
  std::set<std::string> devices;  ///< Paths on the node.
  std::set<Port> ports;

  bool empty() const { return devices.empty() && ports.empty(); }
  auto operator<=>(const Holdings&) const = default;
};

Holdings holdings_of(const ContainerSpec& container);

/// The first thing that both have, in words: "/dev/ttyUSB0", "port 80/tcp". Empty: they can be on
/// one node.
std::string overlap(const Holdings& one, const Holdings& other);

}  // namespace hearth::core
