#include "wire/workload_document.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "wire/health_fields.h"
#include "wire/instance_fields.h"

namespace hearth {
namespace {

using wire::SpecReading;

constexpr JsonLimits kLimits{.bytes_max = kWorkloadJsonBytesMax,
                             .duplicate_keys = DuplicateKeys::kRefuse};

/// What is known of a workload besides its document.
struct Expected {
  const WorkloadName* name = nullptr;  ///< Of a request.
  enum class Source : std::uint8_t { kFile, kBundle } source;
};

/// A document without the name, which may be absent, and without what its image is built from.
struct Fields {
  std::optional<WorkloadName> name;
  std::string build = ".";
  std::optional<Digest> bundle;
  WorkloadKind kind = WorkloadKind::kApplication;
  std::uint32_t instances = 1;
  wire::InstanceFields instance;
  NodeLossPolicy on_node_lost = NodeLossPolicy::kReplace;
  std::optional<NodeName> node;
  std::vector<Dependency> after;

  WorkloadSpec with_bundle(Digest digest) && {
    return {.kind = kind,
            .instances = instances,
            .bundle = std::move(digest),
            .instance = std::move(instance.spec),
            .on_node_lost = on_node_lost,
            .node = std::move(node),
            .after = std::move(after),
            .placement_deadline = instance.placement_deadline};
  }
};

void read_name(const JsonValue& value, const Expected& expected, Fields& into) {
  std::optional<WorkloadName> name = value.parsed(WorkloadName::parse);
  if (name && expected.name != nullptr && *name != *expected.name) {
    value.fault(fmt::format("must be '{}', as in the address of the request, or be left out",
                            expected.name->str()));
  }
  into.name = std::move(name);
  if (!into.name && expected.name != nullptr) into.name = *expected.name;
}

void read_source(JsonObject& in, const Expected& expected, const SpecReading& reading,
                 Fields& into) {
  if (in.optional("adopt").present()) {
    for (const std::string_view key : {"build", "bundle"})
      reading.forbid(in, key, "an adopted container exists already: leave it out");
    into.bundle = no_bundle();
    return;
  }
  if (expected.source == Expected::Source::kFile) {
    const JsonValue build = in.optional("build");
    if (build.present()) into.build = reading.text(build, 4096);
    reading.forbid(in, "bundle", "is for requests: in a file write build: FOLDER");
    return;
  }
  into.bundle = in.required("bundle").parsed(Digest::parse);
  reading.forbid(in, "build",
                 "is for files: PUT the folder to /v1/content/DIGEST, and write bundle: DIGEST");
}

/// Names of other systems, and what is still to come.
void forbid_known_strangers(JsonObject& in, const SpecReading& reading) {
  reading.forbid(in, "image", "is not supported yet: use build, a folder with a Dockerfile");
  reading.forbid(in, "volumes",
                 "is not supported yet: use build, and copy the files into the image");
  reading.forbid(in, "secrets",
                 "is not supported yet: use build, and copy the files into the image");
  reading.forbid(in, "kafka", "is not supported yet: use build, and environment for the address");
  reading.forbid(in, "cpu_millis", "write resources: {cpu: 0.5}, in cores");
  reading.forbid(in, "memory_bytes", "write resources: {memory: 64M}");
  reading.forbid(in, "pids_max", "write resources: {pids: 512}");
  reading.forbid(in, "depends_on", "write after: [db]");
  reading.forbid(in, "healthcheck", "write probes: {readiness: {exec: [\"/bin/check\"]}}");
  reading.forbid(in, "stop_signal", "write stop: {signal: SIGTERM}");
  reading.forbid(in, "stop_grace_period", "write stop: {grace: 10s}");
  reading.forbid(in, "node_name", "write node: n1");
  reading.forbid(in, "network_mode", "write network: bridge, or network: host");
  reading.forbid(in, "replicas", "write instances: 3");
  reading.forbid(in, "services",
                 "write one file for each workload, with name, build and so on at its "
                 "top");
}

Dependency read_terms(const JsonValue& value, Dependency dependency, const SpecReading& reading) {
  if (value.is_text()) {
    dependency.until = value.parsed(parse_dependency_until).value_or(dependency.until);
    return dependency;
  }
  JsonObject in = value.object();
  dependency.until = in.optional("until").parsed(parse_dependency_until).value_or(dependency.until);
  dependency.restart_with_it =
      in.optional("restart_with_it").boolean().value_or(dependency.restart_with_it);
  reading.forbid(in, "condition", "write until: started, or until: ready");
  if (reading.checks()) in.refuse_unknown();
  return dependency;
}

/// A list of names, or an object of names and terms.
std::vector<Dependency> read_after(const JsonValue& value, const Fields& fields,
                                   const SpecReading& reading) {
  std::vector<Dependency> after;
  const auto add = [&](const JsonValue& place, std::string_view text, const JsonValue* terms) {
    const Result<WorkloadName> name = WorkloadName::parse(text);
    if (!name) return place.fault(name.error().message);
    Dependency dependency{.workload = *name};
    if (terms != nullptr) dependency = read_terms(*terms, std::move(dependency), reading);
    reading.demand(!fields.name || *fields.name != *name, place, "a workload cannot await itself");
    const bool is_twin = std::any_of(after.begin(), after.end(), [&](const Dependency& other) {
      return other.workload == *name;
    });
    reading.demand(!is_twin, place, fmt::format("lists '{}' again", name->str()));
    after.push_back(std::move(dependency));
  };
  if (value.is_list()) {
    value.each([&](const JsonValue& item) {
      if (const auto text = item.text()) add(item, *text, nullptr);
    });
  } else {
    value.object().each([&](std::string_view name, const JsonValue& terms) {
      add(terms, name, terms.present() ? &terms : nullptr);
    });
  }
  reading.demand(after.size() <= kDependenciesMax, value,
                 fmt::format("has {} workloads; the limit is {}", after.size(), kDependenciesMax));
  return after;
}

/// `absent`: what is meant if the document does not say it.
NodeLossPolicy read_on_node_lost(const JsonValue& value, NodeLossPolicy absent) {
  if (value.is_text() && *value.text() == "exclusive") {
    value.fault(
        "exclusive is not supported yet: write replace (start elsewhere) or stay (wait "
        "for the node)");
    return absent;
  }
  return value.parsed(parse_node_loss_policy).value_or(absent);
}

/// There is one such container, on one node.
void check_adopted(JsonObject& in, const Fields& fields, const SpecReading& reading) {
  if (!fields.instance.spec.adopted) return;
  const JsonValue adopt = in.optional("adopt");
  reading.demand(fields.node.has_value(), adopt,
                 "needs the node that the container is on: write node: NAME");
  reading.demand(fields.instances == 1, in.optional("instances"),
                 "there is only one adopted container: write 1, or leave it out");
  reading.demand(fields.kind != WorkloadKind::kOneshot, in.optional("kind"),
                 "an adopted container is a service or an application");
  reading.demand(fields.on_node_lost == NodeLossPolicy::kStay, in.optional("on_node_lost"),
                 "an adopted container is nowhere else: write stay, or leave it out");
}

std::optional<Fields> read_fields(JsonObject& in, const Expected& expected,
                                  const SpecReading& reading) {
  Fields fields;
  const bool needs_name = reading.checks() && expected.name == nullptr;
  read_name(needs_name ? in.required("name") : in.optional("name"), expected, fields);
  fields.kind = in.optional("kind").parsed(parse_workload_kind).value_or(fields.kind);
  read_source(in, expected, reading, fields);
  const JsonValue instances = in.optional("instances");
  fields.instances =
      reading.number<std::uint32_t>(instances, 0, kInstancesMax).value_or(fields.instances);
  reading.demand(fields.kind != WorkloadKind::kOneshot || fields.instances <= 1, instances,
                 "a oneshot has one instance: write 1, or leave it out");
  fields.instance = wire::read_instance_fields(in, fields.kind, reading);
  fields.after = read_after(in.optional("after"), fields, reading);
  fields.node = in.optional("node").parsed(NodeName::parse);
  // No other node can take the work of a lost one that is the only one.
  const bool is_pinned = fields.node || fields.instance.spec.adopted;
  fields.on_node_lost = read_on_node_lost(
      in.optional("on_node_lost"), is_pinned ? NodeLossPolicy::kStay : NodeLossPolicy::kReplace);
  check_adopted(in, fields, reading);
  const bool waits = fields.on_node_lost == NodeLossPolicy::kStay;
  reading.demand(waits || !fields.node || fields.instance.spec.adopted, in.optional("on_node_lost"),
                 "with node no other one can take its work: write stay, or leave it out");
  forbid_known_strangers(in, reading);
  if (reading.checks()) in.refuse_unknown();
  return fields;
}

ReadDocument<Fields> read_fields(std::string_view json, const Expected& expected,
                                 const SpecReading& reading) {
  std::optional<Fields> fields;
  std::vector<JsonFault> faults = read_json(
      json, kLimits, [&](JsonObject& in) { fields = read_fields(in, expected, reading); });
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  return std::move(fields).value();
}

}  // namespace

WorkloadSpec WorkloadFile::with_bundle(Digest bundle) const {
  return {.kind = kind,
          .instances = instances,
          .bundle = std::move(bundle),
          .instance = instance,
          .on_node_lost = on_node_lost,
          .node = node,
          .after = after,
          .placement_deadline = placement_deadline};
}

ReadDocument<WorkloadFile> read_workload_file(std::string_view json,
                                              const PatternCheck& check_pattern) {
  return read_fields(json, {.source = Expected::Source::kFile},
                     {.of = SpecReading::Of::kRequest, .check_pattern = check_pattern})
      .map([](Fields&& fields) {
        return WorkloadFile{.name = *std::move(fields.name),
                            .build = std::move(fields.build),
                            .kind = fields.kind,
                            .instances = fields.instances,
                            .instance = std::move(fields.instance.spec),
                            .on_node_lost = fields.on_node_lost,
                            .node = std::move(fields.node),
                            .after = std::move(fields.after),
                            .placement_deadline = fields.instance.placement_deadline};
      });
}

ReadDocument<std::vector<LogRule>> read_log_rules_file(std::string_view json,
                                                       const PatternCheck& check_pattern) {
  bool is_workload = false;
  std::vector<LogRule> rules;
  std::vector<JsonFault> faults = read_json(json, kLimits, [&](JsonObject& in) {
    in.each([&](std::string_view key, const JsonValue&) { is_workload |= key != "log_rules"; });
    if (is_workload) return;
    const SpecReading reading{.of = SpecReading::Of::kRequest, .check_pattern = check_pattern};
    rules = wire::read_log_rules(in.required("log_rules"), reading);
  });
  if (is_workload) {
    return read_workload_file(json, check_pattern).map([](WorkloadFile&& workload) {
      return std::move(workload.instance.log_rules);
    });
  }
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  return rules;
}

ReadDocument<WorkloadSpec> read_workload_request(std::string_view json, const WorkloadName& name,
                                                 const PatternCheck& check_pattern) {
  return read_fields(json, {.name = &name, .source = Expected::Source::kBundle},
                     {.of = SpecReading::Of::kRequest, .check_pattern = check_pattern})
      .map([](Fields&& fields) {
        Digest bundle = *std::move(fields.bundle);
        return std::move(fields).with_bundle(std::move(bundle));
      });
}

Result<WorkloadSpec> decode_workload_request(std::string_view json, const WorkloadName& name,
                                             const PatternCheck& check_pattern) {
  return read_workload_request(json, name, check_pattern)
      .map_error([](const std::vector<JsonFault>& faults) {
        return error_of(ErrorCode::kInvalidArgument, faults);
      });
}

Result<WorkloadSpec> decode_stored_workload(std::string_view json) {
  return read_fields(json, {.source = Expected::Source::kBundle}, {.of = SpecReading::Of::kStored})
      .map([](Fields&& fields) {
        Digest bundle = *std::move(fields.bundle);
        return std::move(fields).with_bundle(std::move(bundle));
      })
      .map_error([](const std::vector<JsonFault>& faults) {
        return error_of(ErrorCode::kCorrupt, faults);
      });
}

void write_workload_fields(JsonWriter& out, const WorkloadSpec& spec) {
  out.field("kind", name_of(spec.kind));
  if (!spec.instance.adopted) out.field("bundle", spec.bundle.str());
  out.field("instances", spec.instances);
  wire::write_instance_spec(out, spec.instance, spec.placement_deadline);
  out.key("after").begin_object();
  for (const Dependency& dependency : spec.after) {
    out.key(dependency.workload.str()).begin_object();
    out.field("until", name_of(dependency.until));
    out.field("restart_with_it", dependency.restart_with_it).end_object();
  }
  out.end_object().field("on_node_lost", name_of(spec.on_node_lost));
  if (spec.node) out.field("node", spec.node->str());
}

std::string encode_workload(const WorkloadSpec& spec) {
  JsonWriter out;
  out.begin_object();
  write_workload_fields(out, spec);
  out.end_object();
  return std::move(out).text();
}

}  // namespace hearth
