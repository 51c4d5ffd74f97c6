#include "base/name.h"

#include <algorithm>

#include <fmt/format.h>

namespace hearth {
namespace {

constexpr std::size_t kNameBytesMax = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// A wrong name as a message shows it: at most one line, no control characters.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kNameBytesMax));
  std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text.size() > kNameBytesMax ? out + "…" : out;
}

}  // namespace

std::string name_fault(std::string_view text) {
  if (text.empty()) return "a name must not be empty; use a-z, 0-9 and '-', for example 'heater-1'";
  if (text.size() > kNameBytesMax) {
    return fmt::format("name '{}' has {} characters; at most {} are allowed", shown(text),
                       text.size(), kNameBytesMax);
  }
  const bool begins_well = is_letter_or_digit(text.front());
  const bool all_well = std::all_of(text.begin(), text.end(),
                                    [](char c) { return is_letter_or_digit(c) || c == '-'; });
  if (begins_well && all_well) return {};
  return fmt::format("name '{}' must match [a-z0-9][a-z0-9-]{{0,62}}, for example 'heater-1'",
                     shown(text));
}

}  // namespace hearth
