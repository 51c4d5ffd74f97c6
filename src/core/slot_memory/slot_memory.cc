#include "core/slot_memory/slot_memory.h"

#include "core/timed/timed_part.h"
#include "model/exit_words.h"

namespace hearth::core {

bool may_be_of_runtime(const ContainerExit& exit) {
  constexpr int kKilled = 128 + 9;
  constexpr int kTerminated = 128 + 15;
  return exit.out_of_memory == OutOfMemory::kNo &&
         (exit.code == kKilled || exit.code == kTerminated);
}

void SlotMemory::recall(InstanceMemory known, InstanceStatus& status) {
  status.last_exit = known.last_exit;
  status.restarts = known.restarts;
  status.failures = known.failures;
  if (known.finished && known.last_exit) status.reason = describe(*known.last_exit);
  ended = known.ended;
  is_to_stop = known.is_to_stop;
  recalled = std::move(known);
}

InstanceMemory SlotMemory::take(const InstanceStatus& status) {
  unsaved = Unsaved::kNothing;
  is_end_taken = end_due.has_value();
  InstanceMemory memory = recalled.value_or(InstanceMemory{});
  memory.ended = ended;
  memory.is_to_stop = is_to_stop;
  memory.last_exit = status.last_exit;
  memory.restarts = status.restarts;
  memory.failures = status.failures;
  return memory;
}

void SlotMemory::note_end(const ContainerId& container, bool is_final, MonoTime now) {
  ended = container;
  is_to_stop = false;
  note_unsaved(Unsaved::kDecision);
  end_due = is_final ? std::optional(now + kDecisionWait) : std::nullopt;
  is_end_taken = false;
}

void SlotMemory::note_stop(const ContainerId& container, MonoTime now) {
  note_end(container, false, now);
  is_to_stop = true;
}

void SlotMemory::note_run(const ContainerId& container) {
  if (ended != container) return;
  ended = {};
  is_to_stop = false;
  note_unsaved(Unsaved::kProgress);
}

bool SlotMemory::knew_end_of(const ContainerId& container) const {
  return recalled && recalled->ended == container;
}

bool SlotMemory::was_stopping(const ContainerId& container) const {
  return recalled && recalled->ended == container && recalled->is_to_stop;
}

bool SlotMemory::knew_run_of(const ContainerId& container) const {
  return recalled && recalled->container == container;
}

void SlotMemory::doubt(const RestartRecord& record, MonoTime now) {
  if (!doubtful) doubtful = DoubtfulEnds{.since = now, .record = record.save()};
  ++doubtful->failures;
}

std::uint32_t SlotMemory::settle_failures(MonoTime now) {
  if (!doubtful || now < doubtful->since + DoubtfulEnds::kRuntimeEndMax) return 0;
  const std::uint32_t failures = doubtful->failures;
  doubtful.reset();
  return failures;
}

std::optional<RestartRecord::State> SlotMemory::pardon(MonoTime now) {
  if (!doubtful || now >= doubtful->since + DoubtfulEnds::kRuntimeEndMax) return std::nullopt;
  RestartRecord::State record = std::move(doubtful->record);
  doubtful.reset();
  note_unsaved(Unsaved::kDecision);
  record.running_since.reset();
  return record;
}

bool SlotMemory::may_report_end(MonoTime now) {
  if (end_due && now >= *end_due) end_due.reset();
  return !end_due;
}

void SlotMemory::on_stored() {
  if (std::exchange(is_end_taken, false)) end_due.reset();
}

std::optional<MonoTime> SlotMemory::next_deadline() const {
  if (!doubtful) return end_due;
  return earlier(end_due, doubtful->since + DoubtfulEnds::kRuntimeEndMax);
}

}  // namespace hearth::core
