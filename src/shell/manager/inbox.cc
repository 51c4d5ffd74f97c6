#include "shell/manager/inbox.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"

namespace hearth {
namespace {

// The memory that each value occupies. For text, only the part outside the value itself.

std::size_t bytes_of(const std::string& text) {
  return text.size();
}

std::size_t bytes_of(const Report& report) {
  constexpr std::size_t kEntry = 64;  // Overhead of a map entry besides key and value.
  std::size_t bytes = sizeof report + bytes_of(report.problem);
  for (const auto& [id, status] : report.instances) {
    bytes += kEntry + sizeof id + sizeof status + bytes_of(id.str()) +
             bytes_of(status.container.str()) + bytes_of(status.reason);
  }
  for (const auto& [id, workload] : report.workloads) {
    bytes += kEntry + sizeof id + sizeof workload + bytes_of(id.str()) + bytes_of(workload.str());
  }
  for (const std::string& image : report.images) bytes += sizeof(std::string) + bytes_of(image);
  for (const BuildStatus& build : report.builds) {
    bytes += sizeof build + bytes_of(build.reason) + bytes_of(build.reference);
  }
  return bytes;
}

std::size_t bytes_of(const Heartbeat& heartbeat) {
  return bytes_of(heartbeat.incarnation.boot_id) + bytes_of(heartbeat.node) +
         (heartbeat.report ? bytes_of(*heartbeat.report) : 0);
}

std::size_t bytes_of(const ImportNodes& command) {
  std::size_t bytes = 0;
  for (const NodeEntry& entry : command.nodes) {
    bytes += sizeof entry + bytes_of(entry.name.str()) + bytes_of(entry.display_name) +
             bytes_of(entry.agent.address);
  }
  return bytes;
}

std::size_t bytes_of(const DeployWorkload& command) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : command.spec.instance.container.environment) {
    bytes += 2 * sizeof(std::string) + bytes_of(name) + bytes_of(value);
  }
  return bytes;
}

std::size_t bytes_of(const core::ManagerEvent& event) {
  std::size_t bytes = sizeof event;
  if (const auto* heartbeat = std::get_if<core::HeartbeatReceived>(&event)) {
    bytes += bytes_of(heartbeat->heartbeat);
  } else if (const auto* fetched = std::get_if<core::StatusFetched>(&event)) {
    if (fetched->status) bytes += bytes_of(*fetched->status);
  } else if (const auto* command = std::get_if<core::CommandReceived>(&event)) {
    if (const auto* nodes = std::get_if<ImportNodes>(&command->command)) bytes += bytes_of(*nodes);
    if (const auto* one = std::get_if<DeployWorkload>(&command->command)) bytes += bytes_of(*one);
  }
  return bytes;
}

const Heartbeat& heartbeat_in(const core::ManagerEvent& event) {
  return std::get<core::HeartbeatReceived>(event).heartbeat;
}

/// A heartbeat without a number counts as newer than any other.
bool is_newer(const Heartbeat& heartbeat, const Heartbeat& than) {
  return !heartbeat.seq || !than.seq || *heartbeat.seq > *than.seq;
}

}  // namespace

Inbox::Admission Inbox::push(core::ManagerEvent event) {
  if (auto* heartbeat = std::get_if<core::HeartbeatReceived>(&event)) {
    return push_heartbeat(std::move(*heartbeat));
  }
  if (const auto* canary = std::get_if<core::CanaryReturned>(&event)) return push_canary(*canary);
  auto* const fetched = std::get_if<core::StatusFetched>(&event);
  const bool is_too_large = fetched != nullptr && fetched->status && bytes_ >= bounds_.bytes_max;
  if (is_too_large) {
    fetched->status =
        fail(ErrorCode::kExhausted, "too many events are waiting for the manager's store");
  }
  append(std::move(event));
  return is_too_large ? Admission::kCut : Admission::kWaits;
}

