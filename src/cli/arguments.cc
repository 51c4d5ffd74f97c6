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

namespace {

/// "10m", and "2d": a history goes back for days, in which no other duration is given.
std::optional<Duration> parse_age(std::string_view text) {
  if (!text.ends_with('d')) {
    const Result<Duration> age = parse_duration(text);
    return age ? std::optional(*age) : std::nullopt;
  }
  constexpr Duration kAgeMax = std::chrono::hours(365 * 24);
  const Result<Duration> hours =
      parse_duration(fmt::format("{}h", text.substr(0, text.size() - 1)));
  if (!hours || *hours > kAgeMax / 24) return std::nullopt;
  return 24 * *hours;
}

}  // namespace

Result<WallTime> parse_since(std::string_view text, WallTime now) {
  if (const std::optional<Duration> age = parse_age(text))
    return now - std::chrono::duration_cast<WallTime::duration>(*age);
  if (Result<WallTime> time = parse_time(text)) return time;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("--since '{}' must be an age (\"10m\", \"2d\") or a time "
                          "(\"2026-03-01T09:00:00Z\")",
                          text));
}

}  // namespace hearth::cli
