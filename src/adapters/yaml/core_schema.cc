#include "adapters/yaml/core_schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace hearth::yaml {
namespace {

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::size_t count_digits(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  return std::min(end, text.size());
}

/// "0o17", "0x1F".
std::optional<std::string> based_number(std::string_view text) {
  const int base = text.starts_with("0o") ? 8 : text.starts_with("0x") ? 16 : 0;
  if (base == 0) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data() + 2, end, number, base);
  if (ec != std::errc() || rest != end) return std::nullopt;
  return fmt::to_string(number);
}

/// Of those that a double holds: "[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", as JSON
/// writes it.
std::optional<std::string> decimal_number(std::string_view text) {
  std::string json;
  const auto take = [&](std::size_t count) {
    json += text.substr(0, count);
    text.remove_prefix(count);
  };
  if (text.starts_with('-'))
    take(1);
  else if (text.starts_with('+'))
    text.remove_prefix(1);

  const std::size_t whole = count_digits(text);
  if (whole > 1 && text.front() == '0') return std::nullopt;
  if (whole == 0) json += '0';
  take(whole);
  if (text.starts_with('.')) {
    const std::size_t fraction = count_digits(text.substr(1));
    if (whole == 0 && fraction == 0) return std::nullopt;
    take(fraction + 1);
    if (fraction == 0) json += '0';
  } else if (whole == 0) {
    return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    const std::size_t sign = text.size() > 1 && (text[1] == '-' || text[1] == '+') ? 1 : 0;
    const std::size_t exponent = count_digits(text.substr(1 + sign));
    if (exponent == 0) return std::nullopt;
    take(1 + sign + exponent);
  }
  double value = 0;
  const auto [rest, ec] = std::from_chars(json.data(), json.data() + json.size(), value);
  return text.empty() && ec == std::errc() ? std::optional(json) : std::nullopt;
}

}  // namespace

PlainScalar resolve_plain(std::string_view text) {
  constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
  constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
  constexpr std::array<std::string_view, 3> kFalse{"false", "False", "FALSE"};
  using Kind = PlainScalar::Kind;
  if (is_one_of(kNulls, text)) return {.kind = Kind::kNull, .json = "null"};
  if (is_one_of(kTrue, text)) return {.kind = Kind::kBoolean, .json = "true"};
  if (is_one_of(kFalse, text)) return {.kind = Kind::kBoolean, .json = "false"};
  if (auto number = based_number(text)) return {.kind = Kind::kNumber, .json = *std::move(number)};
  if (auto number = decimal_number(text)) {
    return {.kind = Kind::kNumber, .json = *std::move(number)};
  }
  return {};
}

}  // namespace hearth::yaml
