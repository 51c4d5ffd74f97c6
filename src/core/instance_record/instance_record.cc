#include "core/instance_record/instance_record.h"

#include <algorithm>
#include <utility>

#include "core/timed/timed_part.h"
#include "model/exit_words.h"

namespace hearth::core {

InstanceRecord::InstanceRecord(const RestartSettings& settings)
    : settings_(settings), restart_(settings) {}

InstanceRecord::InstanceRecord(const RestartSettings& settings, State state)
    : settings_(settings),
      state_(std::move(state)),
      restart_(settings, std::exchange(state_.restart, {})) {}

InstanceRecord::State InstanceRecord::save() const {
  State state = state_;
  state.restart = restart_.save();
  return state;
}

std::optional<MonoTime> InstanceRecord::next_deadline(MonoTime now) const {
  std::optional<MonoTime> next;
  for (const MonoTime deadline :
       {restart_.next_start(), state_.memory.next_deadline().value_or(now)}) {
    if (deadline > now) next = earlier(next, deadline);
  }
  return next;
}

// What outlasts the agent. ------------------------------------------------------------------------

void InstanceRecord::recall(InstanceMemory known) {
  restart_ = RestartRecord(settings_, known.restart);
  state_.finished = known.finished;
  state_.memory.recall(std::move(known), state_.status);
}

void InstanceRecord::on_assigned(Generation generation) {
  // An id names another instance only if the manager's store was lost.
  const std::optional<InstanceMemory>& recalled = state_.memory.recalled;
  if (!recalled || recalled->generation == generation) return;
  restart_ = RestartRecord(settings_);
  state_.finished = false;
  state_.memory = {};
}

InstanceMemory InstanceRecord::take_recalled() {
  return std::exchange(state_.memory.recalled, std::nullopt).value_or(InstanceMemory{});
}

InstanceMemory InstanceRecord::take_memory() {
  InstanceMemory memory = state_.memory.take(state_.status);
  memory.restart = restart_.memory();
  memory.finished = state_.finished;
  return memory;
}

// What happened. ----------------------------------------------------------------------------------

void InstanceRecord::on_restarts_seen(std::uint32_t restarts) {
  state_.status.restarts = std::max(state_.status.restarts, restarts);
}

bool InstanceRecord::on_running(const ContainerId& container, MonoTime now) {
  state_.memory.note_run(container);
  const bool runs_on = state_.memory.knew_run_of(container);
  if (!runs_on || !restart_.save().running_since) restart_.on_started(now);
  return runs_on;
}

void InstanceRecord::on_exited(const ContainerId& container, const ContainerExit& exit,
                               std::optional<RestartPolicy> policy, MonoTime now, Prng& prng) {
  const RestartRecord before = restart_;
  note_exit(container, exit, policy, now, prng);
  const bool is_complete = state_.finished && exit.code == 0;
  if (is_complete) return;
  if (may_be_of_runtime(exit)) return state_.memory.doubt(before, now);
  note_failure(container);
}

void InstanceRecord::on_unseen_exit(const ContainerId& container,
                                    const std::optional<ContainerExit>& exit,
                                    std::optional<RestartPolicy> policy, MonoTime now, Prng& prng) {
  RestartRecord before = restart_;
  note_exit(container, exit, policy, now, prng);
  if (!exit || !may_be_of_runtime(*exit)) return;
  before.on_ended_with_runtime(now);
  restart_ = std::move(before);
}

void InstanceRecord::on_vanished(const ContainerId& container, MonoTime now, Prng& prng) {
  state_.memory.note_end(container, false, now);
  note_end("its container vanished", now, prng);
}

void InstanceRecord::on_restarted(const ContainerId& container, const std::string& why,
                                  MonoTime now, Prng& prng) {
  note_failure(container);
  state_.status.last_exit.reset();  // That was of another container.
  state_.memory.note_stop(container, now);
  note_end("it was restarted: " + why, now, prng);
}

void InstanceRecord::on_start_failed(std::string reason, MonoTime now, Prng& prng) {
  state_.status.cannot_start = true;
  note_stop(std::move(reason), now, prng);
}

void InstanceRecord::on_start_unanswered(std::string reason, MonoTime now, Prng& prng) {
  note_stop(std::move(reason), now, prng);
}

void InstanceRecord::note_cannot_start(std::string reason) {
  state_.status.cannot_start = true;
  state_.status.reason = std::move(reason);
}

void InstanceRecord::on_runtime_lost(MonoTime now) {
  if (auto before = state_.memory.pardon(now)) restart_ = {settings_, *std::move(before)};
}

void InstanceRecord::note_failure(const ContainerId& container) {
  ++state_.status.failures;
  state_.status.failed_container = container;
}

void InstanceRecord::note_exit(const ContainerId& container,
                               const std::optional<ContainerExit>& exit,
                               std::optional<RestartPolicy> policy, MonoTime now, Prng& prng) {
  state_.status.last_exit = exit;
  state_.finished = policy && is_final(*policy, exit);
  state_.memory.note_end(container, state_.finished, now);
  if (!state_.finished) ++state_.status.restarts;
  note_stop(exit ? describe(*exit) : "it ended, and the runtime does not report how", now, prng);
}

void InstanceRecord::note_end(std::string reason, MonoTime now, Prng& prng) {
  ++state_.status.restarts;
  note_stop(std::move(reason), now, prng);
}

void InstanceRecord::note_stop(std::string reason, MonoTime now, Prng& prng) {
  state_.status.reason = std::move(reason);
  restart_.on_stopped(now, prng);
}

void InstanceRecord::settle(MonoTime now) {
  const std::uint32_t failures = state_.memory.settle_failures(now);
  if (failures == 0) return;
  state_.status.failures += failures;
  state_.status.failed_container = state_.memory.ended;
}

// Transitions. ------------------------------------------------------------------------------------

void InstanceRecord::transition_to(InstanceState state, std::string reason) {
  state_.status.state = state;
  state_.status.reason = std::move(reason);
  state_.status.health = Health::kUnknown;
  state_.status.health_reason.clear();
  state_.status.must_be_replaced = false;
}

void InstanceRecord::transition_to_starting() {
  transition_to(InstanceState::kStarting, std::move(state_.status.reason));
}

void InstanceRecord::transition_to_awaiting(InstanceState state, const std::string& obstacle,
                                            const std::string& otherwise) {
  state_.status.cannot_start = !obstacle.empty();
  transition_to(state, obstacle.empty() ? otherwise : obstacle);
}

void InstanceRecord::transition_to_waiting() {
  transition_to(restart_.in_crash_loop() ? InstanceState::kCrashLoop : InstanceState::kBackoff,
                std::move(state_.status.reason));
}

void InstanceRecord::transition_to_finished(MonoTime now) {
  if (!state_.memory.may_report_end(now)) return;
  const std::optional<ContainerExit>& exit = state_.status.last_exit;
  const bool is_complete = exit && exit->code == 0;
  transition_to(is_complete ? InstanceState::kCompleted : InstanceState::kFailed,
                std::move(state_.status.reason));
}

void InstanceRecord::transition_to_running(const HealthVerdict& verdict) {
  transition_to(InstanceState::kRunning);
  state_.status.cannot_start = false;
  state_.status.health = verdict.health;
  state_.status.health_reason = verdict.reason;
  state_.status.must_be_replaced = verdict.must_be_replaced;
}

}  // namespace hearth::core
