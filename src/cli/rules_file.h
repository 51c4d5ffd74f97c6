#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "model/log_rule.h"

namespace hearth::cli {

/// The log rules of a workload file, or of a file that has only `log_rules`. kNotFound;
/// kInvalidArgument lists every fault with its place, one per line.
Result<std::vector<LogRule>> load_rules(const std::filesystem::path& file);

}  // namespace hearth::cli
