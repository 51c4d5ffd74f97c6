#include "core/instance_slot/instance_slot.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

/// Why there is no adopted container.
Error fault_of(const OperationDone& done) {
  if (!done.outcome) return done.outcome.error();
  return {ErrorCode::kFailed, "the runtime names no container"};
}

/// Whether the runtime may have done what it was asked: no answer came.
bool is_unsure(const Error& error) {
  return error.code == ErrorCode::kTimeout || error.code == ErrorCode::kUnavailable;
}

}  // namespace

InstanceSlot::InstanceSlot(const SlotSettings& settings)
    : settings_(settings), record_(settings.restart) {}

InstanceSlot::InstanceSlot(const SlotSettings& settings, State state)
    : settings_(settings),
      state_(std::move(state)),
      containers_(std::exchange(state_.containers, {})),
      operation_(std::exchange(state_.operation, {})),
      record_(settings.restart, std::exchange(state_.record, {})) {
  if (std::optional<InstanceHealth::State> health = std::exchange(state_.health, {})) {
    HEARTH_CHECK(state_.assigned);
    health_.emplace(state_.assigned->spec, *std::move(health));
  }
}

InstanceSlot::State InstanceSlot::save() const {
  State state = state_;
  state.containers = containers_.save();
  state.operation = operation_.save();
  state.record = record_.save();
  if (health_) state.health = health_->save();
  return state;
}

// What to do. -------------------------------------------------------------------------------------

std::vector<ContainerAction> InstanceSlot::tend(const Turn& turn, const ReadinessOf& readiness_of,
                                                OperationIds& ids, Prng& prng) {
  std::vector<ContainerAction> actions;
  record_.settle(turn.now);
  if (!state_.assigned) {
    record_.transition_to(InstanceState::kStopping);
    // A container that is being made would escape: its creation is awaited first.
    if (!operation()) containers_.leave(stop_spec(), turn.now, ids, actions);
  } else {
    if (!operation()) tend_assigned(*state_.assigned, turn, readiness_of, ids, prng, actions);
    // The old container is removed after the new one was created: an exit must cost no more than a
    // start, and until then its log can be read.
    const Container* keep = serving();
    containers_.clear_out(keep == nullptr ? status().container : keep->id, stop_spec(), turn.now,
                          ids, actions);
  }
  if (!actions.empty()) operation_.note_change(turn);
  return actions;
}

StopSpec InstanceSlot::stop_spec() const {
  return state_.stop.value_or(StopSpec{.grace = settings_.stop_grace});
}

void InstanceSlot::tend_assigned(const AssignedInstance& instance, const Turn& turn,
                                 const ReadinessOf& readiness_of, OperationIds& ids, Prng& prng,
                                 std::vector<ContainerAction>& actions) {
  if (const Container* running = serving(); running != nullptr) judge(*running, turn, prng);
  const Container* container = serving();
  const bool runs = container != nullptr && container->state == ContainerState::kRunning;
  if (runs && is_held()) return containers_.condemn(container->id);
  // Assigned again while its container is being stopped: two would run until that is done.
  const bool only_one = instance.spec.replace == ReplaceOrder::kStopFirst;
  if (!runs && containers_.must_stop_first(only_one)) return wait_for_stop();
  if (container != nullptr) {
    record_.set_container(container->id);
    return start_or_wait(instance.desired_state, *container, turn, ids, actions);
  }
  if (const std::optional<AdoptedContainer>& adopted = instance.spec.adopted)
    return tend_adopted(instance, *adopted, turn, ids, actions);
  if (record_.is_finished()) return record_.transition_to_finished(turn.now);
  if (turn.now < record_.next_start()) return record_.transition_to_waiting();
  const ImageReadiness image = readiness_of(instance.image);
  if (!image.is_there)
    return record_.transition_to_awaiting(InstanceState::kFetching, image.reason);
  record_.transition_to_starting();
  actions.emplace_back(CreateContainer{operation_.begin(ids), instance, status().restarts});
}

