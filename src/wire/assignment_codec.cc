#include "wire/assignment_codec.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/settings.h"
#include "wire/instance_fields.h"
#include "wire/model_fields.h"

namespace hearth {
namespace {

void write(JsonWriter& out, const AssignedInstance& instance) {
  out.begin_object().field("id", instance.id.str());
  out.field("workload", instance.workload.str());
  out.field("generation", instance.generation.value);
  out.field("desired_state", name_of(instance.desired_state));
  wire::write_image(out.key("image"), instance.image);
  wire::write_instance_spec(out.key("spec").begin_object(), instance.spec);
  out.end_object();
  if (!instance.after.empty()) {
    out.key("after").begin_object();
    for (const Dependency& one : instance.after) out.field(one.workload.str(), name_of(one.until));
    out.end_object();
  }
  out.end_object();
}

void write(JsonWriter& out, const BuildOrder& build) {
  out.begin_object().field("workload", build.workload.str());
  out.field("generation", build.generation.value);
  out.field("bundle", build.bundle.str());
  out.field("reference", build.reference).end_object();
}

/// An instance to be stopped is not listed, so "stop" is not accepted in an assignment.
Result<DesiredState> parse_assigned_state(std::string_view word) {
  Result<DesiredState> desired_state = parse_desired_state(word);
  if (desired_state && *desired_state != DesiredState::kStop) return desired_state;
  return fail(ErrorCode::kInvalidArgument, "must be one of: stage, run");
}

std::map<std::string, std::string> read_environment(const JsonObject& in) {
  std::map<std::string, std::string> environment;
  in.each([&](std::string_view name, const JsonValue& value) {
    environment.emplace(name, wire::text_or_empty(value));
  });
  return environment;
}

/// The specification, or what stood in its place in assignments that lie on disks: an agent whose
/// program was replaced keeps running what it was assigned.
InstanceSpec read_spec(JsonObject& in) {
  const JsonValue environment = in.optional("environment");
  if (!environment.present()) {
    JsonObject fields = in.required("spec").object();
    // The restart policy, whose default depends on the kind of the workload, is always written.
    return wire::read_instance_fields(fields, WorkloadKind::kApplication,
                                      {.of = wire::SpecReading::Of::kStored})
        .spec;
  }
  return {.container = {
              .environment = read_environment(environment.object()),
              .resources = wire::resources(in.required("cpu_millis"), in.required("memory_bytes")),
              .pids_max = in.required("pids_max").number<std::uint32_t>().value_or(0)}};
}

/// Absent: nothing.
std::vector<Dependency> read_after(const JsonValue& value) {
  std::vector<Dependency> after;
  value.object().each([&](std::string_view name, const JsonValue& until) {
    const Result<WorkloadName> workload = WorkloadName::parse(name);
    if (!workload) return until.fault(workload.error().message);
    if (const auto parsed = until.parsed(parse_dependency_until))
      after.push_back({.workload = *workload, .until = *parsed});
  });
  return after;
}

std::optional<AssignedInstance> read_instance(const JsonValue& value) {
  JsonObject in = value.object();
  const auto id = in.required("id").text();
  auto workload = in.required("workload").parsed(WorkloadName::parse);
  const auto generation = wire::counter<Generation>(in.required("generation"));
  const auto desired_state = in.required("desired_state").parsed(parse_assigned_state);
  auto image = in.required("image").as(wire::image);
  InstanceSpec spec = read_spec(in);
  std::vector<Dependency> after = read_after(in.optional("after"));
  if (!id || !workload || !desired_state || !image) return std::nullopt;
  return AssignedInstance{.id = InstanceId{std::string(*id)},
                          .workload = std::move(*workload),
                          .generation = generation,
                          .desired_state = *desired_state,
                          .image = std::move(*image),
                          .spec = std::move(spec),
                          .after = std::move(after)};
}

std::optional<BuildOrder> read_build(const JsonValue& value) {
  JsonObject in = value.object();
  auto workload = in.required("workload").parsed(WorkloadName::parse);
  const auto generation = wire::counter<Generation>(in.required("generation"));
  auto bundle = in.required("bundle").parsed(Digest::parse);
  const auto reference = in.required("reference").text();
  if (!workload || !bundle || !reference) return std::nullopt;
  return BuildOrder{.workload = std::move(*workload),
                    .generation = generation,
                    .bundle = std::move(*bundle),
                    .reference = std::string(*reference)};
}

std::vector<AssignedInstance> read_instances(const JsonValue& value) {
  std::vector<AssignedInstance> instances = value.list(read_instance);
  std::sort(instances.begin(), instances.end(),
            [](const AssignedInstance& a, const AssignedInstance& b) { return a.id < b.id; });
  const auto twin = std::adjacent_find(
      instances.begin(), instances.end(),
      [](const AssignedInstance& a, const AssignedInstance& b) { return a.id == b.id; });
  if (twin != instances.end()) value.fault(fmt::format("duplicate id '{}'", twin->id.str()));
  return instances;
}

std::optional<Assignment> read_assignment(JsonObject& in) {
  if (!wire::is_our_version(in.required("v"))) return std::nullopt;
  auto node = in.required("node").parsed(NodeName::parse);
  const AssignmentNumber number{.epoch = wire::counter<Epoch>(in.required("epoch")),
                                .revision = wire::counter<Revision>(in.required("revision"))};
  const auto interval = wire::nanoseconds(in.required("heartbeat_interval_ns"),
                                          kHeartbeatIntervalMin, kHeartbeatIntervalMax);
  std::vector<AssignedInstance> instances = read_instances(in.required("instances"));
  std::vector<Image> images = in.required("images").list(wire::image);
  std::vector<BuildOrder> builds = in.required("builds").list(read_build);
  if (!node || !interval) return std::nullopt;
  return Assignment{.node = std::move(*node),
                    .number = number,
                    .heartbeat_interval = *interval,
                    .instances = std::move(instances),
                    .images = std::move(images),
                    .builds = std::move(builds)};
}

}  // namespace

Result<std::string> encode(const Assignment& assignment) {
  JsonWriter out;
  out.begin_object().field("v", wire::kFormatVersion).field("node", assignment.node.str());
  out.field("epoch", assignment.number.epoch.value);
  out.field("revision", assignment.number.revision.value);
  out.field("heartbeat_interval_ns", wire::nanoseconds_of(assignment.heartbeat_interval));
  out.key("instances").begin_list();
  for (const AssignedInstance& instance : assignment.instances) write(out, instance);
  out.end_list().key("images").begin_list();
  for (const Image& image : assignment.images) wire::write_image(out, image);
  out.end_list().key("builds").begin_list();
  for (const BuildOrder& build : assignment.builds) write(out, build);
  out.end_list().end_object();

  std::string text = std::move(out).text();
  if (text.size() <= kAssignmentBytesMax) return text;
  return fail(
      ErrorCode::kExhausted,
      fmt::format("the assignment of node '{}' has {} bytes; at most {} can be sent: make the "
                  "environments of its workloads smaller, or move some of them to other nodes",
                  assignment.node.str(), text.size(), kAssignmentBytesMax));
}

Result<Assignment> decode_assignment(std::string_view text) {
  return decode_json(text, {.bytes_max = kAssignmentBytesMax}, ErrorCode::kCorrupt,
                     [](JsonObject& in) { return read_assignment(in); });
}

}  // namespace hearth
