#include "core/slot_table/slot_table.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

static_assert(TimedPart<SlotTable>);

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

/// Whether the slot can be gone before the answer: the container is being stopped, removed or let
/// go.
bool is_departure(const ContainerAction& action) {
  return std::holds_alternative<StopContainer>(action) ||
         std::holds_alternative<RemoveContainer>(action) || std::holds_alternative<LetGo>(action);
}

OperationId operation_of(const ContainerAction& action) {
  return std::visit([](const auto& one) { return one.operation; }, action);
}

}  // namespace

SlotTable::SlotTable(const SlotSettings& settings, std::uint64_t seed,
                     std::map<InstanceId, InstanceMemory> recalled)
    : settings_(settings), prng_(seed), recalled_(std::move(recalled)) {}

SlotTable::SlotTable(const SlotSettings& settings, const State& state)
    : settings_(settings),
      asked_(state.asked),
      prng_(state.prng),
      has_assignment_(state.has_assignment),
      incidents_(state.incidents),
      order_(state.order),
      as_of_(state.as_of),
      starvation_(state.starvation),
      last_assignment_at_(state.last_assignment_at),
      runtime_answered_(state.runtime_answered),
      recalled_(state.recalled) {
  for (const auto& [id, slot] : state.slots) slots_.try_emplace(id, settings_, slot);
}

SlotTable::State SlotTable::save() const {
  State state{.slots = {},
              .asked = asked_,
              .prng = prng_.save(),
              .has_assignment = has_assignment_,
              .incidents = incidents_.save(),
              .order = order_.save(),
              .as_of = as_of_,
              .starvation = starvation_.save(),
              .last_assignment_at = last_assignment_at_,
              .runtime_answered = runtime_answered_,
              .recalled = recalled_};
  for (const auto& [id, slot] : slots_) state.slots.emplace(id, slot.save());
  return state;
}

