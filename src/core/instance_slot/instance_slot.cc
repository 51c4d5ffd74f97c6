#include "core/instance_slot/instance_slot.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"
#include "model/exit_words.h"

namespace hearth::core {
namespace {

constexpr const char* kVanished = "its container vanished";

/// At the latest: a container is started after it was created.
MonoTime started_at(const Container& seen, const Turn& turn) {
  if (!seen.created_at) return turn.now;
  const Duration age = turn.wall - *seen.created_at;
  return turn.now - std::clamp(age, Duration(0), turn.now - MonoTime{});
}

/// Whether the runtime may have done what it was asked: no answer came.
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

InstanceSlot::InstanceSlot(const SlotSettings& settings)
    : settings_(settings), restart_(settings.restart) {}

InstanceSlot::InstanceSlot(const SlotSettings& settings, State state)
    : settings_(settings),
      state_(std::move(state)),
      restart_(settings.restart, std::exchange(state_.restart, {})) {
  if (std::optional<InstanceHealth::State> health = std::exchange(state_.health, {})) {
    HEARTH_CHECK(state_.assigned);
    health_.emplace(state_.assigned->spec, *std::move(health));
  }
}

InstanceSlot::State InstanceSlot::save() const {
  State state = state_;
  state.restart = restart_.save();
  if (health_) state.health = health_->save();
  return state;
}

// What to do. -------------------------------------------------------------------------------------

std::vector<ContainerAction> InstanceSlot::tend(const Turn& turn, const ReadinessOf& readiness_of,
                                                OperationIds& ids, Prng& prng) {
  std::vector<ContainerAction> actions;
  if (!state_.assigned) {
    transition_to(InstanceState::kStopping);
    // A container that is being made would escape: its creation is awaited first.
    if (!state_.operation) clear_out(ContainerId{}, turn, ids, actions);
  } else {
    if (!state_.operation) tend_assigned(*state_.assigned, turn, readiness_of, ids, prng, actions);
    // The old container is removed after the new one was created: an exit must cost no more than a
    // start, and until then its log can be read.
    const Container* keep = serving();
    clear_out(keep == nullptr ? state_.status.container : keep->id, turn, ids, actions);
  }
  if (!actions.empty()) state_.changed_in = turn.number;
  return actions;
}

void InstanceSlot::tend_assigned(const AssignedInstance& instance, const Turn& turn,
                                 const ReadinessOf& readiness_of, OperationIds& ids, Prng& prng,
                                 std::vector<ContainerAction>& actions) {
  if (const Container* running = serving(); running != nullptr) judge(*running, turn, prng);
  const Container* container = serving();
  const bool runs = container != nullptr && container->state == ContainerState::kRunning;
  // Assigned again while its container is being stopped: two would run until that is done.
  if (!runs && is_being_stopped())
    return transition_to(InstanceState::kStarting, "its previous container is still being stopped");
  if (container != nullptr) {
    state_.status.container = container->id;
    return start_or_wait(instance.desired_state, *container, turn, ids, actions);
  }
  if (state_.finished) return transition_to_finished();
  if (turn.now < restart_.next_start()) return transition_to_waiting();
  const ImageReadiness image = readiness_of(instance.image);
  if (!image.is_there) {
    state_.status.cannot_start = !image.reason.empty();
    return transition_to(InstanceState::kFetching, image.reason);
  }
  transition_to(InstanceState::kStarting, state_.status.reason);
  const OperationId id = ids.next();
  state_.operation = id;
  actions.emplace_back(CreateContainer{id, instance, state_.status.restarts});
}

/// Whether a running container is being stopped.
bool InstanceSlot::is_being_stopped() const {
  return std::any_of(state_.containers.begin(), state_.containers.end(), [this](const auto& entry) {
    return entry.second.state == ContainerState::kRunning && state_.leaving.contains(entry.first);
  });
}

void InstanceSlot::start_or_wait(DesiredState desired_state, const Container& container,
                                 const Turn& turn, OperationIds& ids,
                                 std::vector<ContainerAction>& actions) {
  if (container.state == ContainerState::kRunning) return;  // judge() has set the state.
  if (desired_state == DesiredState::kStage) return transition_to(InstanceState::kStaged);
  if (turn.now < restart_.next_start()) return transition_to_waiting();
  transition_to(InstanceState::kStarting);
  const OperationId id = ids.next();
  state_.operation = id;
  actions.emplace_back(StartContainer{id, container.id});
}

void InstanceSlot::clear_out(const ContainerId& keep, const Turn& turn, OperationIds& ids,
                             std::vector<ContainerAction>& actions) {
  if (turn.now < state_.next_clearing) return;
  for (const auto& [id, container] : state_.containers) {
    const bool is_kept = id == keep && !state_.condemned.contains(id);
    if (is_kept || !state_.leaving.insert(id).second) continue;
    if (container.state == ContainerState::kRunning) {
      const StopSpec stop = state_.stop.value_or(StopSpec{.grace = settings_.stop_grace});
      actions.emplace_back(StopContainer{ids.next(), id, stop.grace, stop.pre_stop});
    } else {
      actions.emplace_back(RemoveContainer{ids.next(), id});
    }
  }
}

const Container* InstanceSlot::serving() const {
  const Container* best = nullptr;
  for (const auto& [id, container] : state_.containers) {
    if (!state_.assigned || container.generation != state_.assigned->generation) continue;
    if (state_.leaving.contains(id) || container.state == ContainerState::kExited) continue;
    if (state_.condemned.contains(id)) continue;
    if (best == nullptr || usefulness(container.state) > usefulness(best->state)) best = &container;
  }
  return best;
}

bool InstanceSlot::is_empty() const {
  return !state_.assigned && state_.containers.empty() && !state_.operation;
}

std::optional<MonoTime> InstanceSlot::next_deadline(MonoTime now) const {
  std::optional<MonoTime> next;
  for (const MonoTime deadline : {restart_.next_start(), state_.next_clearing}) {
    if (deadline > now) next = earlier(next, deadline);
  }
  const Container* running = judged();
  if (running == nullptr || !health_) return next;
  const bool is_inspection_awaited =
      state_.inspected != running->id && state_.next_inspection > now;
  if (is_inspection_awaited) next = earlier(next, state_.next_inspection);
  return earlier(next, health_->next_deadline(now));
}

// What happened. ----------------------------------------------------------------------------------

Container* InstanceSlot::find(const ContainerId& container) {
  const auto found = state_.containers.find(container);
  return found == state_.containers.end() ? nullptr : &found->second;
}

void InstanceSlot::on_started(const ContainerId& container, const Turn& turn, Prng& prng) {
  Container* known = find(container);
  if (known == nullptr || known->state != ContainerState::kCreated) return;
  known->state = ContainerState::kRunning;
  state_.changed_in = turn.number;
  note_running(turn.now, turn.now, prng);
}

void InstanceSlot::on_exited(const ContainerId& container, const ContainerExit& exit,
                             const Turn& turn, Prng& prng) {
  Container* known = find(container);
  if (known == nullptr || known->state == ContainerState::kExited) return;
  const bool was_serving = serving() == known;
  known->state = ContainerState::kExited;
  state_.changed_in = turn.number;
  if (!was_serving) return;
  note_exit(exit, turn.now, prng);
  const bool is_complete = state_.finished && exit.code == 0;
  if (!is_complete) ++state_.status.failures;
}

void InstanceSlot::on_removed(const ContainerId& container, const Turn& turn, Prng& prng) {
  const Container* known = find(container);
  if (known == nullptr) return;
  const bool was_serving = serving() == known;
  state_.containers.erase(container);
  state_.condemned.erase(container);
  state_.changed_in = turn.number;
  if (was_serving) note_end(kVanished, turn.now, prng);
}

void InstanceSlot::on_paused(const ContainerId& container, bool is_paused, const Turn& turn) {
  Container* known = find(container);
  if (known == nullptr || known->state != ContainerState::kRunning) return;
  state_.changed_in = turn.number;
  set_paused(*known, is_paused, turn.now);
}

void InstanceSlot::set_paused(Container& container, bool is_paused, MonoTime now) {
  container.paused = is_paused;
  InstanceHealth* health = health_of(container.id);
  if (health == nullptr) return;
  if (is_paused) {
    health->on_obstacle(WatchObstacle::kContainerPaused, now);
  } else {
    health->on_cleared(WatchObstacle::kContainerPaused, now);
  }
}

bool InstanceSlot::may_believe(const Listing& listing) const {
  return !listing.is_older_than(state_.changed_in) && !state_.operation;
}

void InstanceSlot::on_listed(const Container& seen, const Turn& turn, Prng& prng) {
  const MonoTime now = turn.now;
  const auto [entry, is_new] = state_.containers.try_emplace(seen.id, seen);
  Container& known = entry->second;
  if (is_new) {
    state_.status.restarts = std::max(state_.status.restarts, seen.restarts);
    if (seen.state == ContainerState::kRunning) {
      note_running(started_at(seen, turn), now, prng);
      set_paused(known, seen.paused, now);
    }
    const bool was_serving = seen.state == ContainerState::kExited && state_.containers.size() == 1;
    if (was_serving) {
      state_.status.container = seen.id;
      note_exit(seen.exit, now, prng);
    }
    return;
  }
  if (state_.leaving.contains(seen.id)) return;
  if (known.state == seen.state) return set_paused(known, seen.paused, now);
  const bool was_serving = serving() == &known;
  known.state = seen.state;
  if (seen.state == ContainerState::kRunning) note_running(now, now, prng);
  if (seen.state == ContainerState::kExited && was_serving) note_exit(seen.exit, now, prng);
}

void InstanceSlot::drop_unlisted(const std::set<ContainerId>& listed, MonoTime now, Prng& prng) {
  const Container* served = serving();
  const bool vanished = served != nullptr && !listed.contains(served->id);
  std::erase_if(state_.containers,
                [&](const auto& entry) { return !listed.contains(entry.first); });
  std::erase_if(state_.condemned,
                [&](const ContainerId& container) { return !listed.contains(container); });
  if (vanished) note_end(kVanished, now, prng);
}

void InstanceSlot::on_created(const CreateContainer& asked, const OperationDone& done,
                              const Turn& turn, Prng& prng) {
  state_.changed_in = turn.number;
  state_.operation.reset();
  if (!done.outcome) {
    const Error& error = done.outcome.error();
    // The previous container may be what fills the disk: its room is needed more than its log.
    if (error.code == ErrorCode::kExhausted) state_.status.container = ContainerId{};
    state_.status.cannot_start = true;
    return note_failure("its container cannot be created: " + error.message, turn.now, prng);
  }
  state_.containers.try_emplace(done.container, Container{.id = done.container,
                                                          .instance = asked.instance.id,
                                                          .workload = asked.instance.workload,
                                                          .generation = asked.instance.generation,
                                                          .restarts = state_.status.restarts});
  state_.status.container = done.container;
}

void InstanceSlot::on_start_done(const ContainerId& container, const Result<void>& outcome,
                                 const Turn& turn, Prng& prng) {
  state_.changed_in = turn.number;
  state_.operation.reset();
  Container* known = find(container);
  if (known == nullptr) return;
  if (outcome) {
    if (known->state != ContainerState::kCreated) return;
    known->state = ContainerState::kRunning;
    note_running(turn.now, turn.now, prng);
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

void InstanceSlot::on_stop_done(const ContainerId& container, const Result<void>& outcome,
                                const Turn& turn) {
  state_.changed_in = turn.number;
  state_.leaving.erase(container);
  if (!outcome) {
    state_.next_clearing = turn.now + kClearingRetry;
  } else if (Container* known = find(container)) {
    known->state = ContainerState::kExited;  // The next round removes it.
  }
}

void InstanceSlot::on_remove_done(const ContainerId& container, const Result<void>& outcome,
                                  const Turn& turn) {
  state_.changed_in = turn.number;
  state_.leaving.erase(container);
  if (!outcome) {
    state_.next_clearing = turn.now + kClearingRetry;
  } else {
    state_.containers.erase(container);
    state_.condemned.erase(container);
  }
}

// Status. -----------------------------------------------------------------------------------------

std::optional<InstanceStatus> InstanceSlot::reported_status() const {
  if (state_.status.state != InstanceState::kAssigned) return state_.status;
  if (state_.assigned || state_.containers.empty()) return std::nullopt;
  // A container that must be stopped is known, although nothing has been done about it yet.
  InstanceStatus status = state_.status;
  status.state = InstanceState::kStopping;
  status.container = state_.containers.begin()->first;
  return status;
}

std::optional<WorkloadName> InstanceSlot::workload() const {
  if (state_.assigned) return state_.assigned->workload;
  if (state_.containers.empty()) return std::nullopt;
  return state_.containers.begin()->second.workload;
}

void InstanceSlot::note_exit(std::optional<ContainerExit> exit, MonoTime now, Prng& prng) {
  state_.status.last_exit = exit;
  state_.finished = is_final(exit);
  if (!state_.finished) ++state_.status.restarts;
  note_failure(exit ? describe(*exit) : "it ended, and the runtime does not report how", now, prng);
}

void InstanceSlot::note_end(std::string reason, MonoTime now, Prng& prng) {
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

void InstanceSlot::transition_to_finished() {
  const std::optional<ContainerExit>& exit = state_.status.last_exit;
  const bool is_complete = exit && exit->code == 0;
  transition_to(is_complete ? InstanceState::kCompleted : InstanceState::kFailed,
                std::move(state_.status.reason));
}

/// Whether an instance that ended like this is left as it is.
bool InstanceSlot::is_final(const std::optional<ContainerExit>& exit) const {
  if (!state_.assigned) return false;
  switch (state_.assigned->spec.restart) {
    case RestartPolicy::kAlways: return false;
    case RestartPolicy::kOnFailure: return exit && exit->code == 0;
    case RestartPolicy::kNever: return true;
  }
  HEARTH_CHECK(false);
}

// Health. -----------------------------------------------------------------------------------------

/// `started_at`: when it was started or, if that is not known, created.
void InstanceSlot::note_running(MonoTime started_at, MonoTime now, Prng& prng) {
  restart_.on_started(now);
  if (!state_.assigned) return;
  if (!health_) health_.emplace(state_.assigned->spec, now);
  health_->on_started(started_at, now, prng);
  state_.next_inspection = now;
}

/// Sets the state of an instance whose container runs, and condemns one that must be restarted.
void InstanceSlot::judge(const Container& container, const Turn& turn, Prng& prng) {
  if (container.state != ContainerState::kRunning) return;
  const MonoTime now = turn.now;
  if (!health_ || !health_->is_watching())  // It was not assigned when it was seen to run.
    note_running(started_at(container, turn), now, prng);
  HEARTH_CHECK(health_);
  const HealthVerdict verdict = health_->tend(now, prng);
  if (container.paused) return transition_to(InstanceState::kPaused, "it was paused");
  transition_to(InstanceState::kRunning);
  state_.status.cannot_start = false;
  state_.status.health = verdict.health;
  state_.status.health_reason = verdict.reason;
  state_.status.must_be_replaced = verdict.must_be_replaced;
  if (verdict.restart.empty()) return;
  state_.condemned.insert(container.id);
  ++state_.status.failures;
  note_end("it was restarted: " + verdict.restart, now, prng);
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

void InstanceSlot::on(const LogRead& event, MonoTime now) {
  if (InstanceHealth* health = health_of(event.container)) health->on_lines(event.lines, now);
}

void InstanceSlot::on(const LogSkipped& event, MonoTime now) {
  if (InstanceHealth* health = health_of(event.container)) health->on_skipped(event.gap, now);
}

void InstanceSlot::on(const LogReaderChanged& event, MonoTime now) {
  InstanceHealth* health = health_of(event.container);
  if (health == nullptr) return;
  if (event.reading == LogReading::kUnreadable) {
    health->on_unreadable(event.reason, now);
  } else {
    health->on_reading(event.reading, now);
  }
}

void InstanceSlot::on_runtime_usable(bool is_usable, MonoTime now) {
  if (!health_) return;
  if (is_usable) {
    health_->on_cleared(WatchObstacle::kRuntimeHangs, now);
  } else {
    health_->on_obstacle(WatchObstacle::kRuntimeHangs, now);
  }
}

void InstanceSlot::on(const HealthcheckReported& event, MonoTime now) {
  InstanceHealth* health = health_of(event.container);
  if (health == nullptr) return;
  if (event.by == HealthcheckReported::By::kInspection) state_.inspected = event.container;
  health->on_healthcheck(event.health, event.output, now);
}

void InstanceSlot::on(const CheckDone& event, MonoTime now) {
  if (InstanceHealth* health = health_of(event.container)) health->on_answer(event.answer, now);
}

void InstanceSlot::on(const UsageSampled& event, MonoTime now) {
  if (InstanceHealth* health = health_of(event.container)) health->on_usage(event.usage, now);
}

std::vector<WatchAction> InstanceSlot::take_watches(MonoTime now) {
  std::vector<WatchAction> watches;
  const Container* served = judged();
  if (served == nullptr || !health_ || !state_.assigned) return watches;
  const AssignedInstance& instance = *state_.assigned;
  const std::vector<LogRule>& rules = instance.spec.log_rules;
  if (!rules.empty() && state_.followed != served->id) {
    state_.followed = served->id;
    watches.emplace_back(FollowLog{served->id, instance.id, rules});
  }
  if (state_.inspected != served->id && now >= state_.next_inspection) {
    state_.next_inspection = now + kInspectionRetry;
    watches.emplace_back(InspectContainer{served->id, instance.id});
  }
  for (DueCheck& due : health_->take_checks()) {
    watches.emplace_back(
        RunCheck{served->id, instance.id, instance.spec.container.network, std::move(due)});
  }
  return watches;
}

std::vector<std::string> InstanceSlot::take_noticed() {
  return health_ ? health_->take_noticed() : std::vector<std::string>{};
}

void InstanceSlot::check_invariants() const {
  for (const auto& [id, container] : state_.containers) HEARTH_CHECK(container.id == id);
  HEARTH_CHECK(!state_.operation || state_.status.state == InstanceState::kStarting ||
               state_.status.state == InstanceState::kStopping);
}

}  // namespace hearth::core
