#include "base/columns.h"

#include <algorithm>

namespace hearth {

std::size_t columns_of(std::string_view text) {
  const auto begins_a_code_point = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_a_code_point));
}

}  // namespace hearth
