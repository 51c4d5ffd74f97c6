#pragma once

#include <string>
#include <vector>

#include "cli/client/api_client.h"

namespace hearth::cli {

/// The last lines that an instance wrote, each fit for a terminal; kLastWordsMax at most, the
/// oldest first: those that its node `reported` with its last exit or, if that is empty, those of
/// its log. Empty if they cannot be had within a few seconds: its container may be gone. Blocks.
std::vector<std::string> last_words(const ApiClient& api, const std::string& instance,
                                    const std::string& reported);
inline constexpr std::size_t kLastWordsMax = 10;

}  // namespace hearth::cli