const InstanceSlot* SlotTable::find_slot(const InstanceId& id) const {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

InstanceSlot* SlotTable::find(const InstanceId& id) {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

const InstanceSlot& SlotTable::slot(const InstanceId& id) const {
  const InstanceSlot* found = find_slot(id);
  HEARTH_CHECK(found != nullptr);
  return *found;
}

InstanceSlot& SlotTable::slot_or_new(const InstanceId& id) {
  const auto [entry, is_new] = slots_.try_emplace(id, settings_);
  if (auto known = is_new ? recalled_.extract(id) : decltype(recalled_.extract(id))(); known) {
    entry->second.recall(std::move(known.mapped()));
  }
  return entry->second;
}

void SlotTable::on_assignment(const Assignment& assignment) {
  has_assignment_ = true;
  std::set<InstanceId> assigned;
  for (const AssignedInstance& instance : assignment.instances) {
    slot_or_new(instance.id).assign(order_.admit(instance));
    assigned.insert(instance.id);
  }
  for (auto& [id, slot] : slots_) {
    if (!assigned.contains(id)) slot.unassign();
  }
  recalled_.clear();  // What is neither assigned nor there does not come back.
  order_.keep_only(assigned);
}

void SlotTable::on(const ContainerStarted& notice, const Turn& turn) {
  InstanceSlot* slot = find(notice.instance);
  if (slot != nullptr) slot->on_started(notice.container, turn, prng_);
}

void SlotTable::on(const ContainerExited& notice, const Turn& turn) {
  InstanceSlot* slot = find(notice.instance);
  if (slot != nullptr) slot->on_exited(notice.container, notice.exit, turn, prng_);
}

void SlotTable::on(const ContainerRemoved& notice, const Turn& turn) {
  InstanceSlot* slot = find(notice.instance);
  if (slot != nullptr) slot->on_removed(notice.container, turn, prng_);
}

void SlotTable::on(const ContainerPaused& notice, const Turn& turn) {
  if (InstanceSlot* slot = find(notice.instance)) {
    slot->on_paused(notice.container, notice.is_paused, turn);
  }
}

void SlotTable::on(const ContainerNoted& notice, const Turn& turn) {
  if (find(notice.instance) != nullptr) note_incidents(notice.instance, {notice.what}, turn.now);
}

void SlotTable::on_runtime_lost(MonoTime now) {
  for (auto& [id, slot] : slots_) slot.on_runtime_lost(now);
}

std::map<InstanceId, ContainerId> SlotTable::running() const {
  std::map<InstanceId, ContainerId> running;
  for (const auto& [id, slot] : slots_) {
    if (const Container* container = slot.judged()) running.emplace(id, container->id);
  }
  return running;
}

void SlotTable::on_listed(const Listing& listing, const Turn& turn) {
  runtime_answered_ = listing.asked_at;
  std::map<InstanceId, std::set<ContainerId>> listed;
  for (const Container& seen : listing.inventory.containers) {
    listed[seen.instance].insert(seen.id);
    InstanceSlot& slot = slot_or_new(seen.instance);
    if (slot.may_believe(listing)) slot.on_listed(seen, turn, prng_);
  }
  for (auto& [id, slot] : slots_) {
    if (slot.may_believe(listing)) slot.drop_unlisted(listed[id], turn.now, prng_);
  }
}

std::optional<std::string> SlotTable::on_done(const OperationDone& done, const Turn& turn) {
  const auto answered = asked_.extract(done.operation);
  if (answered.empty()) return std::nullopt;
  const Asked& asked = answered.mapped();
  InstanceSlot* slot = find(asked.instance);
  if (slot == nullptr) {
    HEARTH_CHECK(is_departure(asked.action));
    return std::nullopt;
  }
  std::optional<std::string> image_lost;
  std::visit(Overloaded{[&](const CreateContainer& create) {
                          slot->on_created(create, done, turn, prng_);
                          const bool lost =
                              !done.outcome && done.outcome.error().code == ErrorCode::kNotFound;
                          if (lost) image_lost = create.instance.image.reference;
                        },
                        [&](const StartContainer& start) {
                          slot->on_start_done(start.container, done.outcome, turn, prng_);
                        },
                        [&](const AdoptContainer&) { slot->on_adopted(done, turn, prng_); },
                        [&](const RecreateContainer& recreate) {
                          slot->on_recreated(recreate.container, done, turn, prng_);
                        },
                        [&](const auto&) { slot->on_cleared(asked.action, done.outcome, turn); }},
             asked.action);
  return image_lost;
}

std::vector<ContainerAction> SlotTable::tend(const Turn& turn, const ReadinessOf& readiness_of,
                                             OperationIds& ids) {
  advance(turn.now);
  on_node(true);
  std::vector<ContainerAction> actions;
  for (auto& [id, slot] : slots_) tend(id, slot, turn, readiness_of, ids, actions);
  release_held(turn, readiness_of, ids, actions);
  std::erase_if(slots_, [](const auto& entry) { return entry.second.is_empty(); });
  return actions;
}

void SlotTable::tend(const InstanceId& id, InstanceSlot& slot, const Turn& turn,
                     const ReadinessOf& readiness_of, OperationIds& ids,
                     std::vector<ContainerAction>& actions) {
  for (ContainerAction& action : slot.tend(turn, readiness_of, ids, prng_)) {
    asked_.emplace(operation_of(action), Asked{.instance = id, .action = action});
    actions.push_back(std::move(action));
  }
  note_incidents(id, slot.take_noticed(), turn.now);
  std::optional<std::string> held_back = slot.take_held_back();
  if (held_back && starvation_.take_report()) note_incidents(id, {*std::move(held_back)}, turn.now);
}

/// Starts what was held back, if what it starts after has come to be there.
void SlotTable::release_held(const Turn& turn, const ReadinessOf& readiness_of, OperationIds& ids,
                             std::vector<ContainerAction>& actions) {
  if (!order_.is_holding()) return;
  std::map<InstanceId, StartOrder::Seen> seen;
  for (const auto& [id, slot] : slots_) {
    const std::optional<WorkloadName> workload = slot.workload();
    // What is only staged may never run here: nothing waits for it.
    const bool may_run = slot.is_assigned() && (!slot.is_staged() || order_.find(id) != nullptr);
    if (may_run && workload)
      seen.emplace(id, StartOrder::Seen{.workload = *workload, .status = slot.status()});
  }
  for (const StartOrder::Released& one : order_.tend(seen, turn.now)) {
    const InstanceId& id = one.instance.id;
    InstanceSlot& slot = slot_or_new(id);
    slot.assign(one.instance);
    if (!one.lacking.empty()) {
      note_incidents(id, {"it starts without waiting any longer for " + one.lacking}, turn.now);
    }
    tend(id, slot, turn, readiness_of, ids, actions);
  }
}

void SlotTable::rest(MonoTime now) {
  advance(now);
  on_node(false);
}

void SlotTable::advance(MonoTime now) {
  HEARTH_CHECK(now >= as_of_);
  as_of_ = now;
  incidents_.tend(now);
}

void SlotTable::on_node(bool is_runtime_usable) {
  starvation_.tend(as_of_);
  for (auto& [id, slot] : slots_) {
    slot.on_node({.is_runtime_usable = is_runtime_usable,
                  .runtime_answered = runtime_answered_,
                  .shortage = starvation_.protects(id),
                  .last_assignment_at = last_assignment_at_},
                 as_of_);
  }
}

bool SlotTable::doubts_runtime() const {
  return std::ranges::any_of(slots_, [](const auto& entry) {
    const std::optional<InstanceHealth>& health = entry.second.health();
    return health && health->doubts_runtime();
  });
}

Unsaved SlotTable::unsaved() const {
  Unsaved unsaved = incidents_.is_unsaved() ? Unsaved::kDecision : Unsaved::kNothing;
  for (const auto& [id, slot] : slots_) unsaved = std::max(unsaved, slot.unsaved());
  return unsaved;
}

std::map<InstanceId, InstanceMemory> SlotTable::take_memory() {
  std::map<InstanceId, InstanceMemory> memory = recalled_;
  for (auto& [id, slot] : slots_) memory.insert_or_assign(id, slot.take_memory());
  incidents_.on_taken();
  return memory;
}

void SlotTable::on_stored() {
  for (auto& [id, slot] : slots_) slot.on_stored();
  incidents_.on_stored();
}

std::vector<WatchAction> SlotTable::take_watches() {
  std::vector<WatchAction> watches;
  for (auto& [id, slot] : slots_) {
    for (WatchAction& watch : slot.take_watches(as_of_)) watches.push_back(std::move(watch));
  }
  return watches;
}

void SlotTable::note_incidents(const InstanceId& id, std::vector<std::string> messages,
                               MonoTime now) {
  for (std::string& message : messages) incidents_.add(id, std::move(message), now);
}

void SlotTable::on_stall(Duration lateness, MonoTime now) {
  last_assignment_at_ = std::min(now, last_assignment_at_ + lateness);
  for (auto& [id, slot] : slots_) slot.on_stall(lateness, now);
}

void SlotTable::add_to(Report& report) const {
  report.incidents = incidents_.reported();
  if (!has_assignment_) return;
  for (const auto& [id, slot] : slots_) {
    std::optional<InstanceStatus> status = slot.reported_status();
    if (!status) continue;
    if (const StartOrder::Held* held = order_.find(id);
        held != nullptr && status->state == InstanceState::kStaged) {
      status->state = InstanceState::kStarting;
      status->reason = held->reason;
    }
    report.instances.emplace(id, *std::move(status));
    if (std::optional<WorkloadName> workload = slot.workload()) {
      report.workloads.emplace(id, *std::move(workload));
    }
  }
}

std::optional<MonoTime> SlotTable::next_deadline() const {
  std::optional<MonoTime> next = order_.next_deadline();
  if (next && *next <= as_of_) next.reset();  // The runtime cannot be used meanwhile.
  next = earlier(next, starvation_.next_deadline());
  next = earlier(next, incidents_.next_deadline());
  for (const auto& [id, slot] : slots_) next = earlier(next, slot.next_deadline(as_of_));
  return next;
}

void SlotTable::check_invariants() const {
  starvation_.check_invariants();
  incidents_.check_invariants();
  for (const auto& [id, slot] : slots_) {
    slot.check_invariants();
    HEARTH_CHECK(has_assignment_ || !slot.is_assigned());
    const std::optional<OperationId> operation = slot.operation();
    HEARTH_CHECK(!operation || asked_.contains(*operation));
    for (const ContainerId& container : slot.leaving()) HEARTH_CHECK(is_departing(id, container));
  }
  for (const auto& [operation, asked] : asked_) {
    HEARTH_CHECK(operation_of(asked.action) == operation);
    if (is_departure(asked.action)) continue;
    HEARTH_CHECK(slot(asked.instance).operation() == operation);
  }
}

bool SlotTable::is_departing(const InstanceId& instance, const ContainerId& container) const {
  return std::any_of(asked_.begin(), asked_.end(), [&](const auto& entry) {
    const Asked& asked = entry.second;
    const auto* stop = std::get_if<StopContainer>(&asked.action);
    const auto* remove = std::get_if<RemoveContainer>(&asked.action);
    return asked.instance == instance && ((stop != nullptr && stop->container == container) ||
                                          (remove != nullptr && remove->container == container) ||
                                          std::holds_alternative<LetGo>(asked.action));
  });
}

}  // namespace hearth::core
