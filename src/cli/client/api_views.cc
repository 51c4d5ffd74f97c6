#include "cli/client/api_views.h"

#include <fmt/format.h>

#include "base/duration_text.h"
#include "wire/json_reader.h"
#include "wire/usage_fields.h"

namespace hearth::cli {
namespace {

constexpr JsonLimits kLimits{.bytes_max = 16 * 1024 * 1024};

std::string text_of(const JsonValue& value) {
  return std::string(value.text().value_or(""));
}

template <class T>
T number_of(const JsonValue& value) {
  return value.number<T>().value_or(0);
}

std::optional<std::uint16_t> share_of(const JsonValue& value) {
  return value.number<std::uint16_t>(0, 1000);
}

Resources resources_of(JsonObject in) {
  return {.cpu_millis = number_of<std::uint32_t>(in.optional("cpu_millis")),
          .memory_bytes = number_of<std::uint64_t>(in.optional("memory_bytes"))};
}

Load load_of(JsonObject in) {
  return {.cpu = share_of(in.optional("cpu")),
          .memory = share_of(in.optional("memory")),
          .disk = share_of(in.optional("disk")),
          .cpu_stall = share_of(in.optional("cpu_stall")),
          .memory_stall = share_of(in.optional("memory_stall")),
          .io_stall = share_of(in.optional("io_stall"))};
}

std::optional<NodeView> read_node(JsonObject& in) {
  NodeView node;
  node.name = text_of(in.required("name"));
  node.display_name = text_of(in.optional("display_name"));
  node.address = text_of(in.optional("address"));
  node.state = text_of(in.required("state"));
  node.evidence = text_of(in.optional("evidence"));
  node.cordoned = in.optional("cordoned").boolean().value_or(false);
  JsonObject incarnation = in.optional("incarnation").object();
  node.boot_id = text_of(incarnation.optional("boot_id"));
  node.start_count = number_of<std::uint64_t>(incarnation.optional("start_count"));
  node.capacity = resources_of(in.optional("capacity").object());
  node.load = load_of(in.optional("load").object());
  JsonObject recovery = in.optional("recovery").object();
  node.recovery_phase = text_of(recovery.optional("phase"));
  node.recovery_attempt = number_of<std::uint32_t>(recovery.optional("attempt"));
  node.recovery_reason = text_of(recovery.optional("reason"));
  node.problem = text_of(in.optional("problem"));
  node.instances = number_of<std::uint32_t>(in.optional("instances"));
  node.changed_at = in.optional("changed_at").parsed(parse_time);
  if (const auto silence = in.optional("silence_ms").number<std::uint32_t>()) {
    node.silent_for = std::chrono::milliseconds(*silence);
  }
  return node;
}

std::optional<WorkloadView> read_workload(JsonObject& in) {
  WorkloadView workload;
  workload.name = text_of(in.required("name"));
  workload.kind = text_of(in.optional("kind"));
  workload.generation = number_of<std::uint64_t>(in.optional("generation"));
  workload.phase = text_of(in.required("phase"));
  workload.reason = text_of(in.optional("reason"));
  workload.instances = number_of<std::uint32_t>(in.optional("instances"));
  workload.running = number_of<std::uint32_t>(in.optional("running"));
  workload.bundle = text_of(in.optional("bundle"));
  workload.image = text_of(in.optional("image"));
  workload.build_node = text_of(in.optional("build_node"));
  workload.on_node_lost = text_of(in.optional("on_node_lost"));
  if (const JsonValue adopt = in.optional("adopt"); adopt.present())
    workload.adopted = text_of(adopt.object().required("container"));
  if (const JsonValue target = in.optional("target"); target.present()) {
    JsonObject of = target.object();
    workload.target = TargetView{.generation = number_of<std::uint64_t>(of.required("generation")),
                                 .instances = number_of<std::uint32_t>(of.optional("instances")),
                                 .ready = number_of<std::uint32_t>(of.optional("ready"))};
  }
  return workload;
}

std::optional<ReleaseView> read_release(JsonObject& in) {
  ReleaseView release;
  release.generation = number_of<std::uint64_t>(in.required("generation"));
  release.state = text_of(in.required("state"));
  release.deployed_at = in.optional("deployed_at").parsed(parse_time);
  release.deployed_by = text_of(in.optional("deployed_by"));
  release.fault = text_of(in.optional("fault"));
  release.changes = text_of(in.optional("changes"));
  return release;
}

std::optional<InstanceView> read_instance(JsonObject& in) {
  InstanceView instance;
  instance.id = text_of(in.required("id"));
  instance.workload = text_of(in.required("workload"));
  instance.generation = number_of<std::uint64_t>(in.optional("generation"));
  instance.node = text_of(in.optional("node"));
  instance.address = text_of(in.optional("address"));
  instance.desired_state = text_of(in.optional("desired_state"));
  instance.state = text_of(in.required("state"));
  instance.container = text_of(in.optional("container"));
  instance.restarts = number_of<std::uint32_t>(in.optional("restarts"));
  instance.failures = number_of<std::uint32_t>(in.optional("failures"));
  instance.failed_container = text_of(in.optional("failed_container"));
  instance.health = text_of(in.optional("health"));
  instance.health_reason = text_of(in.optional("health_reason"));
  JsonObject exit = in.optional("last_exit").object();
  instance.exit_code = exit.optional("code").number<std::uint32_t>();
  instance.out_of_memory = exit.optional("out_of_memory").boolean().value_or(false);
  instance.last_words = text_of(exit.optional("last_words"));
  instance.reason = text_of(in.optional("reason"));
  instance.replaces = text_of(in.optional("replaces"));
  instance.changed_at = in.optional("changed_at").parsed(parse_time);
  if (const JsonValue usage = in.optional("usage"); usage.present())
    instance.usage = wire::read_usage(usage.object());
  return instance;
}

Duration milliseconds_of(const JsonValue& value) {
  // Up to a million days.
  return std::chrono::milliseconds(value.number<std::uint64_t>(0, 86'400'000'000'000).value_or(0));
}

std::optional<AvailabilityView> read_availability(JsonObject& in) {
  AvailabilityView of;
  of.period = text_of(in.required("period"));
  of.available = milliseconds_of(in.optional("available_ms"));
  of.reduced = milliseconds_of(in.optional("reduced_ms"));
  of.unavailable = milliseconds_of(in.optional("unavailable_ms"));
  of.unwanted = milliseconds_of(in.optional("unwanted_ms"));
  of.unknown = milliseconds_of(in.optional("unknown_ms"));
  return of;
}

std::optional<HistoryView> read_history(JsonObject& in) {
  HistoryView entry;
  entry.subject = text_of(in.required("subject"));
  entry.at = in.optional("at").parsed(parse_time);
  entry.until = in.optional("until").parsed(parse_time);
  entry.lasts = in.optional("lasts").boolean().value_or(false);
  entry.state = text_of(in.required("state"));
  entry.cause = text_of(in.optional("cause"));
  entry.node = text_of(in.optional("node"));
  entry.container = text_of(in.optional("container"));
  return entry;
}

Error not_understood(const Error& error) {
  return {ErrorCode::kCorrupt,
          fmt::format("the manager's answer is not what this version of hearth expects ({}); is it "
                      "of another version?",
                      error.message)};
}

template <class Read>
auto decode(std::string_view text, Read read) {
  auto value = decode_json(text, kLimits, ErrorCode::kCorrupt, read);
  if (!value) value = tl::unexpected(not_understood(value.error()));
  return value;
}

template <class T>
Result<std::vector<T>> decode_items(const std::vector<std::string>& pages,
                                    std::optional<T> (*read)(JsonObject&)) {
  std::vector<T> all;
  for (const std::string& page : pages) {
    Result<std::vector<T>> items = decode(page, [&](JsonObject& in) {
      return std::optional(in.required("items").list([&](const JsonValue& item) {
        JsonObject object = item.object();
        return read(object);
      }));
    });
    if (!items) return items;
    all.insert(all.end(), std::make_move_iterator(items->begin()),
               std::make_move_iterator(items->end()));
  }
  return all;
}

}  // namespace

Result<StatusView> decode_status(std::string_view text) {
  return decode(text, [](JsonObject& in) {
    StatusView status;
    status.version = text_of(in.optional("version"));
    status.cluster = text_of(in.optional("cluster"));
    status.epoch = number_of<std::uint64_t>(in.optional("epoch"));
    JsonObject bus = in.optional("bus").object();
    status.bus = text_of(bus.optional("bootstrap"));
    status.bus_carries = bus.optional("carries").boolean();
    JsonObject store = in.optional("store").object();
    status.store_fault = text_of(store.optional("fault"));
    status.started_at = in.optional("started_at").parsed(parse_time);
    status.last_event_seq = number_of<std::uint64_t>(in.optional("last_event_seq"));
    return std::optional(std::move(status));
  });
}

Result<NodeView> decode_node(std::string_view text) {
  return decode(text, read_node);
}
Result<WorkloadView> decode_workload(std::string_view text) {
  return decode(text, read_workload);
}
Result<std::vector<NodeView>> decode_nodes(const std::vector<std::string>& pages) {
  return decode_items(pages, read_node);
}
Result<std::vector<WorkloadView>> decode_workloads(const std::vector<std::string>& pages) {
  return decode_items(pages, read_workload);
}
Result<std::vector<InstanceView>> decode_instances(const std::vector<std::string>& pages) {
  return decode_items(pages, read_instance);
}

Result<std::vector<AvailabilityView>> decode_availability(std::string_view text) {
  return decode(text, [](JsonObject& in) {
    return std::optional(in.required("periods").list([](const JsonValue& item) {
      JsonObject object = item.object();
      return read_availability(object);
    }));
  });
}
Result<std::vector<HistoryView>> decode_history(const std::vector<std::string>& pages) {
  return decode_items(pages, read_history);
}

Result<std::vector<ReleaseView>> decode_releases(const std::vector<std::string>& pages) {
  return decode_items(pages, read_release);
}

Result<AcceptedView> decode_accepted(std::string_view text) {
  return decode(text, [](JsonObject& in) {
    return std::optional(
        AcceptedView{.generation = in.required("generation").number<std::uint64_t>(1).value_or(0),
                     .message = text_of(in.optional("message"))});
  });
}

Result<std::string> decode_next_cursor(std::string_view page) {
  return decode(page, [](JsonObject& in) { return std::optional(text_of(in.optional("next"))); });
}

Result<std::uint64_t> decode_generation(std::string_view text) {
  return decode(text,
                [](JsonObject& in) { return in.required("generation").number<std::uint64_t>(1); });
}

Result<std::vector<std::string>> decode_lines(std::string_view text) {
  return decode(text, [](JsonObject& in) {
    return std::optional(in.required("lines").list([](const JsonValue& line) {
      const auto read = line.text();
      return read ? std::optional(std::string(*read)) : std::nullopt;
    }));
  });
}

}  // namespace hearth::cli