/// No container of it runs, nor can be started.
void InstanceSlot::tend_adopted(const AssignedInstance& instance, const AdoptedContainer& adopted,
                                const Turn& turn, OperationIds& ids,
                                std::vector<ContainerAction>& actions) {
  Container* known = containers_.adopted();
  const bool is_leaving = known != nullptr && (known->state == ContainerState::kRunning ||
                                               containers_.leaving().contains(known->id));
  if (is_leaving) return wait_for_stop();
  if (known != nullptr && is_held()) {
    record_.set_container(known->id);
    return record_.transition_to(InstanceState::kStaged);
  }
  if (record_.is_finished()) return record_.transition_to_finished(turn.now);
  if (turn.now < std::max(record_.next_start(), state_.left_alone_until))
    return record_.transition_to_waiting();
  if (known != nullptr && adopted.restart == AdoptedContainer::Restart::kStart) {
    containers_.reprieve(*known);
    return start_or_wait(instance.desired_state, *known, turn, ids, actions);
  }
  record_.transition_to_starting();
  if (known != nullptr) {
    actions.emplace_back(
        RecreateContainer{operation_.begin(ids), instance.id, known->id, status().restarts});
  } else {
    actions.emplace_back(AdoptContainer{operation_.begin(ids), instance.id, instance.workload,
                                        instance.generation, adopted.name});
  }
}

/// Whether its adopted container is to be stopped and kept.
bool InstanceSlot::is_held() const {
  return state_.assigned && state_.assigned->spec.adopted &&
         state_.assigned->desired_state == DesiredState::kStage;
}

void InstanceSlot::wait_for_stop() {
  record_.transition_to_awaiting(InstanceState::kStarting, containers_.unstoppable(),
                                 "its previous container is still being stopped");
}

void InstanceSlot::start_or_wait(DesiredState desired_state, const Container& container,
                                 const Turn& turn, OperationIds& ids,
                                 std::vector<ContainerAction>& actions) {
  if (container.state == ContainerState::kRunning) return;  // judge() has set the state.
  if (desired_state == DesiredState::kStage) return record_.transition_to(InstanceState::kStaged);
  if (turn.now < record_.next_start()) return record_.transition_to_waiting();
  record_.transition_to(InstanceState::kStarting);
  actions.emplace_back(
      StartContainer{operation_.begin_start(ids, container.id, turn.now), container.id});
}

const Container* InstanceSlot::serving() const {
  return state_.assigned ? containers_.serving(state_.assigned->generation) : nullptr;
}

bool InstanceSlot::is_empty() const {
  return !state_.assigned && containers_.empty() && !operation();
}

std::optional<MonoTime> InstanceSlot::next_deadline(MonoTime now) const {
  std::optional<MonoTime> next =
      earlier(containers_.next_deadline(now), record_.next_deadline(now));
  if (state_.left_alone_until > now) next = earlier(next, state_.left_alone_until);
  const Container* running = judged();
  if (running == nullptr || !health_) return next;
  if (operation()) return next;  // Its health is judged once the runtime has answered.
  return earlier(next, health_->next_deadline(now));
}

// What outlasts the agent. ------------------------------------------------------------------------

void InstanceSlot::assign(const AssignedInstance& instance) {
  record_.on_assigned(instance.generation);
  state_.assigned = instance;
  state_.stop = instance.spec.stop;
}

Unsaved InstanceSlot::unsaved() const {
  return health_ ? std::max(record_.unsaved(), health_->unsaved()) : record_.unsaved();
}

InstanceMemory InstanceSlot::take_memory() {
  InstanceMemory memory = record_.take_memory();
  if (state_.assigned) memory.generation = state_.assigned->generation;
  if (health_) {
    health_->take_memory(memory);
    memory.container = judged() == nullptr ? ContainerId{} : judged()->id;
  }
  return memory;
}

void InstanceSlot::on_stored() {
  record_.on_stored();
  if (health_) health_->on_stored();
}

// What happened. ----------------------------------------------------------------------------------

