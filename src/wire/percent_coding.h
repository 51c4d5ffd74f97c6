#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hearth {

/// Percent-coding of what stands in a URL (RFC 3986, 2.1).

/// Undoes it; nullopt if a '%' is not followed by two hex digits, or what comes of it has a NUL.
std::optional<std::string> percent_decode(std::string_view text);
/// Encodes all but letters, digits, '-', '.', '_' and '~': fit for a path segment or a query value.
std::string percent_encode(std::string_view text);

}  // namespace hearth
