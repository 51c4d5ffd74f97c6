#include "adapters/workload_file/workload_file.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "adapters/file/file.h"
#include "adapters/yaml/yaml_document.h"

namespace hearth {
namespace {

const YamlOptions& yaml_options() {
  static const YamlOptions kOptions{.bytes_max = kWorkloadFileBytesMax,
                                    .texts_below = {"environment"}};
  return kOptions;
}

std::vector<WorkloadFileFault> located(std::string_view text,
                                       const std::vector<TextFault>& faults) {
  std::vector<WorkloadFileFault> out;
  for (const TextFault& fault : faults) {
    out.push_back({.place = fault.place,
                   .path = {},
                   .what = fault.what,
                   .source = show_line(text, fault.place)});
  }
  return out;
}

std::vector<WorkloadFileFault> located(const YamlDocument& document,
                                       const std::vector<JsonFault>& faults) {
  std::vector<WorkloadFileFault> out;
  for (const JsonFault& fault : faults) {
    std::string_view path = fault.path;
    path.remove_prefix(std::min(path.size(), path.starts_with("$.") ? 2UL : 1UL));
    out.push_back(
        {.place = document.place_of(fault.path), .path = std::string(path), .what = fault.what});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.place < b.place; });
  return out;
}

std::string in_one_line(const WorkloadFileFault& fault) {
  return fault.path.empty() ? fault.what : fault.path + ": " + fault.what;
}

Error error_of(const std::vector<WorkloadFileFault>& faults) {
  Error error{ErrorCode::kInvalidArgument, {}};
  for (const WorkloadFileFault& fault : faults) {
    if (!error.message.empty()) error.message += '\n';
    error.message += fmt::format("line {}, column {}: {}", fault.place.line, fault.place.column,
                                 in_one_line(fault));
  }
  return error;
}

bool says_yaml(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  constexpr std::array<std::string_view, 4> kTypes{"application/yaml", "application/x-yaml",
                                                   "text/yaml", "text/x-yaml"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

}  // namespace

std::string show(const std::filesystem::path& file, const WorkloadFileFault& fault) {
  std::string shown = fmt::format("{}:{}:{}: {}", file.string(), fault.place.line,
                                  fault.place.column, in_one_line(fault));
  if (!fault.source.empty()) shown += "\n" + fault.source;
  return shown;
}

tl::expected<LocatedWorkload, std::vector<WorkloadFileFault>> read_workload_yaml(
    std::string_view text, const PatternCheck& check_pattern) {
  const auto document = YamlDocument::parse(text, yaml_options());
  if (!document) return tl::unexpected(located(text, document.error()));
  return read_workload_file(document->json(), check_pattern)
      .map([&](WorkloadFile&& workload) {
        return LocatedWorkload{.workload = std::move(workload),
                               .build = document->place_of("$.build")};
      })
      .map_error([&](const std::vector<JsonFault>& faults) { return located(*document, faults); });
}

tl::expected<std::vector<LogRule>, std::vector<WorkloadFileFault>> read_log_rules_yaml(
    std::string_view text, const PatternCheck& check_pattern) {
  const auto document = YamlDocument::parse(text, yaml_options());
  if (!document) return tl::unexpected(located(text, document.error()));
  return read_log_rules_file(document->json(), check_pattern)
      .map_error([&](const std::vector<JsonFault>& faults) { return located(*document, faults); });
}

Result<std::string> load_workload_text(const std::filesystem::path& file) {
  // So that the fault of a file that is too long is reported like any other.
  Result<std::optional<std::string>> content = read_file(file, 16 * kWorkloadFileBytesMax);
  if (!content) return fail(ErrorCode::kInvalidArgument, content.error().message);
  if (*content) return std::move(**content);
  return fail(ErrorCode::kNotFound, fmt::format("there is no file '{}'", file.string()));
}

Result<WorkloadSpec> read_workload_body(std::string_view content_type, std::string_view body,
                                        const WorkloadName& name,
                                        const PatternCheck& check_pattern) {
  if (!says_yaml(content_type)) return decode_workload_request(body, name, check_pattern);
  const auto document = YamlDocument::parse(body, yaml_options());
  if (!document) return tl::unexpected(error_of(located(body, document.error())));
  return read_workload_request(document->json(), name, check_pattern)
      .map_error([&](const std::vector<JsonFault>& faults) {
        return error_of(located(*document, faults));
      });
}

}  // namespace hearth