void InstanceSlot::on_started(const ContainerId& container, const Turn& turn, Prng& prng) {
  Container* known = containers_.find(container);
  if (known == nullptr || known->state == ContainerState::kRunning) return;
  // One that had ended was started by somebody else; it serves unless it is being removed already.
  if (containers_.leaving().contains(container)) return;
  known->state = ContainerState::kRunning;
  known->exit.reset();
  operation_.note_change(turn);
  note_running(container, operation_.take_start(container, turn.now), turn.now, prng);
}

void InstanceSlot::on_exited(const ContainerId& container, const ContainerExit& exit,
                             const Turn& turn, Prng& prng) {
  Container* known = containers_.find(container);
  if (known == nullptr || known->state == ContainerState::kExited) return;
  const bool was_serving = serving() == known;
  known->state = ContainerState::kExited;
  operation_.note_change(turn);
  if (!was_serving) return;
  note_exit(turn.now);
  record_.on_exited(container, exit, restart_policy(), turn.now, prng);
}

void InstanceSlot::on_removed(const ContainerId& container, const Turn& turn, Prng& prng) {
  const Container* known = containers_.find(container);
  if (known == nullptr) return;
  const bool was_serving = serving() == known;
  containers_.erase(container);
  operation_.note_change(turn);
  if (was_serving) note_vanished(container, turn.now, prng);
}

void InstanceSlot::on_paused(const ContainerId& container, bool is_paused, const Turn& turn) {
  Container* known = containers_.find(container);
  if (known == nullptr || known->state != ContainerState::kRunning) return;
  operation_.note_change(turn);
  set_paused(*known, is_paused, turn.now);
}

void InstanceSlot::set_paused(Container& container, bool is_paused, MonoTime now) {
  container.paused = is_paused;
  InstanceHealth* health = health_of(container.id);
  if (health != nullptr) health->set_obstacle(WatchObstacle::kContainerPaused, is_paused, now);
}

void InstanceSlot::on_listed(const Container& seen, const Turn& turn, Prng& prng) {
  const MonoTime now = turn.now;
  const auto [known, is_new] = containers_.add(seen);
  if (is_new) return note_new(known, seen, turn, prng);
  if (containers_.leaving().contains(seen.id)) return;
  if (known.state == seen.state) return set_paused(known, seen.paused, now);
  // An adopted one that ended is about to be started again.
  const bool is_reprieved = known.adopted && known.state == ContainerState::kCreated;
  if (is_reprieved && seen.state == ContainerState::kExited) return;
  const bool was_serving = serving() == &known;
  known.state = seen.state;
  if (seen.state == ContainerState::kRunning)
    note_running(seen.id, operation_.take_start(seen.id, now), now, prng);
  if (seen.state == ContainerState::kExited && was_serving) note_unseen_exit(seen, now, prng);
}

/// `known` is `seen`, of which nothing was known.
void InstanceSlot::note_new(Container& known, const Container& seen, const Turn& turn, Prng& prng) {
  record_.on_restarts_seen(seen.restarts);
  const bool was_ended = record_.knew_end_of(seen.id);
  if (seen.state == ContainerState::kRunning) {
    // Its end was noted because it was to be stopped, which came to nothing.
    if (record_.was_stopping(seen.id) && !record_.is_finished()) containers_.condemn(seen.id);
    if (serving() == &known) note_running(seen.id, started_at(seen, turn), turn.now, prng);
    set_paused(known, seen.paused, turn.now);
  }
  const bool was_serving = seen.state == ContainerState::kExited && containers_.all().size() == 1;
  if (was_serving) {
    record_.set_container(seen.id);
    if (!was_ended) note_unseen_exit(seen, turn.now, prng);
  }
}

void InstanceSlot::drop_unlisted(const std::set<ContainerId>& listed, MonoTime now, Prng& prng) {
  const Container* served = serving();
  const bool vanished = served != nullptr && !listed.contains(served->id);
  if (vanished) note_vanished(served->id, now, prng);
  containers_.erase_all_but(listed);
}

