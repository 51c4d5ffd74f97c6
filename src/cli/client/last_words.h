#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/client/api_client.h"

namespace hearth::cli {

inline constexpr std::size_t kLastWordsMax = 10;

/// Of which container of an instance the log is.
enum class LogOf : std::uint8_t {
  kPresent,
  kPrevious,  ///< The one that died last before it.
};

/// The end of that log, as far as it comes within a few seconds; empty: there is none. Blocks.
std::string log_end(const ApiClient& api, const std::string& instance, LogOf of);

/// The last lines of `text`, each fit for a terminal; kLastWordsMax at most, the oldest first.
std::vector<std::string> last_lines_of(const std::string& text);

}  // namespace hearth::cli
