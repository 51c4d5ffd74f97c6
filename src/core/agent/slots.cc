// The containers: one that should run does, and what should not be there goes.

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "core/agent/agent.h"

namespace hearth::core {
namespace {

constexpr Duration kClearingRetry = std::chrono::seconds(2);
constexpr const char* kVanished = "its container vanished";

/// Whether the engine may have done all the same what it was asked: no answer came.
bool is_unsure(const Error& error) {
  return error.code == ErrorCode::kTimeout || error.code == ErrorCode::kUnavailable;
}

int usefulness(ContainerState state) {
  switch (state) {
    case ContainerState::kRunning: return 2;
    case ContainerState::kCreated: return 1;
    case ContainerState::kExited: return 0;
  }
  HEARTH_CHECK(false);
}

}  // namespace

void Agent::tend_slots() {
  if (!may_act()) return;
  for (auto& [id, slot] : slots_) tend(id, slot);
  std::erase_if(slots_, [](const auto& entry) {
    const Slot& slot = entry.second;
    return !slot.wish && slot.containers.empty() && !slot.operation;
  });
}

void Agent::tend(const InstanceId& id, Slot& slot) {
  if (!slot.wish) {
    set_state(slot, InstanceState::kStopping);
    // A container that is being made would escape: its creation is awaited first.
    if (!slot.operation) clear_out(id, slot, ContainerId{});
    return;
  }
  tend_wished(id, slot);
  // The old container goes after the new one was made: an exit must cost no more than a start, and
  // until then its log can be read.
  const Container* keep = current(slot);
  clear_out(id, slot, keep == nullptr ? slot.status.container : keep->id);
}

void Agent::tend_wished(const InstanceId& id, Slot& slot) {
  if (slot.operation) return;
  const AssignedInstance& wish = *slot.wish;
  if (Container* container = current(slot)) {
    slot.status.container = container->id;
    if (container->state == ContainerState::kRunning)
      return set_state(slot, InstanceState::kRunning);
    if (wish.desire == InstanceDesire::kStage) return set_state(slot, InstanceState::kStaged);
    if (now_.mono < slot.restart.next_start()) return set_waiting(slot);
    set_state(slot, InstanceState::kStarting);
    slot.operation =
        begin({.kind = OperationKind::kStart, .instance = id, .container = container->id});
    act(StartContainer{*slot.operation, container->id});
    return;
  }
  if (now_.mono < slot.restart.next_start()) return set_waiting(slot);
  const ImageReadiness image = supply_.readiness(wish.image);
  if (!image.is_there) return set_state(slot, InstanceState::kFetching, image.reason);
  create_container(id, slot);
}

void Agent::create_container(const InstanceId& id, Slot& slot) {
  set_state(slot, InstanceState::kStarting, slot.status.reason);
  slot.operation = begin({.kind = OperationKind::kCreate, .instance = id, .wish = slot.wish});
  act(CreateContainer{*slot.operation, *slot.wish, slot.restarts});
}

/// The container that serves the slot's wish or may yet; nullptr if a fresh one is needed.
Container* Agent::current(Slot& slot) {
  Container* best = nullptr;
  for (auto& [id, container] : slot.containers) {
    if (!slot.wish || container.generation != slot.wish->generation) continue;
    if (slot.leaving.contains(id) || container.state == ContainerState::kExited) continue;
    if (best == nullptr || usefulness(container.state) > usefulness(best->state)) best = &container;
  }
  return best;
}

void Agent::clear_out(const InstanceId& id, Slot& slot, const ContainerId& keep) {
  if (now_.mono < slot.next_clearing) return;
  for (const auto& [container, seen] : slot.containers) {
    if (container == keep || slot.leaving.contains(container)) continue;
    slot.leaving.insert(container);
    const bool runs = seen.state == ContainerState::kRunning;
    const OperationId operation =
        begin({.kind = runs ? OperationKind::kStop : OperationKind::kRemove,
               .instance = id,
               .container = container});
    if (runs) {
      act(StopContainer{operation, container, settings_.stop_grace});
    } else {
      act(RemoveContainer{operation, container});
    }
  }
}

void Agent::note_exit(Slot& slot, std::optional<ContainerExit> exit) {
  slot.status.last_exit = exit;
  note_end(slot, exit ? fmt::format("it ended with exit code {}{}", exit->code,
                                    exit->out_of_memory ? ", out of memory" : "")
                      : "it ended, and the engine does not tell how");
}

void Agent::note_end(Slot& slot, std::string reason) {
  slot.status.reason = std::move(reason);
  ++slot.restarts;
  slot.status.restarts = slot.restarts;
  slot.restart.on_stopped(now_.mono, prng_);
}

void Agent::note_failure(Slot& slot, const std::string& reason) {
  slot.restart.on_stopped(now_.mono, prng_);
  slot.status.reason = reason;
}

void Agent::set_waiting(Slot& slot) {
  const bool looping = slot.restart.in_crash_loop();
  set_state(slot, looping ? InstanceState::kCrashLoop : InstanceState::kBackoff,
            slot.status.reason);
}

void Agent::set_state(Slot& slot, InstanceState state, std::string reason) {
  slot.status.state = state;
  slot.status.reason = std::move(reason);
}

Agent::Slot& Agent::slot_of(const InstanceId& id) {
  return slots_.try_emplace(id, settings_.restart).first->second;
}

Agent::Slot* Agent::find_slot(const InstanceId& id) {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

OperationId Agent::begin(Operation operation) {
  if (Slot* slot = find_slot(operation.instance)) slot->changed_in_step = step_;
  const OperationId id = operation_ids_.next();
  operations_.emplace(id, std::move(operation));
  return id;
}

void Agent::visit(const ContainerStarted& event) {
  Slot* slot = find_slot(event.instance);
  if (slot == nullptr) return;
  const auto found = slot->containers.find(event.container);
  if (found == slot->containers.end() || found->second.state != ContainerState::kCreated) return;
  found->second.state = ContainerState::kRunning;
  slot->changed_in_step = step_;
  slot->restart.on_started(now_.mono);
}

void Agent::visit(const ContainerExited& event) {
  Slot* slot = find_slot(event.instance);
  if (slot == nullptr) return;
  const auto found = slot->containers.find(event.container);
  if (found == slot->containers.end() || found->second.state == ContainerState::kExited) return;
  const bool was_current = current(*slot) == &found->second;
  found->second.state = ContainerState::kExited;
  slot->changed_in_step = step_;
  if (was_current) note_exit(*slot, event.exit);
}

void Agent::visit(const ContainerRemoved& event) {
  Slot* slot = find_slot(event.instance);
  if (slot == nullptr) return;
  const auto found = slot->containers.find(event.container);
  if (found == slot->containers.end()) return;
  const bool was_current = current(*slot) == &found->second;
  slot->containers.erase(found);
  slot->changed_in_step = step_;
  if (was_current) note_end(*slot, kVanished);
}

/// A listing is older than what was done while it was made: slots that changed since are left for
/// the next one.
void Agent::take_listing(const Listing& listing) {
  std::map<InstanceId, std::set<ContainerId>> listed;
  for (const Container& seen : listing.inventory.containers) {
    listed[seen.instance].insert(seen.id);
    Slot& slot = slot_of(seen.instance);
    if (!listing.is_older_than(slot.changed_in_step) && !slot.operation) merge(slot, seen);
  }
  for (auto& [id, slot] : slots_) {
    if (listing.is_older_than(slot.changed_in_step) || slot.operation) continue;
    const Container* serving = current(slot);
    const bool serving_vanished = serving != nullptr && !listed[id].contains(serving->id);
    std::erase_if(slot.containers,
                  [&](const auto& entry) { return !listed[id].contains(entry.first); });
    if (serving_vanished) note_end(slot, kVanished);
  }
}

void Agent::merge(Slot& slot, const Container& seen) {
  const auto [known, is_new] = slot.containers.try_emplace(seen.id, seen);
  if (is_new) {
    slot.restarts = std::max(slot.restarts, seen.restarts);
    slot.status.restarts = slot.restarts;
    if (seen.state == ContainerState::kRunning) slot.restart.on_started(now_.mono);
    const bool was_serving = seen.state == ContainerState::kExited && slot.containers.size() == 1;
    if (was_serving) {
      slot.status.container = seen.id;
      note_exit(slot, seen.exit);
    }
    return;
  }
  if (known->second.state == seen.state || slot.leaving.contains(seen.id)) return;
  const bool was_current = current(slot) == &known->second;
  known->second.state = seen.state;
  if (seen.state == ContainerState::kRunning) slot.restart.on_started(now_.mono);
  if (seen.state == ContainerState::kExited && was_current) note_exit(slot, seen.exit);
}

void Agent::visit(const OperationDone& event) {
  if (supply_.on_done(event, turn())) inventory_.list_again(now_.mono);
  const auto found = operations_.find(event.operation);
  if (found == operations_.end()) return;
  const Operation operation = found->second;
  operations_.erase(found);
  Slot* slot = find_slot(operation.instance);
  if (slot != nullptr) slot->changed_in_step = step_;
  switch (operation.kind) {
    case OperationKind::kCreate:
      HEARTH_CHECK(slot != nullptr);
      return finish_create(*slot, *operation.wish, event);
    case OperationKind::kStart:
      HEARTH_CHECK(slot != nullptr);
      return finish_start(*slot, operation.container, event.outcome);
    case OperationKind::kStop:
    case OperationKind::kRemove:
      if (slot != nullptr) finish_departure(*slot, operation, event.outcome);
      return;
  }
}

void Agent::finish_create(Slot& slot, const AssignedInstance& wish, const OperationDone& done) {
  slot.operation.reset();
  if (!done.outcome) {
    // The engine lost the image behind our back: it is fetched again.
    if (done.outcome.error().code == ErrorCode::kNotFound)
      supply_.on_image_lost(wish.image.reference);
    // The one before may be what fills the disk: its room is needed more than its log.
    if (done.outcome.error().code == ErrorCode::kExhausted) slot.status.container = ContainerId{};
    return note_failure(slot, "its container cannot be created: " + done.outcome.error().message);
  }
  slot.containers.try_emplace(done.container, Container{.id = done.container,
                                                        .instance = wish.id,
                                                        .workload = wish.workload,
                                                        .generation = wish.generation,
                                                        .restarts = slot.restarts});
  slot.status.container = done.container;
}

void Agent::finish_start(Slot& slot, const ContainerId& container, const Result<void>& outcome) {
  slot.operation.reset();
  const auto found = slot.containers.find(container);
  if (found == slot.containers.end()) return;
  if (outcome) {
    if (found->second.state == ContainerState::kCreated) {
      found->second.state = ContainerState::kRunning;
      slot.restart.on_started(now_.mono);
    }
    return;
  }
  if (found->second.state == ContainerState::kRunning)
    return;  // Its notice was faster than the answer.
  const std::string reason = "its container cannot be started: " + outcome.error().message;
  // A fresh container beside one that was started after all would be two: this one is started
  // again, which an engine takes for done where it is.
  if (is_unsure(outcome.error()) && found->second.state == ContainerState::kCreated)
    return note_failure(slot, reason);
  slot.status.container = ContainerId{};  // It has nothing to say, and may look as good as new.
  if (found->second.state == ContainerState::kExited) {
    slot.status.reason = reason;  // The engine also told it as an end: counted already.
    return;
  }
  found->second.state = ContainerState::kExited;  // A fresh one is made; this one is cleared out.
  note_failure(slot, reason);
}

void Agent::finish_departure(Slot& slot, const Operation& operation, const Result<void>& outcome) {
  slot.leaving.erase(operation.container);
  if (!outcome) {
    slot.next_clearing = now_.mono + kClearingRetry;
    return;
  }
  const auto found = slot.containers.find(operation.container);
  if (found == slot.containers.end()) return;
  if (operation.kind == OperationKind::kRemove) {
    slot.containers.erase(found);
  } else {
    found->second.state = ContainerState::kExited;  // The next round removes it.
  }
}

}  // namespace hearth::core
