#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/command.h"

namespace hearth {

/// Reads a whole file maintained by an operator. Errors name it: kNotFound if it does not exist.
Result<std::string> read_operator_file(const std::filesystem::path& file, std::size_t bytes_max);

/// `error`, with the file's name in front of each line.
Error in_file(const std::filesystem::path& file, Error error);

/// Reads server_details.json (see parse_server_details()).
Result<std::vector<NodeEntry>> load_server_details(const std::filesystem::path& file,
                                                   std::uint16_t agent_port);

}  // namespace hearth
