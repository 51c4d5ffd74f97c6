#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/command.h"

namespace hearth {

inline constexpr std::size_t kServerDetailsBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kServerDetailsNodesMax = 10'000;
/// Where agents listen by default.
inline constexpr std::uint16_t kAgentPortDefault = 7701;

/// Parses server_details.json, the operator's list of machines:
/// `{"1": {"node_name": "IAS-Node-1-new", "node_ip": "52.188.83.232"}, …}`; an entry can have its
/// own "agent_port". The keys of the entries have no meaning; their order is kept.
///
/// kInvalidArgument lists every fault, one per line, with its path.
Result<std::vector<NodeEntry>> parse_server_details(std::string_view text,
                                                    std::uint16_t agent_port = kAgentPortDefault);

/// Maps a machine's display name to a node name: in lower case, with each run of invalid characters
/// replaced by one '-', none at either end, cut to the length of a name. An error if nothing is
/// left.
Result<NodeName> node_name_of(std::string_view display_name);

/// Accepts an IPv4 or IPv6 address that a machine can have, without brackets, port or zone, and
/// returns it in its one shortest spelling. Host names are refused: a node must be reachable and
/// identifiable even while name resolution is down.
Result<std::string> parse_ip(std::string_view text);

}  // namespace hearth
