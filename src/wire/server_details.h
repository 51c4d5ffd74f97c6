#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/command.h"

namespace hearth {

inline constexpr std::size_t kServerDetailsBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kServerDetailsNodesMax = 10'000;
/// Where agents listen unless somebody says otherwise.
inline constexpr std::uint16_t kAgentPortDefault = 7701;

/// Reads server_details.json, the operator's list of machines:
/// `{"1": {"node_name": "IAS-Node-1-new", "node_ip": "52.188.83.232"}, …}`; an entry may have an
/// "agent_port" of its own. The keys of the entries mean nothing; their order is kept.
///
/// kInvalidArgument lists every fault, one a line, with its path.
Result<std::vector<NodeEntry>> parse_server_details(std::string_view text,
                                                    std::uint16_t agent_port = kAgentPortDefault);

/// The name by which a machine is known here: lower case, each run of characters that a name
/// cannot hold becomes one '-', none at the ends, cut to a name's length. An error if nothing is
/// left.
Result<NodeName> node_name_of(std::string_view display_name);

/// An IPv4 or IPv6 address that a machine can have, without brackets, port or zone; not a host
/// name: a node must be reachable, and told from others, also when name resolution is down.
Result<std::string> parse_ip(std::string_view text);

}  // namespace hearth
