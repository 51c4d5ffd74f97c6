#include <sstream>
#include <string>

#include "adapters/log_match/re2_pattern_compiler.h"
#include "adapters/workload_file/workload_file.h"
#include "app/log_trial.h"
#include "stable_form.h"

namespace {

constexpr std::string_view kLog = "\n%LOG\n";

}  // namespace

/// A file of log rules, and after a line "%LOG" a recorded log: what `hearth logs check` reads.
/// Every fault has a place within the file; rules that are accepted can be tried.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  const std::string text(text_of(data, size));
  const std::size_t end = text.find(kLog);
  const std::string file = text.substr(0, end);
  const auto rules = read_log_rules_yaml(file, log_match::pattern_fault);
  if (!rules) {
    HEARTH_CHECK(!rules.error().empty());
    for (const WorkloadFileFault& fault : rules.error()) HEARTH_CHECK(!show("f", fault).empty());
    return 0;
  }
  HEARTH_CHECK(rules->size() <= kLogRulesMax);
  std::istringstream lines(end == std::string::npos ? "" : text.substr(end + kLog.size()));
  const auto trial = try_log_rules(*rules, {.lines = lines, .interval = std::nullopt});
  if (!trial) {
    HEARTH_CHECK(!trial.error().message.empty());
    return 0;
  }
  HEARTH_CHECK(trial->rules.size() == rules->size());
  HEARTH_CHECK(trial->firings.size() <= kTrialFiringsMax);
  HEARTH_CHECK(trial->length >= Duration::zero());
  return 0;
}
