#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/dev/dev_facts.h"

namespace hearth::cli {

/// This state folder's id, made at its first use: 8 hex digits.
Result<std::string> ensure_cluster_id(const std::filesystem::path& state);

/// Where the power switch's socket goes: into the state folder, or, where its path would be too
/// long for a socket, into a folder of this user's under the system's temporary one.
Result<std::filesystem::path> choose_socket_path(const std::filesystem::path& state,
                                                 const std::string& cluster);

/// A port that is free now on all of the addresses: `preferred`, else any.
Result<std::uint16_t> choose_port(const std::vector<std::string>& addresses,
                                  std::uint16_t preferred);

/// The address of a dev node: 127.0.0.11 for the first.
std::string dev_address(std::size_t index);

/// Makes the folder as one in which no dev cluster ever ran. The id of the one that did, whose
/// containers may be left; empty: none.
Result<std::string> forget_cluster(const std::filesystem::path& state);

/// Writes hearthd's config.json and server_details.json into the state folder. `hearth`: the
/// program that hearthd is to switch the nodes by.
Result<void> write_manager_files(const DevFacts& facts, const std::string& kafka,
                                 std::uint16_t agent_port, const std::filesystem::path& hearth);

}  // namespace hearth::cli
