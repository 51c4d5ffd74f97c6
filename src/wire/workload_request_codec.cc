#include "wire/workload_request_codec.h"

#include <algorithm>

#include <fmt/format.h>

#include "wire/model_fields.h"

namespace hearth {
namespace {

bool is_variable_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !name.empty() && name.size() <= kEnvironmentNameBytesMax &&
         std::all_of(name.begin(), name.end(), fits);
}

bool is_set_by_hearth(std::string_view name) {
  return name == "HEARTH_NODE" || name == "HEARTH_WORKLOAD" || name == "HEARTH_INSTANCE";
}

/// Why a container cannot be given this variable; empty if it can.
std::string variable_fault(std::string_view name, const std::optional<std::string_view>& value) {
  if (!is_variable_name(name)) {
    return "is not a valid variable name: use letters, digits, '_', '.' and '-', at most 128";
  }
  if (is_set_by_hearth(name)) return "is set by Hearth in every container: use another name";
  if (!value) return "must be a string, not null";
  if (value->find('\0') != std::string_view::npos) return "must not contain a NUL character";
  return {};
}

std::map<std::string, std::string> read_environment(const JsonValue& value) {
  std::map<std::string, std::string> environment;
  std::size_t bytes = 0;
  value.object().each([&](std::string_view name, const JsonValue& variable) {
    const std::optional<std::string_view> text = variable.text();
    if (variable.present() && !text) return;  // Its fault is noted already.
    if (std::string fault = variable_fault(name, text); !fault.empty()) {
      variable.fault(std::move(fault));
      return;
    }
    bytes += name.size() + text->size();
    environment.emplace(name, *text);
  });
  if (environment.size() > kEnvironmentCountMax) {
    value.fault(
        fmt::format("has {} variables; the limit is {}", environment.size(), kEnvironmentCountMax));
  }
  if (bytes > kEnvironmentBytesMax) {
    value.fault(fmt::format("has {} bytes; the limit is {}: put large data into the image", bytes,
                            kEnvironmentBytesMax));
  }
  return environment;
}

std::uint64_t read_memory(const JsonValue& value) {
  const std::uint64_t bytes = value.number<std::uint64_t>(0, kMemoryBytesMax).value_or(0);
  if (bytes != 0 && bytes < kMemoryBytesMin) {
    value.fault(fmt::format("must be 0 (no limit) or at least {}, in bytes", kMemoryBytesMin));
  }
  return bytes;
}

std::optional<WorkloadSpec> read_request(JsonObject& in) {
  const WorkloadKind kind =
      in.optional("kind").parsed(parse_workload_kind).value_or(WorkloadKind::kApplication);
  const std::uint32_t instances =
      in.optional("instances").number<std::uint32_t>(0, kInstancesMax).value_or(1);
  std::optional<Digest> bundle = in.required("bundle").parsed(Digest::parse);
  ContainerSpec container;
  container.environment = read_environment(in.optional("environment"));
  container.resources.cpu_millis =
      in.optional("cpu_millis").number<std::uint32_t>(0, kCpuMillisMax).value_or(0);
  container.resources.memory_bytes = read_memory(in.optional("memory_bytes"));
  container.pids_max =
      in.optional("pids_max").number<std::uint32_t>(1, kPidsMaxMax).value_or(container.pids_max);
  const NodeLossPolicy on_node_lost =
      in.optional("on_node_lost").parsed(parse_node_loss_policy).value_or(NodeLossPolicy::kReplace);
  in.refuse_unknown();
  if (!bundle) return std::nullopt;
  return WorkloadSpec{.kind = kind,
                      .instances = instances,
                      .bundle = std::move(*bundle),
                      .instance = {.container = std::move(container)},
                      .on_node_lost = on_node_lost};
}

}  // namespace

Result<WorkloadSpec> decode_workload_request(std::string_view text) {
  return decode_json(
      text, {.bytes_max = kWorkloadRequestBytesMax, .duplicate_keys = DuplicateKeys::kRefuse},
      ErrorCode::kInvalidArgument, [](JsonObject& in) { return read_request(in); });
}

std::string encode_workload_request(const WorkloadSpec& spec) {
  JsonWriter out;
  out.begin_object().field("kind", name_of(spec.kind)).field("instances", spec.instances);
  out.field("bundle", spec.bundle.str());
  wire::write_instance_spec(out, spec.instance);
  out.field("on_node_lost", name_of(spec.on_node_lost)).end_object();
  return std::move(out).text();
}

}  // namespace hearth