void InstanceSlot::on_created(const CreateContainer& asked, const OperationDone& done,
                              const Turn& turn, Prng& prng) {
  operation_.end(turn);
  if (!done.outcome) {
    const Error& error = done.outcome.error();
    // The previous container may be what fills the disk: its room is needed more than its log.
    if (error.code == ErrorCode::kExhausted) record_.set_container({});
    return note_failure("its container cannot be created: ", error, turn.now, prng);
  }
  containers_.add({.id = done.container,
                   .instance = asked.instance.id,
                   .workload = asked.instance.workload,
                   .generation = asked.instance.generation,
                   .restarts = status().restarts});
  record_.set_container(done.container);
}

void InstanceSlot::on_adopted(const OperationDone& done, const Turn& turn, Prng& prng) {
  operation_.end(turn);
  if (!done.adopted)
    return note_failure("its container cannot be adopted: ", fault_of(done), turn.now, prng);
  const Container& seen = *done.adopted;
  const auto [known, is_new] = containers_.add(seen);
  record_.set_container(seen.id);
  if (seen.state != ContainerState::kRunning) {
    if (!is_held()) containers_.reprieve(known);  // What does not run is started as it is.
    return;
  }
  if (is_new) note_new(known, seen, turn, prng);
  const bool is_first = state_.assigned && status().restarts == 0;
  if (is_first && state_.assigned->spec.adopted && state_.assigned->spec.adopted->afresh)
    containers_.condemn(seen.id);
}

void InstanceSlot::on_recreated(const ContainerId& old, const OperationDone& done, const Turn& turn,
                                Prng& prng) {
  operation_.end(turn);
  if (!done.adopted) {
    // Gone: then one that has its name is adopted.
    if (!done.outcome && done.outcome.error().code == ErrorCode::kNotFound) containers_.erase(old);
    return note_failure("its container cannot be recreated: ", fault_of(done), turn.now, prng);
  }
  if (done.adopted->id != old) containers_.erase(old);
  containers_.reprieve(containers_.add(*done.adopted).first);
  record_.set_container(done.adopted->id);
}

void InstanceSlot::on_start_done(const ContainerId& container, const Result<void>& outcome,
                                 const Turn& turn, Prng& prng) {
  operation_.end(turn);
  Container* known = containers_.find(container);
  if (known == nullptr) return;
  if (outcome) {
    if (known->state != ContainerState::kCreated) return;
    known->state = ContainerState::kRunning;
    note_running(container, operation_.take_start(container, turn.now), turn.now, prng);
    return;
  }
  if (known->state == ContainerState::kRunning) return;  // Its notice overtook the answer.
  constexpr std::string_view kWhat = "its container cannot be started: ";
  // If this one was started after all, a fresh container would be the second: so this one is
  // started again, which a runtime treats as done if it runs.
  if (is_unsure(outcome.error()) && known->state == ContainerState::kCreated)
    return note_failure(kWhat, outcome.error(), turn.now, prng);
  record_.set_container({});  // It has no log to keep, and may look unused.
  // The runtime also gave notice of an exit: already counted.
  if (known->state == ContainerState::kExited)
    return record_.note_cannot_start(std::string(kWhat) + outcome.error().message);
  known->state = ContainerState::kExited;  // A fresh one is created; this one is removed.
  note_failure(kWhat, outcome.error(), turn.now, prng);
}

void InstanceSlot::on_cleared(const ContainerAction& asked, const Result<void>& outcome,
                              const Turn& turn) {
  operation_.note_change(turn);
  containers_.on_cleared(asked, outcome, turn.now);
}

// Status. -----------------------------------------------------------------------------------------

std::optional<InstanceStatus> InstanceSlot::reported_status() const {
  if (record_.status().state != InstanceState::kAssigned) return record_.status();
  if (state_.assigned || containers_.empty()) return std::nullopt;
  // A container that must be stopped is known, although nothing has been done about it yet.
  InstanceStatus status = record_.status();
  status.state = InstanceState::kStopping;
  status.container = containers_.all().begin()->first;
  return status;
}

std::optional<WorkloadName> InstanceSlot::workload() const {
  if (state_.assigned) return state_.assigned->workload;
  if (containers_.empty()) return std::nullopt;
  return containers_.all().begin()->second.workload;
}

