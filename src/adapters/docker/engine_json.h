#pragma once

#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

/// Reads the JSON of the Docker Engine API. Whatever is missing or of another type reads as null,
/// empty or nullopt. For the codecs of this folder only.
namespace hearth::docker {

namespace json = boost::json;

/// kCorrupt: "the Docker engine sent <what>".
tl::unexpected<Error> corrupt(std::string_view what);
/// kCorrupt if the text is not JSON, or nested too deeply.
Result<json::value> parse(std::string_view text, std::string_view what);

/// The member if there is one, else null. `in` may be null, too.
const json::value* member(const json::value* in, std::string_view key);
const json::value* member(const json::value& in, std::string_view key);
std::string_view text_of(const json::value* value);
std::string_view text_in(const json::value& in, std::string_view key);
std::string_view text_in(const json::value* in, std::string_view key);
/// False also if there is none.
bool flag_in(const json::value* in, std::string_view key);
/// Nullopt also if it is negative.
std::optional<std::uint64_t> count_in(const json::value* in, std::string_view key);
/// An exit code as the model has it. One that no process can have counts as 255: it must not turn
/// into 0.
int exit_code_of(std::int64_t code);
/// Nullopt if there is none, or a negative one.
std::optional<int> exit_code_in(const json::value* in, std::string_view key);

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// RFC 3339 in UTC with any fraction, as Go writes it: "2026-03-01T09:15:02.123456789Z".
std::optional<WallTime> parse_go_time(std::string_view text);

}  // namespace hearth::docker
