#pragma once

#include <cstddef>

namespace hearth {

/// Raises this process's bound of open files as far as it may without privilege, and returns what
/// holds then. At most to kDescriptorsMax: commands that the process starts inherit the bound, and
/// some of them close every number up to it.
std::size_t raise_descriptor_limit();
inline constexpr std::size_t kDescriptorsMax = 65'536;

/// What a server of HTTP may take of these.
struct ConnectionBounds {
  std::size_t connections_max;
  std::size_t streams_max;
};

/// The manager's: up to 1024 connections, half of them streams, each of which may be relayed over a
/// connection of its own. What is set aside before is for dials, calls to agents, the store, the
/// bus and drivers of power, so that who fills the API up takes nothing from them.
ConnectionBounds connection_bounds(std::size_t descriptors);
inline constexpr std::size_t kDescriptorsSetAside = 512;

}  // namespace hearth
