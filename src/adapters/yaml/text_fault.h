#pragma once

#include <compare>
#include <cstddef>
#include <string>

namespace hearth {

/// A place in a text, both counted from 1. Columns count characters.
struct TextPlace {
  std::size_t line = 1;
  std::size_t column = 1;
  auto operator<=>(const TextPlace&) const = default;
};

/// What is wrong with a text, and where.
struct TextFault {
  TextPlace place;
  std::string what;
  bool operator==(const TextFault&) const = default;
};

}  // namespace hearth
