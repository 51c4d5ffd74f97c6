#include "core/instance_slot/instance_slot.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"
#include "model/exit_words.h"

namespace hearth::core {
namespace {

constexpr const char* kVanished = "its container vanished";

/// Why a container is not there; empty if one is.
std::string fault_of(const OperationDone& done) {
  if (!done.outcome) return done.outcome.error().message;
  return done.adopted ? std::string() : "the runtime names no container";
}

/// Whether the runtime may have done what it was asked: no answer came.
bool is_unsure(const Error& error) {
  return error.code == ErrorCode::kTimeout || error.code == ErrorCode::kUnavailable;
}

}  // namespace

InstanceSlot::InstanceSlot(const SlotSettings& settings)
    : settings_(settings), restart_(settings.restart) {}

InstanceSlot::InstanceSlot(const SlotSettings& settings, State state)
    : settings_(settings),
      state_(std::move(state)),
      containers_(std::exchange(state_.containers, {})),
      restart_(settings.restart, std::exchange(state_.restart, {})) {
  if (std::optional<InstanceHealth::State> health = std::exchange(state_.health, {})) {
    HEARTH_CHECK(state_.assigned);
    health_.emplace(state_.assigned->spec, *std::move(health));
  }
}

InstanceSlot::State InstanceSlot::save() const {
  State state = state_;
  state.containers = containers_.save();
  state.restart = restart_.save();
  if (health_) state.health = health_->save();
  return state;
}

// What to do. -------------------------------------------------------------------------------------

std::vector<ContainerAction> InstanceSlot::tend(const Turn& turn, const ReadinessOf& readiness_of,
                                                OperationIds& ids, Prng& prng) {
  std::vector<ContainerAction> actions;
  state_.status.failures += state_.memory.settle_failures(turn.now);
  if (!state_.assigned) {
    transition_to(InstanceState::kStopping);
    // A container that is being made would escape: its creation is awaited first.
    if (!state_.operation) leave(turn, ids, actions);
  } else {
    if (!state_.operation) tend_assigned(*state_.assigned, turn, readiness_of, ids, prng, actions);
    // The old container is removed after the new one was created: an exit must cost no more than a
    // start, and until then its log can be read.
    const Container* keep = serving();
    containers_.clear_out(keep == nullptr ? state_.status.container : keep->id, stop_spec(),
                          turn.now, ids, actions);
  }
  if (!actions.empty()) state_.changed_in = turn.number;
  return actions;
}

void InstanceSlot::leave(const Turn& turn, OperationIds& ids,
                         std::vector<ContainerAction>& actions) {
  if (const Container* adopted = containers_.adopted())
    return containers_.let_go(adopted->instance, turn.now, ids, actions);
  containers_.clear_out(ContainerId{}, stop_spec(), turn.now, ids, actions);
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
    state_.status.container = container->id;
    return start_or_wait(instance.desired_state, *container, turn, ids, actions);
  }
  if (const std::optional<AdoptedContainer>& adopted = instance.spec.adopted)
    return tend_adopted(instance, *adopted, turn, ids, actions);
  if (state_.finished) return transition_to_finished(turn.now);
  if (turn.now < restart_.next_start()) return transition_to_waiting();
  const ImageReadiness image = readiness_of(instance.image);
  if (!image.is_there) {
    state_.status.cannot_start = !image.reason.empty();
    return transition_to(InstanceState::kFetching, image.reason);
  }
  transition_to(InstanceState::kStarting, state_.status.reason);
  actions.emplace_back(CreateContainer{begin(ids), instance, state_.status.restarts});
}

/// No container of it runs, nor can be started.
void InstanceSlot::tend_adopted(const AssignedInstance& instance, const AdoptedContainer& adopted,
                                const Turn& turn, OperationIds& ids,
                                std::vector<ContainerAction>& actions) {
  Container* known = containers_.adopted();
  const bool is_leaving = known != nullptr && (known->state == ContainerState::kRunning ||
                                               containers_.leaving().contains(known->id));
  if (is_leaving) return wait_for_stop();
  if (known != nullptr && is_held()) return transition_to(InstanceState::kStaged);
  if (state_.finished) return transition_to_finished(turn.now);
  if (turn.now < std::max(restart_.next_start(), state_.left_alone_until))
    return transition_to_waiting();
  if (known != nullptr && adopted.restart == AdoptedContainer::Restart::kStart) {
    containers_.reprieve(*known);
    return start_or_wait(instance.desired_state, *known, turn, ids, actions);
  }
  transition_to(InstanceState::kStarting, state_.status.reason);
  if (known != nullptr) {
    actions.emplace_back(
        RecreateContainer{begin(ids), instance.id, known->id, state_.status.restarts});
  } else {
    actions.emplace_back(AdoptContainer{begin(ids), instance.id, instance.workload,
                                        instance.generation, adopted.name});
  }
}

