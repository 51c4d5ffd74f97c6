#include "core/agent/agent.h"

#include <utility>
#include <variant>

#include "base/check.h"
#include "core/usage_sampling/largest_consumer.h"

namespace hearth::core {
namespace {

SlotSettings slot_settings(const AgentSettings& settings) {
  return {.restart = settings.restart, .stop_grace = settings.stop_grace};
}

ReporterSettings reporter_settings(const AgentSettings& settings) {
  return {.incarnation = settings.incarnation,
          .agent_port = settings.agent_port,
          .heartbeat_interval = settings.heartbeat_interval};
}

}  // namespace

Agent::Agent(AgentSettings settings, std::optional<Assignment> stored, std::uint64_t seed,
             Instant now, WatchMemory memory)
    : settings_(std::move(settings)),
      turn_{.number = 0, .now = now.mono, .wall = now.wall},
      intake_(settings_.node, std::move(stored), now.mono),
      slots_(slot_settings(settings_), seed,
             carried_over(std::move(memory), settings_.incarnation.boot_id, now.mono).instances),
      supply_(settings_.incarnation.start_count, ~seed),
      reporter_(reporter_settings(settings_), now.mono) {
  if (const Assignment* in_force = intake_.in_force()) adopt(*in_force);
}

Agent::Agent(AgentSettings settings, AgentState state)
    : settings_(std::move(settings)),
      turn_(state.turn),
      promised_(state.promised),
      operation_ids_(state.operation_ids),
      intake_(settings_.node, std::move(state.intake)),
      inventory_(std::move(state.inventory)),
      slots_(slot_settings(settings_), state.slots),
      supply_(settings_.incarnation.start_count, std::move(state.supply)),
      sampler_(std::move(state.sampler)),
      reporter_(reporter_settings(settings_), std::move(state.reporter)),
      memory_(std::move(state.memory)) {}

AgentState Agent::save() const {
  return {.turn = turn_,
          .promised = promised_,
          .operation_ids = operation_ids_,
          .intake = intake_.save(),
          .inventory = inventory_.save(),
          .slots = slots_.save(),
          .supply = supply_.save(),
          .sampler = sampler_.save(),
          .reporter = reporter_.save(),
          .memory = memory_.save()};
}

std::vector<AgentAction> Agent::step(const AgentEvent& event, Instant now) {
  HEARTH_CHECK(now.mono >= turn_.now);
  turn_ = {.number = turn_.number + 1, .now = now.mono, .wall = now.wall};
  note_stall();
  std::visit([this](const auto& one) { on(one); }, event);
  tend_parts();
  promised_ = next_deadline();
  return std::exchange(actions_, {});
}

/// If the agent did not run when it had to (a paused machine, a starved processor), nobody was
/// silent for that time: it did not look.
void Agent::note_stall() {
  const Duration tolerance = settings_.heartbeat_interval / 2;
  if (!promised_ || turn_.now - *promised_ <= tolerance) return;
  timed_parts(*this).on_stall(turn_.now - *promised_, turn_.now);
}

/// The order matters: an assignment is stored before anything is done, images are fetched for what
/// could not be created, and the report covers all of it.
void Agent::tend_parts() {
  if (auto due = intake_.tend(turn_.now)) emit(SaveAssignment{*std::move(due)});
  if (auto due = inventory_.tend(turn_)) emit(TakeInventory{*due});
  if (may_act()) {
    const auto readiness_of = [this](const Image& image) { return supply_.readiness(image); };
    emit_all(slots_.tend(turn_, readiness_of, operation_ids_));
    emit_all(slots_.take_watches());
    if (slots_.doubts_runtime()) {
      inventory_.list_soon(turn_.now);
      if (auto due = inventory_.tend(turn_)) emit(TakeInventory{*due});
    }
    for (SampleUsage& request : sampler_.tend([this] { return slots_.running(); }, turn_.now))
      emit(std::move(request));
    emit_all(supply_.tend(turn_.now, operation_ids_));
  } else {
    slots_.rest(turn_.now);
    supply_.rest(turn_.now);
    sampler_.rest(turn_.now);
  }
  if (auto due = memory_.tend(slots_.unsaved(), turn_.now)) {
    emit(SaveWatchMemory{*due, {settings_.incarnation.boot_id, turn_.now, slots_.take_memory()}});
  }
  if (auto due = reporter_.tend(node_status(), turn_.now)) {
    // What is used changes all the time: it comes along, but calls for no report.
    if (due->report) due->report->usage = usage();
    emit(SendStatus{*std::move(due)});
  }
}

MonoTime Agent::next_deadline() const {
  const std::optional<MonoTime> next = timed_parts(*this).next_deadline();
  HEARTH_CHECK(next.has_value());  // There is always a next heartbeat.
  return *next;
}

void Agent::on(const AgentTicked&) {}

void Agent::on(const AssignmentReceived& event) {
  slots_.on_assignment_received(turn_.now);
  intake_.on_received(event.assignment, turn_.now);
  let_go_of_unwanted();
}

void Agent::on(const AssignmentsCaughtUp&) {
  intake_.on_caught_up(turn_.now);
}

void Agent::on(const AssignmentSaved& event) {
  const Assignment* adopted = intake_.on_saved(event.number, event.outcome, turn_.now);
  if (adopted != nullptr) return adopt(*adopted);
  let_go_of_unwanted();
}

/// Unwanted instances are removed even if the disk cannot store the assignment that says so.
void Agent::let_go_of_unwanted() {
  if (const std::optional<Assignment> wanted = intake_.still_wanted())
    slots_.on_assignment(*wanted);
}

/// `assignment` is in force from now on.
void Agent::adopt(const Assignment& assignment) {
  reporter_.on_interval(assignment.heartbeat_interval, turn_.now);
  slots_.on_assignment(assignment);
  emit_all(supply_.on_assignment(assignment));
}

void Agent::on(const RuntimeUp&) {
  inventory_.on_found(turn_.now);
}

void Agent::on(const RuntimeDown& event) {
  inventory_.on_lost(event.reason);
  slots_.on_runtime_lost(turn_.now);
}

void Agent::on(const NoticeMissed&) {
  inventory_.on_missed(turn_.now);
}

void Agent::on(const InventoryTaken& event) {
  const std::optional<Listing> listing =
      inventory_.on_listed(event.number, event.inventory, turn_.now);
  if (!listing) return;
  slots_.on_listed(*listing, turn_);
  if (supply_.on_listed(*listing)) inventory_.list_again(turn_.now);
}

void Agent::on(const ContainerStarted& event) {
  slots_.on(event, turn_);
}

void Agent::on(const ContainerExited& event) {
  slots_.on(event, turn_);
}

void Agent::on(const ContainerRemoved& event) {
  slots_.on(event, turn_);
}

void Agent::on(const ContainerPaused& event) {
  slots_.on(event, turn_);
}

void Agent::on(const ContainerNoted& event) {
  slots_.on(event, turn_);
}

void Agent::on(const LogRead& event) {
  slots_.on(event, turn_.now);
}

void Agent::on(const HealthcheckReported& event) {
  slots_.on(event, turn_.now);
}

void Agent::on(const CheckDone& event) {
  slots_.on(event, turn_.now);
}

void Agent::on(const UsageSampled& event) {
  if (sampler_.on_sampled(event, turn_.now)) slots_.on(event, turn_.now);
}

void Agent::on(const LogSkipped& event) {
  slots_.on(event, turn_.now);
}

void Agent::on(const LogReaderChanged& event) {
  slots_.on(event, turn_.now);
}

/// Of a container or of an image: each part ignores operations it did not request.
void Agent::on(const OperationDone& event) {
  if (auto lost = slots_.on_done(event, turn_)) supply_.on_image_lost(*lost);
  if (supply_.on_done(event, turn_)) inventory_.list_again(turn_.now);
}

void Agent::on(const LoadSampled& event) {
  reporter_.on_load(event.load);
  slots_.on_pressure(event.pressure, turn_.now);
  slots_.on_largest(largest_consumer());
}

/// Of what the node is short of. Who reads and writes the most is not known.
std::optional<InstanceId> Agent::largest_consumer() const {
  const std::optional<Shortage> shortage = slots_.shortage();
  const Resources& capacity = settings_.capacity;
  if (shortage == Shortage::kCpu)
    return core::largest_consumer(usage(), SharedResource::kCpu, capacity);
  if (shortage == Shortage::kMemory)
    return core::largest_consumer(usage(), SharedResource::kMemory, capacity);
  return std::nullopt;
}

void Agent::on(const WatchMemorySaved& event) {
  if (memory_.on_saved(event.number, event.outcome, turn_.now)) slots_.on_stored();
}

void Agent::on(const StatusDropped&) {
  reporter_.on_dropped();
}

NodeStatus Agent::node_status() const {
  NodeStatus status{.applied = intake_.applied(), .report = {}};
  slots_.add_to(status.report);
  status.report.images = supply_.images();
  status.report.builds = supply_.build_statuses();
  status.report.capacity = settings_.capacity;
  status.report.problem = inventory_.problem();
  for (const std::string& problem : {intake_.problem(), memory_.problem()}) {
    if (status.report.problem.empty()) status.report.problem = problem;
  }
  status.report.shortage = slots_.shortage_words();
  return status;
}

Heartbeat Agent::status() const {
  NodeStatus status = node_status();
  status.report.usage = usage();
  return reporter_.answer(status, turn_.now);
}

/// As last sampled, with what the trends conclude from it.
UsageSampler::Usages Agent::usage() const {
  UsageSampler::Usages usages = sampler_.usages();
  for (auto& [id, usage] : usages) {
    const InstanceSlot* slot = slots_.find_slot(id);
    if (slot == nullptr) continue;
    if (const std::optional<InstanceHealth>& health = slot->health())
      usage.memory_full_in = health->trends().memory_full_in(turn_.now);
  }
  return usages;
}

ContainerId Agent::container_of(const InstanceId& instance) const {
  const InstanceSlot* slot = slots_.find_slot(instance);
  return slot == nullptr ? ContainerId{} : slot->status().container;
}

template <class Action>
void Agent::emit_all(std::vector<Action> actions) {
  for (Action& action : actions) {
    std::visit([this](auto& one) { emit(std::move(one)); }, action);
  }
}

void Agent::check_invariants() const {
  intake_.check_invariants();
  inventory_.check_invariants();
  slots_.check_invariants();
  supply_.check_invariants();
  sampler_.check_invariants();
  reporter_.check_invariants();
  memory_.check_invariants();
  HEARTH_CHECK(actions_.empty());
  if (intake_.in_force() == nullptr) return;
  const Assignment wanted = intake_.still_wanted().value_or(*intake_.in_force());
  for (const AssignedInstance& instance : wanted.instances) {
    HEARTH_CHECK(slots_.slot(instance.id).is_assigned());
  }
}

}  // namespace hearth::core
