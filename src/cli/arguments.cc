#include "cli/arguments.h"

#include <utility>

#include "adapters/address/address_text.h"

namespace hearth::cli {
namespace {

Result<OutputFormat> parse_output_format(std::string_view text) {
  if (text == "text") return OutputFormat::kText;
  if (text == "json") return OutputFormat::kJson;
  return fail(ErrorCode::kInvalidArgument, "must be one of: text, json");
}

}  // namespace

void declare_connection(Arguments& arguments, ConnectionArguments& into) {
  arguments.parsed({"--manager", "URL", "where the manager listens"}, parse_manager_url,
                   into.manager);
  arguments.parsed(
      {"--token-file", "FILE", "a file with the cluster's token", usage::kFiles},
      [](std::string_view given) -> Result<std::filesystem::path> { return given; },
      into.token_file);
}

void declare_output(Arguments& arguments, OutputFormat& into) {
  arguments.parsed({"-o,--output", "FORMAT", "text, or json for programs", "text json"},
                   parse_output_format, into);
}

}  // namespace hearth::cli
