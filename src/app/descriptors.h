#pragma once

#include <cstddef>

namespace hearth {

/// Raises this process's bound of open files as far as it may without privilege, and returns what
/// holds then. At most to kDescriptorsMax: commands that the process starts inherit the bound, and
/// some of them close every number up to it.
std::size_t raise_descriptor_limit();
inline constexpr std::size_t kDescriptorsMax = 65'536;

/// What the manager may take of these, for what grows with the fleet and with who asks.
struct DescriptorShares {
  std::size_t connections_max;  ///< Of the API's server.
  std::size_t streams_max;      ///< Of these.
  std::size_t dials_max;        ///< Under way at once.
};

/// A quarter for dials, up to 4096: so many silent nodes are told at once. Up to 1024 connections,
/// half of them streams, each of which may be relayed over a connection of its own. What is set
/// aside before is for calls to agents, the store, the bus and drivers of power, so that who fills
/// the API up takes nothing from them.
DescriptorShares share_descriptors(std::size_t descriptors);
inline constexpr std::size_t kDescriptorsSetAside = 256;
/// With these nothing is smaller than it need be.
inline constexpr std::size_t kDescriptorsPlenty = 16'384;

}  // namespace hearth
