#include "shell/api/views.h"

#include <algorithm>
#include <chrono>

#include "base/duration_text.h"
#include "wire/usage_fields.h"
#include "wire/workload_document.h"

namespace hearth {
namespace {

std::string_view status_of(NodeState state) {
  return state == NodeState::kLive || state == NodeState::kSuspect ? "ACTIVE" : "INACTIVE";
}

std::string_view status_of(InstanceState state) {
  return state == InstanceState::kRunning ? "ACTIVE" : "INACTIVE";
}

void write_resources(JsonWriter& out, const Resources& resources) {
  out.field("cpu_millis", resources.cpu_millis).field("memory_bytes", resources.memory_bytes);
}

void write_load(JsonWriter& out, const Load& load) {
  out.begin_object()
      .field_if_known("cpu", load.cpu)
      .field_if_known("memory", load.memory)
      .field_if_known("disk", load.disk)
      .field_if_known("cpu_stall", load.cpu_stall)
      .field_if_known("memory_stall", load.memory_stall)
      .field_if_known("io_stall", load.io_stall)
      .end_object();
}

/// Until when the state of the node and of its instances is known; nullopt: never.
std::optional<WallTime> known_at(const core::Manager& manager, const Node& node,
                                 const Instant& now) {
  if (node.state == NodeState::kAwaited) return std::nullopt;
  if (node.known_at) return node.known_at;
  if (manager.bus_carries() || node.state == NodeState::kUnreachable) return now.wall;
  const core::NodeWatch& watch = manager.fleet().node(node.name);
  if (watch.last_received()) return wall_of(*watch.last_received(), now);
  return watch.known_before();
}

void write_known_at(JsonWriter& out, const std::optional<WallTime>& known_at) {
  out.key("known_at");
  if (known_at) {
    out.value(show_time(*known_at));
  } else {
    out.null();
  }
}

void write_replacements(JsonWriter& out, const core::ReplacementBudget& budget,
                        const WorkloadName& name, MonoTime now) {
  using std::chrono::milliseconds;
  const auto ms = [](Duration span) {
    const auto whole = std::chrono::duration_cast<milliseconds>(std::max(span, Duration::zero()));
    return static_cast<std::uint64_t>(whole.count());
  };
  out.key("replacements").begin_object().field("left", budget.left(name));
  out.field("of", core::ReplacementBudget::kReplacementsMax);
  out.field("within_ms", ms(core::ReplacementBudget::kWindow)).key("next_in_ms");
  if (const std::optional<MonoTime> next = budget.next_refill(name)) {
    out.value(ms(*next - now));
  } else {
    out.null();
  }
  out.end_object();
}

/// What keeps the node from working, or at least slows it down.
const std::string& problem_of(const Report& report) {
  return report.problem.empty() ? report.shortage : report.problem;
}

}  // namespace

void write_node(JsonWriter& out, const core::Manager& manager, const Node& node,
                const Instant& now) {
  using std::chrono::milliseconds;
  const core::NodeWatch& watch = manager.fleet().node(node.name);
  out.begin_object()
      .field("name", node.name.str())
      .field("display_name", node.display_name)
      .field("address", node.agent.address)
      .field("agent_port", node.agent.port)
      .field("state", name_of(node.state))
      .field("evidence", node.evidence)
      .field("status", status_of(node.state))
      .field("cordoned", node.cordoned);
  out.key("incarnation").begin_object();
  out.field("boot_id", node.incarnation.boot_id);
  out.field("start_count", node.incarnation.start_count).end_object();
  out.key("capacity").begin_object();
  write_resources(out, node.capacity);
  out.end_object();
  out.key("load");
  write_load(out, watch.load());
  out.key("recovery").begin_object();
  out.field("phase", name_of(node.recovery.phase));
  out.field("attempt", node.recovery.attempt);
  out.field("reason", node.recovery.reason).end_object();
  out.field("problem", watch.report() ? problem_of(*watch.report()) : std::string());
  out.field("instances", manager.instances_on(node.name).size());
  out.field("changed_at", show_time(node.changed_at));
  write_known_at(out, known_at(manager, node, now));
  out.key("silence_ms");
  if (!watch.last_received()) {
    out.null();
  } else {
    const auto age = std::chrono::duration_cast<milliseconds>(now.mono - *watch.last_received());
    out.value(static_cast<std::uint64_t>(std::max(age, milliseconds(0)).count()));
  }
  out.end_object();
}

void write_workload(JsonWriter& out, const core::Manager& manager, const Workload& workload,
                    const InstanceCounts& counts, MonoTime now) {
  const Release& latest = workload.latest();
  out.begin_object()
      .field("name", workload.name.str())
      .field("generation", latest.generation.value)
      .field("phase", name_of(workload.phase))
      .field("reason", workload.reason)
      .field("running", counts.running)
      .field("image", latest.image ? latest.image->reference : std::string())
      .field("build_node", workload.build_node ? workload.build_node->str() : std::string());
  out.key("current_generation");
  if (workload.current) {
    out.value(workload.current->generation.value);
  } else {
    out.null();
  }
  out.key("target");
  if (const Release* target = workload.target()) {
    out.begin_object().field("generation", target->generation.value);
    out.field("instances", target->spec.instances).field("ready", counts.ready).end_object();
  } else {
    out.null();
  }
  write_replacements(out, manager.budget(), workload.name, now);
  write_workload_fields(out, latest.spec);
  out.end_object();
}

void write_instance(JsonWriter& out, const core::Manager& manager, const Instance& instance,
                    const Instant& now) {
  const InstanceStatus& status = instance.status;
  const Node* node = instance.node ? manager.find_node(*instance.node) : nullptr;
  out.begin_object()
      .field("id", instance.id.str())
      .field("workload", instance.workload.str())
      .field("generation", instance.generation.value)
      .field("node", instance.node ? instance.node->str() : std::string())
      .field("address", node == nullptr ? std::string() : node->agent.address)
      .field("desired_state", name_of(instance.desired_state))
      .field("state", name_of(status.state))
      .field("status", status_of(status.state))
      .field("container", status.container.str())
      .field("restarts", status.restarts)
      .field("failures", status.failures)
      .field("failed_container", status.failed_container.str())
      .field("cannot_start", status.cannot_start)
      .field("health", name_of(status.health))
      .field("health_reason", status.health_reason)
      .field("must_be_replaced", status.must_be_replaced);
  out.key("last_exit");
  if (status.last_exit) {
    out.begin_object().field("code", static_cast<unsigned>(status.last_exit->code));
    out.field("out_of_memory", status.last_exit->out_of_memory == OutOfMemory::kMain);
    out.field("at", show_time(status.last_exit->at));
    out.field("last_words", status.last_exit->last_words).end_object();
  } else {
    out.null();
  }
  out.field("reason", status.reason)
      .field("replaces", instance.replaces ? instance.replaces->str() : std::string())
      .field("changed_at", show_time(instance.changed_at));
  // What has no node is known to the manager alone.
  write_known_at(out, node == nullptr ? now.wall : known_at(manager, *node, now));
  out.key("usage");
  if (const InstanceUsage* usage = manager.usage_of(instance)) {
    wire::write_usage(out, *usage);
  } else {
    out.null();
  }
  out.end_object();
}

}  // namespace hearth
