#include "cli/arguments.h"

#include <utility>

#include <fmt/format.h>

#include "adapters/address/address_text.h"
#include "base/duration_text.h"

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

Result<WallTime> parse_since(std::string_view text, WallTime now) {
  if (const Result<Duration> ago = parse_duration(text)) {
    return now - std::chrono::duration_cast<WallTime::duration>(*ago);
  }
  if (Result<WallTime> time = parse_time(text)) return time;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("--since '{}' must be an age (\"10m\") or a time "
                          "(\"2026-03-01T09:00:00Z\")",
                          text));
}

}  // namespace hearth::cli