/// Whether its adopted container is to be stopped and kept.
bool InstanceSlot::is_held() const {
  return state_.assigned && state_.assigned->spec.adopted &&
         state_.assigned->desired_state == DesiredState::kStage;
}

OperationId InstanceSlot::begin(OperationIds& ids) {
  const OperationId id = ids.next();
  state_.operation = id;
  return id;
}

void InstanceSlot::end_operation(const Turn& turn) {
  state_.changed_in = turn.number;
  state_.operation.reset();
}

void InstanceSlot::wait_for_stop() {
  const std::string& obstacle = state_.memory.unstoppable;
  state_.status.cannot_start = !obstacle.empty();
  transition_to(InstanceState::kStarting,
                obstacle.empty() ? "its previous container is still being stopped" : obstacle);
}

void InstanceSlot::start_or_wait(DesiredState desired_state, const Container& container,
                                 const Turn& turn, OperationIds& ids,
                                 std::vector<ContainerAction>& actions) {
  if (container.state == ContainerState::kRunning) return;  // judge() has set the state.
  if (desired_state == DesiredState::kStage) return transition_to(InstanceState::kStaged);
  if (turn.now < restart_.next_start()) return transition_to_waiting();
  transition_to(InstanceState::kStarting);
  actions.emplace_back(StartContainer{begin(ids), container.id});
  state_.start = StartRequest{.container = container.id, .at = turn.now};
}

const Container* InstanceSlot::serving() const {
  return state_.assigned ? containers_.serving(state_.assigned->generation) : nullptr;
}

bool InstanceSlot::is_empty() const {
  return !state_.assigned && containers_.empty() && !state_.operation;
}

std::optional<MonoTime> InstanceSlot::next_deadline(MonoTime now) const {
  std::optional<MonoTime> next = containers_.next_deadline(now);
  for (const MonoTime deadline : {restart_.next_start(), state_.left_alone_until,
                                  state_.memory.next_deadline().value_or(now)}) {
    if (deadline > now) next = earlier(next, deadline);
  }
  const Container* running = judged();
  if (running == nullptr || !health_) return next;
  if (state_.operation) return next;  // Its health is judged once the runtime has answered.
  return earlier(next, health_->next_deadline(now));
}

// What outlasts the agent. ------------------------------------------------------------------------

void InstanceSlot::recall(InstanceMemory known) {
  restart_ = RestartRecord(settings_.restart, known.restart);
  state_.finished = known.finished;
  state_.memory.recall(std::move(known), state_.status);
}

void InstanceSlot::assign(const AssignedInstance& instance) {
  // An id names another instance only if the manager's store was lost.
  const std::optional<InstanceMemory>& recalled = state_.memory.recalled;
  if (recalled && recalled->generation != instance.generation) {
    restart_ = RestartRecord(settings_.restart);
    state_.finished = false;
    state_.memory = {};
  }
  state_.assigned = instance;
  state_.stop = instance.spec.stop;
}

Unsaved InstanceSlot::unsaved() const {
  return health_ ? std::max(state_.memory.unsaved, health_->unsaved()) : state_.memory.unsaved;
}

InstanceMemory InstanceSlot::take_memory() {
  InstanceMemory memory = state_.memory.take(state_.status);
  if (state_.assigned) memory.generation = state_.assigned->generation;
  if (health_) {
    health_->take_memory(memory);
    memory.container = judged() == nullptr ? ContainerId{} : judged()->id;
  }
  memory.restart = restart_.memory();
  memory.finished = state_.finished;
  return memory;
}

void InstanceSlot::on_stored() {
  state_.memory.on_stored();
  if (health_) health_->on_stored();
}

