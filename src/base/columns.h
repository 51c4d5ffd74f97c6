#pragma once

#include <cstddef>
#include <string_view>

namespace hearth {

/// How many columns of a terminal the text takes: one a code point of UTF-8.
std::size_t columns_of(std::string_view text);

}  // namespace hearth
