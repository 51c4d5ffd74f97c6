#include "wire/heartbeat_codec.h"

#include <algorithm>

#include "base/duration_text.h"
#include "base/shortened.h"
#include "model/enum_names.h"
#include "wire/exit_fields.h"
#include "wire/model_fields.h"
#include "wire/usage_fields.h"

namespace hearth {
namespace {

constexpr std::uint16_t kLoadMax = 1000;

constexpr std::array<EnumName<BuildState>, 3> kBuildStates{{
    {BuildState::kRunning, "running"},
    {BuildState::kDone, "done"},
    {BuildState::kFailed, "failed"},
}};

/// The members of Load and their names.
struct LoadField {
  std::string_view name;
  std::optional<std::uint16_t> Load::* member;
};
constexpr LoadField kLoadFields[] = {
    {"cpu", &Load::cpu},
    {"memory", &Load::memory},
    {"disk", &Load::disk},
    {"cpu_stall", &Load::cpu_stall},
    {"memory_stall", &Load::memory_stall},
    {"io_stall", &Load::io_stall},
};

/// How much of a heartbeat is written. Each is shorter than the previous one.
enum class Detail : std::uint8_t { kAll, kNoReasons, kNoReport };

class HeartbeatWriter {
 public:
  explicit HeartbeatWriter(Detail detail) : detail_(detail) {}

  std::string write(const Heartbeat& heartbeat) && {
    out_.begin_object().field("v", wire::kFormatVersion);
    out_.field_if_known("node", heartbeat.node);
    if (heartbeat.incarnation.known()) {
      out_.field("boot_id", heartbeat.incarnation.boot_id);
      out_.field("start_count", heartbeat.incarnation.start_count);
    }
    out_.field_if_known("seq", heartbeat.seq);
    if (heartbeat.sent_at) {
      out_.field("sent_at_ns", wire::nanoseconds_of(heartbeat.sent_at->time_since_epoch()));
    }
    out_.field("epoch", heartbeat.applied.epoch.value);
    out_.field("revision", heartbeat.applied.revision.value);
    write(heartbeat.load);
    if (heartbeat.agent_port.value_or(0) != 0) out_.field("agent_port", *heartbeat.agent_port);
    if (heartbeat.report && detail_ != Detail::kNoReport) write(*heartbeat.report);
    out_.end_object();
    return std::move(out_).text();
  }

 private:
  void write(const Load& load) {
    if (load == Load{}) return;
    out_.key("load").begin_object();
    for (const LoadField& field : kLoadFields) {
      if (const auto& permille = load.*field.member) {
        out_.field(field.name, std::min(*permille, kLoadMax));
      }
    }
    out_.end_object();
  }

  void write(const Report& report) {
    out_.key("report").begin_object();
    out_.key("instances").begin_list();
    for (const auto& [id, status] : report.instances) {
      const auto workload = report.workloads.find(id);
      out_.begin_object().field("id", id.str());
      if (workload != report.workloads.end()) out_.field("workload", workload->second.str());
      write(status);
      const auto usage = report.usage.find(id);
      if (usage != report.usage.end()) write(usage->second);
      out_.end_object();
    }
    out_.end_list();
    out_.key("images").begin_list();
    for (const std::string& image : report.images) out_.value(image);
    out_.end_list();
    out_.key("builds").begin_list();
    for (const BuildStatus& build : report.builds) write(build);
    out_.end_list();
    if (!report.incidents.empty()) write(report.incidents);
    wire::write_resources(out_.key("capacity").begin_object(), report.capacity);
    out_.end_object();
    write_words("problem", report.problem);
    write_words("shortage", report.shortage);
    out_.end_object();
  }

