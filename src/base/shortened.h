#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hearth {

/// `text` itself if it has at most `bytes_max` bytes, else its beginning and "…", together at most
/// that long and never ending within a UTF-8 character. For text written by others, applied where
/// it is read: the reports, events and rows that quote it must not grow with it. `bytes_max` >= 3.
std::string shortened(std::string_view text, std::size_t bytes_max);

}  // namespace hearth
