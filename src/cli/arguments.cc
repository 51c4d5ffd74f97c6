#include "cli/arguments.h"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "adapters/address/address_text.h"
#include "wire/workload_request_codec.h"

namespace hearth::cli {
namespace {

template <class T>
std::function<Result<void>(const std::string&)> store_in(T& into) {
  return [&into](const std::string& given) -> Result<void> {
    into = given;
    return {};
  };
}

/// Reads a number within [low, high].
struct WholeNumber {
  std::uint32_t low;
  std::uint32_t high;

  Result<std::uint32_t> operator()(std::string_view given) const {
    std::uint32_t number = 0;
    const char* const end = given.data() + given.size();
    const auto [rest, ec] = std::from_chars(given.data(), end, number);
    if (ec == std::errc() && rest == end && number >= low && number <= high) return number;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("must be a whole number from {} to {}", low, high));
  }
};

Result<OutputFormat> parse_output_format(std::string_view text) {
  if (text == "text") return OutputFormat::kText;
  if (text == "json") return OutputFormat::kJson;
  return fail(ErrorCode::kInvalidArgument, "must be one of: text, json");
}

}  // namespace

void Arguments::declare(Kind kind, Need need, Text text,
                        std::function<Result<void>(const std::string&)> take) {
  declared_.push_back({kind, need, text, std::move(take)});
}

void Arguments::flag(Text text, bool& into) {
  declare(Kind::kFlag, Need::kOptional, text, [&into](const std::string&) -> Result<void> {
    into = true;
    return {};
  });
}

void Arguments::value(Text text, std::string& into, Need need) {
  declare(Kind::kValue, need, text, store_in(into));
}

void Arguments::value(Text text, std::optional<std::string>& into) {
  declare(Kind::kValue, Need::kOptional, text, store_in(into));
}

void Arguments::value(Text text, std::filesystem::path& into) {
  declare(Kind::kValue, Need::kOptional, text, store_in(into));
}

void Arguments::value(Text text, std::uint32_t& into, std::uint32_t low, std::uint32_t high) {
  parsed(text, WholeNumber{low, high}, into);
}

void Arguments::value(Text text, std::optional<std::uint32_t>& into, std::uint32_t low,
                      std::uint32_t high) {
  parsed(text, WholeNumber{low, high}, into);
}

void Arguments::value(Text text, Duration& into) {
  parsed(text, parse_duration, into);
}

void Arguments::list(Text text, std::vector<std::string>& into) {
  declare(Kind::kList, Need::kOptional, text, [&into](const std::string& given) -> Result<void> {
    into.push_back(given);
    return {};
  });
}

void Arguments::positional(std::string_view placeholder, std::string_view help, std::string& into,
                           Need need) {
  declare(Kind::kPositional, need, {.names = placeholder, .placeholder = placeholder, .help = help},
          store_in(into));
}

void Arguments::connection(ConnectionArguments& into) {
  parsed({"--manager", "URL", "where the manager listens"}, parse_manager_url, into.manager);
  declare(Kind::kValue, Need::kOptional,
          {"--token-file", "FILE", "a file with the cluster's token"}, store_in(into.token_file));
}

void Arguments::output(OutputFormat& into) {
  parsed({"-o,--output", "FORMAT", "text, or json for programs"}, parse_output_format, into);
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
  // Not so for "nan" either.
  const bool in_range = cores == 0 || (millis >= 1 && millis <= 1'000'000);
  if (ec != std::errc() || rest != end || !in_range) {
    return fail(ErrorCode::kInvalidArgument,
                "cpu is a number of cores, from 0.001 to 1000, or 0 for no limit: \"0.5\", \"2\"");
  }
  return static_cast<std::uint32_t>(millis);
}

}  // namespace hearth::cli