  void write(const InstanceStatus& status) {
    out_.field("state", name_of(status.state));
    out_.field_if_known("container", status.container.str());
    out_.field("restarts", status.restarts);
    if (status.failures > 0) out_.field("failures", status.failures);
    out_.field_if_known("failed_container", status.failed_container.str());
    if (status.cannot_start) out_.field("cannot_start", true);
    if (status.last_exit) {
      const bool has_words = detail_ == Detail::kAll;
      wire::write_exit(out_.key("last_exit"), *status.last_exit,
                       has_words ? wire::LastWords::kWritten : wire::LastWords::kLeftOut);
    }
    write_words("reason", status.reason);
    if (status.health != Health::kUnknown) out_.field("health", name_of(status.health));
    write_words("health_reason", status.health_reason);
    if (status.must_be_replaced) out_.field("must_be_replaced", true);
  }

  void write(const InstanceUsage& usage) {
    if (detail_ != Detail::kAll) return;
    out_.key("usage");
    wire::write_usage(out_, usage);
  }

  void write(const std::vector<Incident>& incidents) {
    out_.key("incidents").begin_list();
    for (const Incident& incident : incidents) {
      out_.begin_object().field("number", incident.number);
      out_.field("instance", incident.instance.str());
      write_words("message", incident.message);
      out_.end_object();
    }
    out_.end_list();
  }

  void write(const BuildStatus& build) {
    out_.begin_object().field("workload", build.workload.str());
    out_.field("generation", build.generation.value);
    out_.field("state", word_of(kBuildStates, build.state));
    if (build.archive) out_.field("archive", build.archive->str());
    write_words("reason", build.reason);
    if (!build.reference.empty()) out_.field("reference", build.reference);
    out_.end_object();
  }

  void write_words(std::string_view name, std::string_view words) {
    if (detail_ == Detail::kAll) out_.field_if_known(name, shortened(words, kReasonBytesMax));
  }

