#include "adapters/config/cli_config.h"

#include <algorithm>

#include <fmt/format.h>

#include "adapters/address/address_text.h"
#include "adapters/config/operator_file.h"
#include "adapters/config/path_field.h"
#include "wire/json_reader.h"

namespace hearth {
namespace {

Result<std::string> parse_token(std::string_view text) {
  const bool fits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                 [](char c) { return c > ' ' && c <= '~'; });
  if (fits) return std::string(text);
  return fail(ErrorCode::kInvalidArgument,
              "must be the token in the manager's token file, without spaces");
}

std::optional<CliConfig> read_config(JsonObject& in, const std::filesystem::path& folder) {
  CliConfig config;
  config.manager = in.optional("manager").parsed(parse_manager_url);
  config.token = in.optional("token").parsed(parse_token);
  const JsonValue token_file = in.optional("token_file");
  config.token_file = token_file.as(config::PathReader{folder});
  if (config.token && config.token_file)
    token_file.fault("conflicts with \"token\"; keep one of the two");
  in.refuse_unknown();
  return config;
}

bool others_may_read(const std::filesystem::path& file) {
  using std::filesystem::perms;
  std::error_code ec;
  const perms found = std::filesystem::status(file, ec).permissions();
  return !ec && (found & (perms::group_read | perms::others_read)) != perms::none;
}

}  // namespace

Result<CliConfig> parse_cli_config(std::string_view text, const std::filesystem::path& folder) {
  return decode_json(
      text, {.bytes_max = kCliConfigBytesMax, .duplicate_keys = DuplicateKeys::kRefuse},
      ErrorCode::kInvalidArgument, [&](JsonObject& in) { return read_config(in, folder); });
}

Result<CliConfig> load_cli_config(const std::filesystem::path& file) {
  const Result<std::string> text = read_operator_file(file, kCliConfigBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return CliConfig{};
  if (!text) return tl::unexpected(text.error());
  Result<CliConfig> config = parse_cli_config(*text, file.parent_path());
  if (!config) return tl::unexpected(in_file(file, std::move(config.error())));
  if (config->token && others_may_read(file)) {
    return fail(ErrorCode::kUnauthorized,
                fmt::format("'{}' holds a token and other users can read it; run chmod 600 on it "
                            "and renew the token, or use token_file",
                            file.string()));
  }
  return config;
}

}  // namespace hearth
