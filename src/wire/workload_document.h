#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/workload.h"
#include "wire/container_fields.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"
#include "wire/resource_text.h"
#include "wire/spec_reading.h"

namespace hearth {

/// A workload as people and programs write it (docs/reference/workload_file.md): the workload file,
/// the body of `PUT /v1/workloads/{w}`, and a release in the database. This is the one reader and
/// writer of all three. It reads JSON; adapters/yaml turns YAML into JSON and faults into lines.

/// Of a file or a body, before and after it was turned into JSON. A longer one is no workload.
inline constexpr std::size_t kWorkloadFileBytesMax = 256 * 1024;
inline constexpr std::size_t kWorkloadJsonBytesMax = 1024 * 1024;

/// A workload file: everything but the bundle, which is made of the folder `build`, or is
/// no_bundle().
struct WorkloadFile {
  WorkloadName name;
  std::string build = ".";  ///< Relative to the file's folder.
  WorkloadKind kind = WorkloadKind::kApplication;
  std::uint32_t instances = 1;
  InstanceSpec instance = {};
  NodeLossPolicy on_node_lost = NodeLossPolicy::kReplace;
  std::optional<NodeName> node = {};
  std::vector<Dependency> after = {};
  Duration placement_deadline = std::chrono::minutes(1);
  bool operator==(const WorkloadFile&) const = default;

  WorkloadSpec with_bundle(Digest bundle) const;
};

/// A value, or every fault that was found.
template <class T>
using ReadDocument = tl::expected<T, std::vector<JsonFault>>;

/// Reads a file. `name` and every rule of a request are demanded; an unknown key is refused, since
/// it is most likely misspelt, and a duplicate one, too.
ReadDocument<WorkloadFile> read_workload_file(std::string_view json,
                                              const PatternCheck& check_pattern);

/// Reads the body of a request for the workload `name`: the same, but with `bundle`, the digest of
/// a build context in the content store, instead of `build`. `name` may be absent.
ReadDocument<WorkloadSpec> read_workload_request(std::string_view json, const WorkloadName& name,
                                                 const PatternCheck& check_pattern);

/// The same, with all faults in one error, kInvalidArgument, one per line.
Result<WorkloadSpec> decode_workload_request(std::string_view json, const WorkloadName& name,
                                             const PatternCheck& check_pattern = {});

/// Reads the log rules of a file: a workload file, or an object that has only `log_rules`, which is
/// demanded then.
ReadDocument<std::vector<LogRule>> read_log_rules_file(std::string_view json,
                                                       const PatternCheck& check_pattern);

/// Reads what encode_workload() wrote, also by an earlier build. Only the structure counts: neither
/// the bounds nor the rules of requests apply, because they may have been others when it was
/// accepted. An absent field has its default, and unknown ones are ignored. kCorrupt.
Result<WorkloadSpec> decode_stored_workload(std::string_view json);

/// The document of a request that results in `spec`.
std::string encode_workload(const WorkloadSpec& spec);

/// Writes the members of that document into the open object.
void write_workload_fields(JsonWriter& out, const WorkloadSpec& spec);

}  // namespace hearth
