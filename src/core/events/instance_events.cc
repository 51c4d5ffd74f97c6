#include "core/events/instance_events.h"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "model/exit_words.h"

namespace hearth::core::events {
namespace {

constexpr std::size_t kContainerIdShown = 12;

bool runs(const InstanceStatus& status) {
  return status.state == InstanceState::kRunning;
}

/// Running or paused: the container was started, and has not ended.
bool is_up(const InstanceStatus& status) {
  return runs(status) || status.state == InstanceState::kPaused;
}

/// Whether its last container ended and was left as it is.
bool has_finished(const InstanceStatus& status) {
  return status.state == InstanceState::kCompleted || status.state == InstanceState::kFailed;
}

EventDraft event(EventType type, const Instance& instance, std::string message) {
  return {type, "instance/" + instance.id.str(), std::move(message)};
}

EventDraft placed(const Instance& instance, const InstanceTable& table) {
  const Instance* old = instance.replaces ? table.find(*instance.replaces) : nullptr;
  return event(
      EventType::kInstancePlaced, instance,
      fmt::format("'{}' {} '{}'{}", instance.id.str(),
                  instance.desired_state == DesiredState::kStage ? "is staged on" : "is placed on",
                  instance.placed_on().str(),
                  old == nullptr ? ""
                                 : fmt::format(" to replace '{}' on '{}'", old->id.str(),
                                               old->placed_on().str())));
}

EventDraft pending(const Instance& instance) {
  return event(EventType::kInstancePending, instance,
               fmt::format("'{}' is pending: {}", instance.id.str(), instance.status.reason));
}

EventDraft forgotten(const Instance& instance) {
  return event(EventType::kInstanceStopped, instance,
               instance.node
                   ? fmt::format("'{}' is gone from '{}'", instance.id.str(), instance.node->str())
                   : fmt::format("'{}' was withdrawn before it was placed", instance.id.str()));
}

EventDraft promoted(const Instance& instance) {
  return event(
      EventType::kInstancePlaced, instance,
      fmt::format("'{}', staged on '{}', takes over from '{}'", instance.id.str(),
                  instance.placed_on().str(), instance.replaces ? instance.replaces->str() : ""));
}

EventDraft lost(const Instance& instance) {
  return event(
      EventType::kInstanceLost, instance,
      fmt::format("'{}' is lost with node '{}'", instance.id.str(), instance.placed_on().str()));
}

/// A report that would be too long omits the last words of an exit that was reported with them.
bool is_known(ContainerExit exit, const std::optional<ContainerExit>& known) {
  if (!known) return false;
  exit.last_words = known->last_words;
  return exit == *known;
}

/// As part of a sentence, on one line; empty if there are none.
std::string shown(std::string_view last_words) {
  if (last_words.empty()) return {};
  std::string words = "; its last words: ";
  for (const char one : last_words) {
    if (one == '\n') {
      words += " | ";
    } else {
      words += one;
    }
  }
  return words;
}

std::optional<EventDraft> exited(const InstanceStatus& before, const Instance& instance) {
  const std::optional<ContainerExit>& exit = instance.status.last_exit;
  if (!exit || is_known(*exit, before.last_exit)) return std::nullopt;
  // A container ends once. An agent that has started describes the end as the runtime recorded it.
  if (has_finished(before) && before.container == instance.status.container) return std::nullopt;
  const std::string subject =
      fmt::format("'{}' on '{}'", instance.id.str(), instance.placed_on().str());
  return event(EventType::kInstanceExited, instance,
               describe(*exit, subject) + shown(exit->last_words));
}

std::optional<EventDraft> started(const InstanceStatus& before, const Instance& instance) {
  const InstanceStatus& status = instance.status;
  if (!runs(status) || (is_up(before) && before.container == status.container)) return std::nullopt;
  return event(
      EventType::kInstanceStarted, instance,
      fmt::format("'{}' runs on '{}' in container {}{}", instance.id.str(),
                  instance.placed_on().str(), status.container.str().substr(0, kContainerIdShown),
                  status.restarts == 0 ? "" : fmt::format(", restart {}", status.restarts)));
}

std::optional<EventDraft> crash_looped(const InstanceStatus& before, const Instance& instance) {
  const InstanceStatus& status = instance.status;
  if (status.state != InstanceState::kCrashLoop || before.state == InstanceState::kCrashLoop)
    return std::nullopt;
  return event(EventType::kInstanceCrashLoop, instance,
               fmt::format("'{}' on '{}' is in a crash loop: {}", instance.id.str(),
                           instance.placed_on().str(), status.reason));
}

}  // namespace

EventDraft noticed(const Instance& instance, const Incident& incident) {
  return event(EventType::kInstanceNoticed, instance,
               fmt::format("'{}' on '{}': {}", instance.id.str(), instance.placed_on().str(),
                           incident.message));
}

EventDraft starts_without(const Instance& instance, const std::string& lacks, Duration waited) {
  return event(
      EventType::kInstanceNoticed, instance,
      fmt::format("'{}' starts without waiting any longer for {}: it has waited for {}, and "
                  "replaces one that ran",
                  instance.id.str(), lacks, show_duration(waited)));
}

std::vector<EventDraft> of(const InstanceChange& change, const InstanceTable& table) {
  if (!change.after) return {forgotten(change.either())};
  const Instance& after = *change.after;
  if (!change.before) return {after.node ? placed(after, table) : pending(after)};
  const Instance& before = *change.before;
  if (!before.node && after.node) return {placed(after, table)};
  if (!after.node) return {};
  if (before.desired_state == DesiredState::kStage && after.desired_state == DesiredState::kRun)
    return {promoted(after)};
  if (after.status.state == InstanceState::kLost && before.status.state != InstanceState::kLost)
    return {lost(after)};

  std::vector<EventDraft> events;
  for (const std::optional<EventDraft>& one :
       {exited(before.status, after), started(before.status, after),
        crash_looped(before.status, after)}) {
    if (one) events.push_back(*one);
  }
  return events;
}

}  // namespace hearth::core::events