// What ended. ------------------------------------------------------------------------------------

std::optional<RestartPolicy> InstanceSlot::restart_policy() const {
  return state_.assigned ? std::optional(state_.assigned->spec.restart) : std::nullopt;
}

void InstanceSlot::note_exit(MonoTime now) {
  if (containers_.has_adopted()) state_.left_alone_until = now + kLeftAlone;
  if (health_) health_->on_stopped(now);
}

void InstanceSlot::note_unseen_exit(const Container& seen, MonoTime now, Prng& prng) {
  note_exit(now);
  record_.on_unseen_exit(seen.id, seen.exit, restart_policy(), now, prng);
}

void InstanceSlot::note_vanished(const ContainerId& container, MonoTime now, Prng& prng) {
  if (health_) health_->on_stopped(now);
  record_.on_vanished(container, now, prng);
}

/// That an adopted container cannot be had or started fails its release, since no other node has
/// it; so a runtime that does not answer must not count as that.
void InstanceSlot::note_failure(std::string_view what, const Error& fault, MonoTime now,
                                Prng& prng) {
  if (health_) health_->on_stopped(now);
  std::string reason = std::string(what) + fault.message;
  const bool is_adopted = state_.assigned && state_.assigned->spec.adopted;
  if (is_adopted && is_unsure(fault))
    return record_.on_start_unanswered(std::move(reason), now, prng);
  record_.on_start_failed(std::move(reason), now, prng);
}

// Health. -----------------------------------------------------------------------------------------

/// `started_at`: when it was started or, if that is not known, created. The same container can run
/// again: its log is read and its address asked anew.
void InstanceSlot::note_running(const ContainerId& container, MonoTime started_at, MonoTime now,
                                Prng& prng) {
  const bool runs_on = record_.on_running(container, now);
  if (!state_.assigned) return;
  if (!health_) {
    health_.emplace(state_.assigned->spec, record_.take_recalled(), now, prng);
    if (runs_on) return health_->resume(started_at, now, prng);
  }
  health_->on_started(started_at, now, prng);
}

/// Sets the state of an instance whose container runs, and condemns one that must be restarted.
void InstanceSlot::judge(const Container& container, const Turn& turn, Prng& prng) {
  if (container.state != ContainerState::kRunning) return;
  const MonoTime now = turn.now;
  if (!health_ || !health_->is_watching())  // It was not assigned when it was seen to run.
    note_running(container.id, started_at(container, turn), now, prng);
  HEARTH_CHECK(health_);
  const HealthVerdict verdict = health_->tend(now, prng);
  if (container.paused) return record_.transition_to(InstanceState::kPaused, "it was paused");
  record_.transition_to_running(verdict);
  if (verdict.restart.empty()) return;
  containers_.condemn(container.id);
  health_->on_stopped(now);
  record_.on_restarted(container.id, verdict.restart, now, prng);
}

const Container* InstanceSlot::judged() const {
  const Container* served = serving();
  const bool runs = served != nullptr && served->state == ContainerState::kRunning;
  return health_ && runs ? served : nullptr;
}

/// nullptr: another container, if any, is judged.
InstanceHealth* InstanceSlot::health_of(const ContainerId& container) {
  const Container* running = judged();
  return running != nullptr && running->id == container && health_ ? &*health_ : nullptr;
}

std::vector<WatchAction> InstanceSlot::take_watches(MonoTime now) {
  const Container* served = judged();
  if (served == nullptr || !health_ || !state_.assigned) return {};
  return health_->take_watches(served->id, *state_.assigned, now);
}

std::vector<std::string> InstanceSlot::take_noticed() {
  std::vector<std::string> noticed = health_ ? health_->take_noticed() : std::vector<std::string>{};
  if (auto stop = containers_.take_unstoppable()) noticed.push_back(*std::move(stop));
  return noticed;
}

void InstanceSlot::check_invariants() const {
  containers_.check_invariants();
  HEARTH_CHECK(!operation() || status().state == InstanceState::kStarting ||
               status().state == InstanceState::kStopping);
}

}  // namespace hearth::core
