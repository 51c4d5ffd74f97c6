#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::http {

/// The two parts of a request target.
struct RequestTarget {
  std::string_view path;   ///< Still encoded.
  std::string_view query;  ///< Still encoded, without the '?'.
};

/// Splits "/path?query", or the absolute form that servers must accept by RFC 9112 (3.2.2). nullopt
/// for anything else.
std::optional<RequestTarget> split_target(std::string_view target);

/// The values of a query by key, decoded; the last one of a repeated key. nullopt if an escape in
/// it is invalid.
std::optional<std::map<std::string, std::string>> parse_query(std::string_view text);

}  // namespace hearth::http
