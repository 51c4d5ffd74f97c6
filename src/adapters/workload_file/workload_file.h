#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/yaml/text_fault.h"
#include "base/result.h"
#include "wire/workload_document.h"

namespace hearth {

/// Workload files and bodies of requests, in YAML or JSON: from their text to their value, and from
/// a fault to its line. What the fields mean is wire/workload_document's.

/// The file that `hearth deploy DIR` looks for.
inline constexpr std::string_view kWorkloadFileName = "hearth.yaml";

/// What is wrong with a workload file.
struct WorkloadFileFault {
  TextPlace place;
  std::string path;         ///< "ports[0]"; empty: the document, or its syntax.
  std::string what;         ///< What is wrong, and what would be right.
  std::string source = {};  ///< Of a fault of syntax: the line, and a mark below the column.
  bool operator==(const WorkloadFileFault&) const = default;
};

/// "heater.yaml:12:5: ports[0]: must be …", and the source on lines of its own.
std::string show(const std::filesystem::path& file, const WorkloadFileFault& fault);

struct LocatedWorkload {
  WorkloadFile workload;
  TextPlace build;  ///< Of `build`, or of the document: whether the folder is there, it cannot say.
};

/// The faults are in the order of the text.
tl::expected<LocatedWorkload, std::vector<WorkloadFileFault>> read_workload_yaml(
    std::string_view text, const PatternCheck& check_pattern);

/// The log rules of a workload file, or of a file that has only `log_rules`.
tl::expected<std::vector<LogRule>, std::vector<WorkloadFileFault>> read_log_rules_yaml(
    std::string_view text, const PatternCheck& check_pattern);

/// The text of a file. kNotFound; kInvalidArgument if it cannot be read or is too long.
Result<std::string> load_workload_text(const std::filesystem::path& file);

/// The body of a request for the workload `name`. YAML if the media type says so
/// ("application/yaml"), else JSON. kInvalidArgument lists every fault, one per line.
Result<WorkloadSpec> read_workload_body(std::string_view content_type, std::string_view body,
                                        const WorkloadName& name,
                                        const PatternCheck& check_pattern);

}  // namespace hearth
