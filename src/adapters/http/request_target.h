#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::http {

/// What a request asks for, in its two parts.
struct RequestTarget {
  std::string_view path;   ///< Still encoded.
  std::string_view query;  ///< Still encoded, without the '?'.
};

/// Takes "/path?query" apart, or the absolute form that RFC 9112 (3.2.2) has servers accept.
/// Nullopt for anything else.
std::optional<RequestTarget> split_target(std::string_view target);

/// The values of a query by their keys, decoded; of a repeated key the last. Nullopt if an escape
/// in it is broken.
std::optional<std::map<std::string, std::string>> parse_query(std::string_view text);

}  // namespace hearth::http
