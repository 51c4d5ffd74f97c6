#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hearth {

/// `text` itself if it has at most `bytes_max` bytes, else its beginning and "…", together no
/// longer than that and never with half a character of UTF-8. For words of others, where they are
/// taken in: what they become part of (a report, an event, a row) must not grow with them.
/// `bytes_max` >= 3.
std::string shortened(std::string_view text, std::size_t bytes_max);

}  // namespace hearth