// What happened. ----------------------------------------------------------------------------------

/// When its process was started, at the latest: its first line can come before the runtime says
/// that it runs.
MonoTime InstanceSlot::started_at_latest(const ContainerId& container, MonoTime now) const {
  const bool was_asked = state_.start && state_.start->container == container;
  return was_asked ? state_.start->at : now;
}

void InstanceSlot::on_started(const ContainerId& container, const Turn& turn, Prng& prng) {
  Container* known = containers_.find(container);
  if (known == nullptr || known->state == ContainerState::kRunning) return;
  // One that had ended was started by somebody else; it serves unless it is being removed already.
  if (containers_.leaving().contains(container)) return;
  known->state = ContainerState::kRunning;
  known->exit.reset();
  state_.changed_in = turn.number;
  note_running(container, started_at_latest(container, turn.now), turn.now, prng);
}

void InstanceSlot::on_exited(const ContainerId& container, const ContainerExit& exit,
                             const Turn& turn, Prng& prng) {
  Container* known = containers_.find(container);
  if (known == nullptr || known->state == ContainerState::kExited) return;
  const bool was_serving = serving() == known;
  known->state = ContainerState::kExited;
  state_.changed_in = turn.number;
  if (!was_serving) return;
  const RestartRecord before = restart_;
  note_exit(container, exit, turn.now, prng);
  const bool is_complete = state_.finished && exit.code == 0;
  if (is_complete) return;
  if (may_be_of_runtime(exit)) return state_.memory.doubt(before, turn.now);
  ++state_.status.failures;
}

void InstanceSlot::on_runtime_lost(MonoTime now) {
  if (auto before = state_.memory.pardon(now)) restart_ = {settings_.restart, *std::move(before)};
}

void InstanceSlot::on_removed(const ContainerId& container, const Turn& turn, Prng& prng) {
  const Container* known = containers_.find(container);
  if (known == nullptr) return;
  const bool was_serving = serving() == known;
  containers_.erase(container);
  state_.changed_in = turn.number;
  if (was_serving) note_end(container, kVanished, turn.now, prng);
}

void InstanceSlot::on_paused(const ContainerId& container, bool is_paused, const Turn& turn) {
  Container* known = containers_.find(container);
  if (known == nullptr || known->state != ContainerState::kRunning) return;
  state_.changed_in = turn.number;
  set_paused(*known, is_paused, turn.now);
}

void InstanceSlot::set_paused(Container& container, bool is_paused, MonoTime now) {
  container.paused = is_paused;
  InstanceHealth* health = health_of(container.id);
  if (health != nullptr) health->set_obstacle(WatchObstacle::kContainerPaused, is_paused, now);
}

bool InstanceSlot::may_believe(const Listing& listing) const {
  return !listing.is_older_than(state_.changed_in) && !state_.operation;
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
    note_running(seen.id, started_at_latest(seen.id, now), now, prng);
  if (seen.state == ContainerState::kExited && was_serving) note_unseen_exit(seen, now, prng);
}

/// `known` is `seen`, of which nothing was known.
void InstanceSlot::note_new(Container& known, const Container& seen, const Turn& turn, Prng& prng) {
  state_.status.restarts = std::max(state_.status.restarts, seen.restarts);
  const bool was_ended = state_.memory.knew_end_of(seen.id);
  if (seen.state == ContainerState::kRunning) {
    // Its end was noted because it was to be stopped, which came to nothing.
    if (was_ended && !state_.finished) containers_.condemn(seen.id);
    if (serving() == &known) note_running(seen.id, started_at(seen, turn), turn.now, prng);
    set_paused(known, seen.paused, turn.now);
  }
  const bool was_serving = seen.state == ContainerState::kExited && containers_.all().size() == 1;
  if (was_serving) {
    state_.status.container = seen.id;
    if (!was_ended) note_unseen_exit(seen, turn.now, prng);
  }
}

void InstanceSlot::drop_unlisted(const std::set<ContainerId>& listed, MonoTime now, Prng& prng) {
  const Container* served = serving();
  const bool vanished = served != nullptr && !listed.contains(served->id);
  if (vanished) note_end(served->id, kVanished, now, prng);
  containers_.erase_all_but(listed);
}