Inbox::Admission Inbox::push_heartbeat(core::HeartbeatReceived heartbeat) {
  WaitingHeartbeats* const waiting = waiting_of(heartbeat);
  if (waiting == nullptr) return Admission::kDropped;
  for (const std::optional<Place>& place : {waiting->newest, waiting->with_report}) {
    if (place && !is_newer(heartbeat.heartbeat, heartbeat_in((*place)->event))) {
      return Admission::kSuperseded;
    }
  }
  const bool is_cut = heartbeat.heartbeat.report && bytes_ >= bounds_.bytes_max;
  if (is_cut) heartbeat.heartbeat.report.reset();
  if (!supersede(*waiting, heartbeat)) {
    if (size() >= bounds_.events_max) return Admission::kDropped;
    std::optional<Place>& place =
        heartbeat.heartbeat.report ? waiting->with_report : waiting->newest;
    place = append(std::move(heartbeat));
    return is_cut ? Admission::kCut : Admission::kWaits;
  }
  return is_cut ? Admission::kCut : Admission::kSupersedes;
}

/// Replaces the first of the heartbeats that it makes redundant. False if there is none.
bool Inbox::supersede(WaitingHeartbeats& waiting, core::HeartbeatReceived& heartbeat) {
  if (!heartbeat.heartbeat.report) {
    if (!waiting.newest) return false;
    replace(*waiting.newest, std::move(heartbeat));
    return true;
  }
  const std::optional<Place> older = std::exchange(waiting.newest, std::nullopt);
  if (!waiting.with_report) {
    waiting.with_report = older;
  } else if (older) {
    remove(*older);
  }
  if (!waiting.with_report) return false;
  replace(*waiting.with_report, std::move(heartbeat));
  return true;
}

/// The waiting heartbeats of its incarnation, or a new entry for them; nullptr if there is no room
/// for one more heartbeat.
Inbox::WaitingHeartbeats* Inbox::waiting_of(const core::HeartbeatReceived& heartbeat) {
  const auto waiting = heartbeats_.find(heartbeat.node);
  if (waiting != heartbeats_.end()) {
    const auto found = std::ranges::find(waiting->second, heartbeat.heartbeat.incarnation,
                                         &WaitingHeartbeats::incarnation);
    if (found != waiting->second.end()) return &*found;
    if (waiting->second.size() >= kIncarnationsPerNodeMax) return nullptr;
  }
  if (size() >= bounds_.events_max) return nullptr;
  std::vector<WaitingHeartbeats>& of_node = heartbeats_[heartbeat.node];
  of_node.push_back({heartbeat.heartbeat.incarnation, std::nullopt, std::nullopt});
  return &of_node.back();
}

Inbox::Admission Inbox::push_canary(const core::CanaryReturned& canary) {
  if (!canary_) {
    canary_ = append(canary);
    return Admission::kWaits;
  }
  const MonoTime waiting = std::get<core::CanaryReturned>((*canary_)->event).sent_at;
  if (canary.sent_at <= waiting) return Admission::kSuperseded;
  replace(*canary_, canary);
  return Admission::kSupersedes;
}

Inbox::Place Inbox::append(core::ManagerEvent event) {
  const std::size_t bytes = bytes_of(event);
  bytes_ += bytes;
  return slots_.insert(slots_.end(), Slot{std::move(event), bytes});
}

void Inbox::replace(Place place, core::ManagerEvent event) {
  bytes_ -= place->bytes;
  place->bytes = bytes_of(event);
  bytes_ += place->bytes;
  place->event = std::move(event);
}

void Inbox::remove(Place place) {
  bytes_ -= place->bytes;
  slots_.erase(place);
}

core::ManagerEvent Inbox::pop() {
  HEARTH_CHECK(!slots_.empty());
  const Place next = slots_.begin();
  forget(next);
  core::ManagerEvent event = std::move(next->event);
  remove(next);
  return event;
}

/// The event waiting there can no longer be superseded.
void Inbox::forget(Place place) {
  if (canary_ == place) canary_.reset();
  const auto* heartbeat = std::get_if<core::HeartbeatReceived>(&place->event);
  if (heartbeat == nullptr) return;
  const auto waiting = heartbeats_.find(heartbeat->node);
  HEARTH_CHECK(waiting != heartbeats_.end());
  for (WaitingHeartbeats& one : waiting->second) {
    if (one.with_report == place) one.with_report.reset();
    if (one.newest == place) one.newest.reset();
  }
  std::erase_if(waiting->second,
                [](const WaitingHeartbeats& one) { return !one.with_report && !one.newest; });
  if (waiting->second.empty()) heartbeats_.erase(waiting);
}

}  // namespace hearth