  Detail detail_;
  JsonWriter out_;
};

Load read_load(JsonObject in) {
  Load load;
  for (const LoadField& field : kLoadFields) {
    load.*field.member = in.optional(field.name).number<std::uint16_t>(0, kLoadMax);
  }
  return load;
}

InstanceStatus read_status(JsonObject& in) {
  return {.state = in.required("state").parsed(parse_instance_state).value_or(InstanceState()),
          .container = ContainerId{wire::text_up_to(kTermBytesMax, in.optional("container"))},
          .restarts = in.optional("restarts").number<std::uint32_t>().value_or(0),
          .failures = in.optional("failures").number<std::uint32_t>().value_or(0),
          .failed_container =
              ContainerId{wire::text_up_to(kTermBytesMax, in.optional("failed_container"))},
          .cannot_start = in.optional("cannot_start").boolean().value_or(false),
          .last_exit = in.optional("last_exit").as(wire::read_exit),
          .reason = wire::text_up_to(kReasonBytesMax, in.optional("reason")),
          .health = in.optional("health").parsed(parse_health).value_or(Health::kUnknown),
          .health_reason = wire::text_up_to(kReasonBytesMax, in.optional("health_reason")),
          .must_be_replaced = in.optional("must_be_replaced").boolean().value_or(false)};
}

std::optional<BuildStatus> read_build(const JsonValue& value) {
  const auto parse_state = [](std::string_view word) { return value_of(kBuildStates, word); };
  JsonObject in = value.object();
  std::optional<WorkloadName> workload = in.required("workload").parsed(WorkloadName::parse);
  const auto generation = wire::counter<Generation>(in.required("generation"));
  const std::optional<BuildState> state = in.required("state").parsed(parse_state);
  std::optional<Digest> archive = in.optional("archive").parsed(Digest::parse);
  std::string reason = wire::text_up_to(kReasonBytesMax, in.optional("reason"));
  std::string reference = wire::text_up_to(kTermBytesMax, in.optional("reference"));
  if (!workload || !state) return std::nullopt;
  return BuildStatus{.workload = std::move(*workload),
                     .generation = generation,
                     .state = *state,
                     .archive = std::move(archive),
                     .reason = std::move(reason),
                     .reference = std::move(reference)};
}

std::optional<Incident> read_incident(const JsonValue& value) {
  JsonObject in = value.object();
  const auto number = in.required("number").number<std::uint64_t>(1);
  const std::optional<std::string_view> instance = in.required("instance").text();
  if (!number || !instance) return std::nullopt;
  return Incident{.number = *number,
                  .instance = InstanceId{shortened(*instance, kTermBytesMax)},
                  .message = wire::text_up_to(kReasonBytesMax, in.optional("message"))};
}

std::optional<std::string> read_term(const JsonValue& value) {
  const std::optional<std::string_view> text = value.text();
  return text ? std::optional(shortened(*text, kTermBytesMax)) : std::nullopt;
}

std::optional<Report> read_report(const JsonValue& value) {
  JsonObject in = value.object();
  Report report;
  // A missing list must not read as "nothing runs here": a report is complete.
  in.required("instances").each([&](const JsonValue& item) {
    JsonObject instance = item.object();
    const InstanceId id{wire::text_up_to(kTermBytesMax, instance.required("id"))};
    if (auto workload = instance.optional("workload").parsed(WorkloadName::parse)) {
      report.workloads.emplace(id, std::move(*workload));
    }
    if (!report.instances.emplace(id, read_status(instance)).second) {
      item.fault("duplicate id: another instance of this report has it");
    }
    if (const JsonValue usage = instance.optional("usage"); usage.present())
      report.usage.emplace(id, wire::read_usage(usage.object()));
  });
  report.images = in.required("images").list(read_term);
  report.builds = in.required("builds").list(read_build);
  report.incidents = in.optional("incidents").list(read_incident);
  if (report.incidents.size() > kIncidentsKept) report.incidents.resize(kIncidentsKept);
  JsonObject capacity = in.optional("capacity").object();
  report.capacity =
      wire::resources(capacity.optional("cpu_millis"), capacity.optional("memory_bytes"));
  report.problem = wire::text_up_to(kReasonBytesMax, in.optional("problem"));
  report.shortage = wire::text_up_to(kReasonBytesMax, in.optional("shortage"));
  return report;
}

Incarnation read_incarnation(JsonObject& in) {
  return {.boot_id = wire::text_up_to(kTermBytesMax, in.optional("boot_id")),
          .start_count = in.optional("start_count").number<std::uint64_t>().value_or(0)};
}

std::optional<Heartbeat> read_heartbeat(JsonObject& in) {
  if (!wire::is_our_version(in.optional("v"))) return std::nullopt;
  Heartbeat heartbeat;
  heartbeat.node = wire::text_up_to(kTermBytesMax, in.optional("node"));
  heartbeat.incarnation = read_incarnation(in);
  heartbeat.seq = in.optional("seq").number<std::uint64_t>();
  if (const auto sent_at =
          wire::nanoseconds(in.optional("sent_at_ns"), Duration::zero(), wire::kInstantMax)) {
    heartbeat.sent_at = MonoTime(*sent_at);
  }
  heartbeat.applied.epoch = wire::counter<Epoch>(in.optional("epoch"));
  heartbeat.applied.revision = wire::counter<Revision>(in.optional("revision"));
  heartbeat.load = read_load(in.optional("load").object());
  heartbeat.agent_port = in.optional("agent_port").number<std::uint16_t>(1);
  heartbeat.report = in.optional("report").as(read_report);
  return heartbeat;
}

}  // namespace

std::string encode(const Heartbeat& heartbeat) {
  for (const Detail detail : {Detail::kAll, Detail::kNoReasons}) {
    std::string text = HeartbeatWriter(detail).write(heartbeat);
    if (text.size() <= kHeartbeatBytesMax) return text;
  }
  return HeartbeatWriter(Detail::kNoReport).write(heartbeat);
}

Result<Heartbeat> decode_heartbeat(std::string_view text) {
  return decode_json(text, {.bytes_max = kHeartbeatBytesMax}, ErrorCode::kCorrupt,
                     [](JsonObject& in) { return read_heartbeat(in); });
}

}  // namespace hearth