void InstanceSlot::on_created(const CreateContainer& asked, const OperationDone& done,
                              const Turn& turn, Prng& prng) {
  end_operation(turn);
  if (!done.outcome) {
    const Error& error = done.outcome.error();
    // The previous container may be what fills the disk: its room is needed more than its log.
    if (error.code == ErrorCode::kExhausted) state_.status.container = ContainerId{};
    state_.status.cannot_start = true;
    return note_failure("its container cannot be created: " + error.message, turn.now, prng);
  }
  containers_.add({.id = done.container,
                   .instance = asked.instance.id,
                   .workload = asked.instance.workload,
                   .generation = asked.instance.generation,
                   .restarts = state_.status.restarts});
  state_.status.container = done.container;
}

void InstanceSlot::on_adopted(const OperationDone& done, const Turn& turn, Prng& prng) {
  end_operation(turn);
  if (!done.adopted) {
    state_.status.cannot_start = true;
    return note_failure("its container cannot be adopted: " + fault_of(done), turn.now, prng);
  }
  const Container& seen = *done.adopted;
  const auto [known, is_new] = containers_.add(seen);
  state_.status.container = seen.id;
  if (seen.state != ContainerState::kRunning) {
    if (!is_held()) containers_.reprieve(known);  // What does not run is started as it is.
    return;
  }
  if (is_new) note_new(known, seen, turn, prng);
  const bool is_first = state_.assigned && state_.status.restarts == 0;
  if (is_first && state_.assigned->spec.adopted && state_.assigned->spec.adopted->afresh)
    containers_.condemn(seen.id);
}

void InstanceSlot::on_recreated(const ContainerId& old, const OperationDone& done, const Turn& turn,
                                Prng& prng) {
  end_operation(turn);
  if (!done.adopted) {
    state_.status.cannot_start = true;
    // Gone: then one that has its name is adopted.
    if (!done.outcome && done.outcome.error().code == ErrorCode::kNotFound) containers_.erase(old);
    return note_failure("its container cannot be recreated: " + fault_of(done), turn.now, prng);
  }
  if (done.adopted->id != old) containers_.erase(old);
  Container& known = containers_.add(*done.adopted).first;
  state_.status.container = known.id;
  containers_.reprieve(known);
}

void InstanceSlot::on_start_done(const ContainerId& container, const Result<void>& outcome,
                                 const Turn& turn, Prng& prng) {
  end_operation(turn);
  Container* known = containers_.find(container);
  if (known == nullptr) return;
  if (outcome) {
    if (known->state != ContainerState::kCreated) return;
    known->state = ContainerState::kRunning;
    note_running(container, started_at_latest(container, turn.now), turn.now, prng);
    return;
  }
  if (known->state == ContainerState::kRunning) return;  // Its notice overtook the answer.
  std::string reason = "its container cannot be started: " + outcome.error().message;
  state_.status.cannot_start = true;
  // If this one was started after all, a fresh container would be the second: so this one is
  // started again, which a runtime treats as done if it runs.
  if (is_unsure(outcome.error()) && known->state == ContainerState::kCreated) {
    return note_failure(std::move(reason), turn.now, prng);
  }
  state_.status.container = ContainerId{};  // It has no log to keep, and may look unused.
  if (known->state == ContainerState::kExited) {
    state_.status.reason =
        std::move(reason);  // The runtime also gave notice of an exit: already counted.
    return;
  }
  known->state = ContainerState::kExited;  // A fresh one is created; this one is removed.
  note_failure(std::move(reason), turn.now, prng);
}

void InstanceSlot::on_cleared(const ContainerAction& asked, const Result<void>& outcome,
                              const Turn& turn) {
  state_.changed_in = turn.number;
  containers_.on_cleared(asked, outcome, turn.now);
  if (std::holds_alternative<StopContainer>(asked))
    state_.memory.note_stop(outcome ? std::string() : outcome.error().message);
}

// Status. -----------------------------------------------------------------------------------------

std::optional<InstanceStatus> InstanceSlot::reported_status() const {
  if (state_.status.state != InstanceState::kAssigned) return state_.status;
  if (state_.assigned || containers_.empty()) return std::nullopt;
  // A container that must be stopped is known, although nothing has been done about it yet.
  InstanceStatus status = state_.status;
  status.state = InstanceState::kStopping;
  status.container = containers_.all().begin()->first;
  return status;
}

