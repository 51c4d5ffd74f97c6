#pragma once

#include <cstddef>
#include <string_view>

namespace hearth {

/// How many terminal columns the text occupies: one per UTF-8 code point.
std::size_t columns_of(std::string_view text);

}  // namespace hearth
