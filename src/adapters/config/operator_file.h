#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/command.h"

namespace hearth {

/// The whole of a file that a person keeps. The error names it: kNotFound if there is none.
Result<std::string> read_operator_file(const std::filesystem::path& file, std::size_t bytes_max);

/// `error`, each of its lines with the file in front.
Error in_file(const std::filesystem::path& file, Error error);

/// Reads server_details.json (see parse_server_details()).
Result<std::vector<NodeEntry>> load_server_details(const std::filesystem::path& file,
                                                   std::uint16_t agent_port);

}  // namespace hearth