std::optional<WorkloadName> InstanceSlot::workload() const {
  if (state_.assigned) return state_.assigned->workload;
  if (containers_.empty()) return std::nullopt;
  return containers_.all().begin()->second.workload;
}

void InstanceSlot::note_exit(const ContainerId& container, std::optional<ContainerExit> exit,
                             MonoTime now, Prng& prng) {
  if (containers_.has_adopted()) state_.left_alone_until = now + kLeftAlone;
  state_.status.last_exit = exit;
  state_.finished = state_.assigned && is_final(state_.assigned->spec.restart, exit);
  state_.memory.note_end(container, state_.finished, now);
  if (!state_.finished) ++state_.status.restarts;
  note_failure(exit ? describe(*exit) : "it ended, and the runtime does not report how", now, prng);
}

/// It ended while the agent, the runtime or the machine was away: maybe with them.
void InstanceSlot::note_unseen_exit(const Container& seen, MonoTime now, Prng& prng) {
  RestartRecord before = restart_;
  note_exit(seen.id, seen.exit, now, prng);
  if (!seen.exit || !may_be_of_runtime(*seen.exit)) return;
  before.on_ended_with_runtime(now);
  restart_ = before;
}

void InstanceSlot::note_end(const ContainerId& container, std::string reason, MonoTime now,
                            Prng& prng) {
  state_.memory.note_end(container, false, now);
  ++state_.status.restarts;
  note_failure(std::move(reason), now, prng);
}

void InstanceSlot::note_failure(std::string reason, MonoTime now, Prng& prng) {
  if (health_) health_->on_stopped(now);
  state_.status.reason = std::move(reason);
  restart_.on_stopped(now, prng);
}

/// Of any state in which no container of it runs.
void InstanceSlot::transition_to(InstanceState state, std::string reason) {
  state_.status.state = state;
  state_.status.reason = std::move(reason);
  state_.status.health = Health::kUnknown;
  state_.status.health_reason.clear();
  state_.status.must_be_replaced = false;
}

void InstanceSlot::transition_to_waiting() {
  transition_to(restart_.in_crash_loop() ? InstanceState::kCrashLoop : InstanceState::kBackoff,
                std::move(state_.status.reason));
}

void InstanceSlot::transition_to_finished(MonoTime now) {
  if (!state_.memory.may_report_end(now)) return;
  const std::optional<ContainerExit>& exit = state_.status.last_exit;
  const bool is_complete = exit && exit->code == 0;
  transition_to(is_complete ? InstanceState::kCompleted : InstanceState::kFailed,
                std::move(state_.status.reason));
}

// Health. -----------------------------------------------------------------------------------------

/// `started_at`: when it was started or, if that is not known, created. The same container can run
/// again: its log is read and its address asked anew.
void InstanceSlot::note_running(const ContainerId& container, MonoTime started_at, MonoTime now,
                                Prng& prng) {
  state_.memory.note_run(container);
  const bool runs_on = state_.memory.knew_run_of(container);
  if (!runs_on || !restart_.save().running_since) restart_.on_started(now);
  if (!state_.assigned) return;
  if (!health_) {
    const InstanceMemory known =
        std::exchange(state_.memory.recalled, std::nullopt).value_or(InstanceMemory{});
    health_.emplace(state_.assigned->spec, known, now, prng);
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
  if (container.paused) return transition_to(InstanceState::kPaused, "it was paused");
  transition_to(InstanceState::kRunning);
  state_.status.cannot_start = false;
  state_.status.health = verdict.health;
  state_.status.health_reason = verdict.reason;
  state_.status.must_be_replaced = verdict.must_be_replaced;
  if (verdict.restart.empty()) return;
  containers_.condemn(container.id);
  ++state_.status.failures;
  note_end(container.id, "it was restarted: " + verdict.restart, now, prng);
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
  if (auto stop = state_.memory.take_unstoppable()) noticed.push_back(*std::move(stop));
  return noticed;
}

void InstanceSlot::check_invariants() const {
  containers_.check_invariants();
  HEARTH_CHECK(!state_.operation || state_.status.state == InstanceState::kStarting ||
               state_.status.state == InstanceState::kStopping);
}

}  // namespace hearth::core
