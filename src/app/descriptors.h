#pragma once

#include <cstddef>

namespace hearth {

/// Raises this process's limit of open files as far as it can without privilege, and returns the
/// limit in force. At most to kDescriptorsMax: commands that the process starts inherit the limit,
/// and some of them close every number up to it.
std::size_t raise_descriptor_limit();
inline constexpr std::size_t kDescriptorsMax = 65'536;

/// The manager's descriptors for what grows with the fleet and with the number of clients.
struct DescriptorShares {
  std::size_t connections_max;  ///< Of the API's server.
  std::size_t streams_max;      ///< Of these.
  std::size_t dials_max;        ///< In progress at once.
};

/// A quarter for dials, up to 4096: that many silent nodes can be classified at once. Up to 1024
/// connections, half of them streams, each of which can be relayed over another connection. Before
/// that, some are set aside for calls to agents, the store, the bus and power drivers, so that
/// clients that fill up the API cannot take them.
DescriptorShares share_descriptors(std::size_t descriptors);
inline constexpr std::size_t kDescriptorsSetAside = 256;
/// With this many nothing is reduced.
inline constexpr std::size_t kDescriptorsPlenty = 16'384;

}  // namespace hearth
