#include "sim/trace_text.h"

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::sim {
namespace {

std::string show(const AssignmentNumber& number) {
  return fmt::format("{}.{}", number.epoch.value, number.revision.value);
}

std::string show(const Resources& resources) {
  return fmt::format("{}m/{}B", resources.cpu_millis, resources.memory_bytes);
}

std::string show(const Incarnation& incarnation) {
  return fmt::format("{}/{}", incarnation.boot_id, incarnation.start_count);
}

std::string show(const Image& image) {
  return fmt::format("{}@{}", image.reference, image.archive ? image.archive->str() : "");
}

std::string show(const ContainerSpec& spec) {
  std::string text = fmt::format("{} pids {}", show(spec.resources), spec.pids_max);
  for (const auto& [name, value] : spec.environment) text += fmt::format(" {}={}", name, value);
  return text;
}

std::string_view show(OutOfMemory out_of_memory) {
  switch (out_of_memory) {
    case OutOfMemory::kNo: return "";
    case OutOfMemory::kChild: return " child oom";
    case OutOfMemory::kMain: return " oom";
  }
  HEARTH_CHECK(false);
}

std::string show(const InstanceStatus& status) {
  std::string text = fmt::format("{} in {} after {} ({})", name_of(status.state),
                                 status.container.str(), status.restarts, status.reason);
  if (status.last_exit) {
    text +=
        fmt::format(" exit {}{}", status.last_exit->code, show(status.last_exit->out_of_memory));
  }
  return text;
}

std::string show(const Release& release) {
  const WorkloadSpec& spec = release.spec;
  return fmt::format("{} {} {} of {} on loss {} [{}] {}", release.generation.value,
                     name_of(spec.kind), spec.instances, spec.bundle.str(),
                     name_of(spec.on_node_lost), show(spec.instance.container),
                     release.image ? show(*release.image) : "");
}

std::string show(const std::optional<Release>& release) {
  return release ? show(*release) : "none";
}

std::string show(const Report& report) {
  std::string text = fmt::format("{} {}{}", show(report.capacity), report.problem, report.shortage);
  for (const auto& [id, status] : report.instances) {
    text += fmt::format("; {} {}", id.str(), show(status));
  }
  for (const std::string& image : report.images) text += "; " + image;
  for (const BuildStatus& build : report.builds) {
    text += fmt::format("; builds {} {}: {} {} {}", build.workload.str(), build.generation.value,
                        static_cast<int>(build.state), build.archive ? build.archive->str() : "",
                        build.reason);
  }
  return text;
}

struct WriteText {
  std::string operator()(const PutEpoch& write) const {
    return fmt::format("epoch {}", write.epoch.value);
  }
  std::string operator()(const PutNode& write) const {
    const Node& node = write.node;
    return fmt::format("node {} '{}' {}:{} {} {} ({}) {} {} recovery {} {} {}", node.name.str(),
                       node.display_name, node.agent.address, node.agent.port, node.cordoned,
                       name_of(node.state), node.evidence, show(node.incarnation),
                       show(node.capacity), name_of(node.recovery.phase), node.recovery.attempt,
                       node.recovery.reason);
  }
  std::string operator()(const PutWorkload& write) const {
    const Workload& workload = write.workload;
    return fmt::format(
        "workload {} {} ({}) is {} next {} by {} numbers from {}", workload.name.str(),
        name_of(workload.phase), workload.reason, show(workload.current), show(workload.next),
        workload.build_node ? workload.build_node->str() : "", workload.next_instance);
  }
  std::string operator()(const PutInstance& write) const {
    const Instance& instance = write.instance;
    return fmt::format("instance {} of {} {} on {} {} {} [{}] for {}: {}", instance.id.str(),
                       instance.workload.str(), instance.generation.value,
                       instance.node ? instance.node->str() : "", name_of(instance.desired_state),
                       show(instance.image), instance.reservation.assignment_bytes,
                       instance.replaces ? instance.replaces->str() : "", show(instance.status));
  }
  std::string operator()(const DeleteInstance& write) const {
    return "no instance " + write.id.str();
  }
  std::string operator()(const AppendEvent& write) const {
    return fmt::format("event {} {} {}: {}", write.event.seq, name_of(write.event.type),
                       write.event.subject, write.event.message);
  }
  std::string operator()(const AppendHistory& write) const {
    const HistoryEntry& entry = write.entry;
    return fmt::format("history {} {} is {} ({}) on {} in {}",
                       entry.workload ? entry.workload->str() : "manager",
                       entry.instance ? entry.instance->str() : "", name_of(entry.condition),
                       entry.cause, entry.node ? entry.node->str() : "", entry.container.str());
  }
  std::string operator()(const PutAlive&) const { return "alive"; }
};

struct ActionText {
  std::string operator()(const core::WatchNode& action) const {
    return "watch " + action.node.str();
  }
  std::string operator()(const core::SendCanary&) const { return "canary"; }
  std::string operator()(const core::PublishAssignment& action) const {
    return text_of(action.assignment);
  }
  std::string operator()(const core::PublishEvent& action) const {
    return fmt::format("publish event {}", action.event.seq);
  }
  std::string operator()(const core::Dial& action) const {
    return fmt::format("dial {} {}", action.node.str(), action.dial);
  }
  std::string operator()(const core::FetchStatus& action) const {
    return "ask " + action.node.str();
  }
  std::string operator()(const core::SwitchPower& action) const {
    return fmt::format("power {} {} {}", action.node.str(), name_of(action.verb), action.attempt);
  }
  std::string operator()(const core::Reply& action) const {
    return fmt::format(
        "reply {}: {}", action.request.value,
        action.result ? action.result->message : "refused: " + action.result.error().message);
  }
};

}  // namespace

std::string text_of(const Write& write) {
  return std::visit(WriteText{}, write);
}

std::string text_of(const core::ManagerAction& action) {
  return std::visit(ActionText{}, action);
}

std::string text_of(const Assignment& assignment) {
  std::string text =
      fmt::format("assignment {} for {}", show(assignment.number), assignment.node.str());
  for (const AssignedInstance& one : assignment.instances) {
    text +=
        fmt::format("; {} {} {} {} {} [{}]", one.id.str(), one.workload.str(), one.generation.value,
                    name_of(one.desired_state), show(one.image), show(one.spec.container));
  }
  for (const Image& image : assignment.images) text += "; holds " + show(image);
  for (const BuildOrder& order : assignment.builds) {
    text += fmt::format("; builds {} {} of {} as {}", order.workload.str(), order.generation.value,
                        order.bundle.str(), order.reference);
  }
  return text;
}

std::string text_of(const Heartbeat& heartbeat) {
  return fmt::format("heartbeat {} {} applied {} {}", show(heartbeat.incarnation),
                     heartbeat.seq.value_or(0), show(heartbeat.applied),
                     heartbeat.report ? show(*heartbeat.report) : "");
}

}  // namespace hearth::sim
