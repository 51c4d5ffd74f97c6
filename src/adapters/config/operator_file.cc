#include "adapters/config/operator_file.h"

#include <optional>

#include <fmt/format.h>

#include "adapters/file/file.h"
#include "wire/server_details.h"

namespace hearth {

Result<std::string> read_operator_file(const std::filesystem::path& file, std::size_t bytes_max) {
  Result<std::optional<std::string>> content = read_file(file, bytes_max);
  if (!content) {
    // Unreadable for whatever reason, it is not the file that was configured.
    return fail(ErrorCode::kInvalidArgument, content.error().message);
  }
  if (*content) return std::move(**content);
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no file '{}'; correct the path or create it", file.string()));
}

Error in_file(const std::filesystem::path& file, Error error) {
  const std::string prefix = file.string() + ": ";
  std::string message = prefix;
  for (const char c : error.message) {
    message += c;
    if (c == '\n') message += prefix;
  }
  error.message = std::move(message);
  return error;
}

Result<std::vector<NodeEntry>> load_server_details(const std::filesystem::path& file,
                                                   std::uint16_t agent_port) {
  const Result<std::string> text = read_operator_file(file, kServerDetailsBytesMax);
  if (!text) return tl::unexpected(text.error());
  return parse_server_details(*text, agent_port).map_error([&](Error error) {
    return in_file(file, std::move(error));
  });
}

}  // namespace hearth
