#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/time.h"
#include "core/memory_keeper/memory_keeper.h"
#include "core/restart/restart_record.h"
#include "model/instance.h"
#include "model/watch_memory.h"

namespace hearth::core {

/// Ends by a signal, of which the end of the runtime itself may be the cause. Then its notices
/// cease soon after, and the ends say nothing of the instance.
struct DoubtfulEnds {
  /// A runtime that is stopped, or whose machine shuts down, ends its containers first: dockerd
  /// gives them 10 s, and itself 15 s.
  static constexpr Duration kRuntimeEndMax = std::chrono::seconds(15);

  MonoTime since{};             ///< The first of them.
  RestartRecord::State record;  ///< As it was before.
  std::uint32_t failures = 0;   ///< Of the instance, unless the runtime ended.
  bool operator==(const DoubtfulEnds&) const = default;
};

/// What one slot (core/instance_slot) remembers over a start of the agent: what it was, what of it
/// is stored, and which ends are not judged yet. A plain value, a part of what the slot saves.
struct SlotMemory {
  /// From before the agent's start, until a container of it is seen to run.
  std::optional<InstanceMemory> recalled;
  ContainerId ended;                ///< The last container whose end was noted.
  bool is_to_stop = false;          ///< `ended` still ran when that was decided.
  std::optional<MonoTime> end_due;  ///< It ended for good: how long that waits to be stored.
  bool is_end_taken = false;        ///< That is being stored.
  Unsaved unsaved = Unsaved::kNothing;
  std::optional<DoubtfulEnds> doubtful;
  bool operator==(const SlotMemory&) const = default;

  /// Sets the status of before the agent's start.
  void recall(InstanceMemory known, InstanceStatus& status);
  /// What of it goes into the memory that is stored now. Nothing else of that is lost but what is
  /// known of a container that runs.
  InstanceMemory take(const InstanceStatus& status);

  void note_unsaved(Unsaved what) { unsaved = std::max(unsaved, what); }
  /// The end of this container was noted; `is_final`: no other is started.
  void note_end(const ContainerId& container, bool is_final, MonoTime now);
  /// The end of this container was decided, and it is still to be stopped.
  void note_stop(const ContainerId& container, MonoTime now);
  /// This container runs, maybe again.
  void note_run(const ContainerId& container);
  /// Whether it was noted before the agent's start.
  bool knew_end_of(const ContainerId& container) const;
  /// Whether it was decided before the agent's start, and nobody saw it happen. One that was seen
  /// to end and runs was started again since: by somebody, or as an adopted one.
  bool was_stopping(const ContainerId& container) const;
  /// Whether it is the container that ran before the agent's start.
  bool knew_run_of(const ContainerId& container) const;

  /// A failure of the instance, unless the runtime turns out to be ending. `record`: as before it.
  void doubt(const RestartRecord& record, MonoTime now);
  /// The failures that are no longer in doubt.
  std::uint32_t settle_failures(MonoTime now);
  /// The runtime ended: the record as it was before it began to; nullopt: it says what it said.
  std::optional<RestartRecord::State> pardon(MonoTime now);

  /// Whether an end for good may be reported.
  bool may_report_end(MonoTime now);
  void on_stored();
  std::optional<MonoTime> next_deadline() const;
};

/// Whether an exit like this may be the doing of a runtime that ends: SIGTERM, or SIGKILL for
/// another reason than memory.
bool may_be_of_runtime(const ContainerExit& exit);

}  // namespace hearth::core
