#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hearth {

/// Percent-coding for URLs (RFC 3986, 2.1).

/// Decodes; nullopt if a '%' is not followed by two hex digits, or if the result contains a NUL.
std::optional<std::string> percent_decode(std::string_view text);
/// Encodes all but letters, digits, '-', '.', '_' and '~': suitable for a path segment or a query
/// value.
std::string percent_encode(std::string_view text);

}  // namespace hearth
