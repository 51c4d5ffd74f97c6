#pragma once

#include <cstddef>
#include <string_view>

namespace hearth {

/// The last `count` lines of `text`, as a part of it; all of it if it has no more. An unfinished
/// line at the end counts as one.
std::string_view last_lines(std::string_view text, std::size_t count);

}  // namespace hearth
