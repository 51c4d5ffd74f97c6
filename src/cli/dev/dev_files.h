#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/dev/dev_facts.h"

namespace hearth::cli {

/// The id of this state folder, 8 hex digits, generated at its first use.
Result<std::string> ensure_cluster_id(const std::filesystem::path& state);

/// The path of the power switch's socket: in the state folder or, if that path is too long for a
/// socket, in a folder of this user in the system's temporary folder.
Result<std::filesystem::path> choose_socket_path(const std::filesystem::path& state,
                                                 const std::string& cluster);

/// A port that is free on all of the addresses at this moment: `preferred`, else any.
Result<std::uint16_t> choose_port(const std::vector<std::string>& addresses,
                                  std::uint16_t preferred);

/// The address of a dev node: 127.0.0.11 for the first.
std::string dev_address(std::size_t index);

/// Resets the folder to one in which no dev cluster ever ran. Returns the id of the one that did,
/// whose containers may remain; empty if there was none.
Result<std::string> forget_cluster(const std::filesystem::path& state);

/// Writes hearthd's config.json and server_details.json to the state folder. `hearth` is the
/// program by which hearthd switches the nodes.
Result<void> write_manager_files(const DevFacts& facts, const std::string& kafka,
                                 std::uint16_t agent_port, const std::filesystem::path& hearth);

}  // namespace hearth::cli
