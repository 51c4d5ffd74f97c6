#include "cli/arguments.h"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "adapters/address/address_text.h"
#include "base/duration_text.h"
#include "wire/workload_request_codec.h"

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

Result<std::uint64_t> parse_memory(std::string_view text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, count);
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit.ends_with("iB")) unit.remove_suffix(2);
  constexpr std::string_view kUnits = "KMGT";
  const std::size_t power = unit.empty() ? 0 : kUnits.find(unit.front()) + 1;
  const bool known = unit.empty() || (unit.size() == 1 && power > 0);
  const bool fits = ec == std::errc() && known && count <= kMemoryBytesMax >> (10 * power);
  const std::uint64_t bytes = fits ? count << (10 * power) : 0;
  if (!fits || (bytes != 0 && bytes < kMemoryBytesMin)) {
    return fail(ErrorCode::kInvalidArgument,
                "memory is a number with a unit, from 6M to 1024T, or 0 for no limit: \"64M\", "
                "\"2G\"");
  }
  return bytes;
}

Result<std::uint32_t> parse_cpus(std::string_view text) {
  double cores = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, cores, std::chars_format::fixed);
  const double millis = std::round(cores * 1000);
  // False for "nan" as well.
  const bool in_range = cores == 0 || (millis >= 1 && millis <= 1'000'000);
  if (ec != std::errc() || rest != end || !in_range) {
    return fail(ErrorCode::kInvalidArgument,
                "cpu is a number of cores, from 0.001 to 1000, or 0 for no limit: \"0.5\", \"2\"");
  }
  return static_cast<std::uint32_t>(millis);
}

}  // namespace hearth::cli
