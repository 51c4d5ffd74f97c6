#include "cli/rules_file.h"

#include <string>
#include <utility>

#include "adapters/log_match/re2_pattern_compiler.h"
#include "adapters/workload_file/workload_file.h"

namespace hearth::cli {

Result<std::vector<LogRule>> load_rules(const std::filesystem::path& file) {
  const Result<std::string> text = load_workload_text(file);
  if (!text) return tl::unexpected(text.error());
  auto rules = read_log_rules_yaml(*text, log_match::pattern_fault);
  if (rules) return *std::move(rules);
  Error error{ErrorCode::kInvalidArgument, "the rules are not valid:"};
  for (const WorkloadFileFault& fault : rules.error()) error.message += "\n" + show(file, fault);
  return tl::unexpected(std::move(error));
}

}  // namespace hearth::cli
