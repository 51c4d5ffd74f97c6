#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/manager/manager.h"
#include "model/command.h"
#include "model/event.h"
#include "ports/completion.h"
#include "ports/notifier.h"
#include "ports/store.h"

namespace hearth {

/// What the manager's shell has counted since its start, for metrics.
struct ManagerShellCounters {
  std::uint64_t payloads_rejected = 0;  ///< Malformed messages on our topics.
  std::uint64_t inbox_overflows = 0;    ///< Heartbeats dropped or cut because the inbox was full.
  std::uint64_t heartbeats_superseded = 0;  ///< Replaced by newer ones before they were handled.
  std::uint64_t commits = 0;
  std::uint64_t commits_failed = 0;
  StoreCondition store;  ///< As of the last commit.
  std::uint64_t publish_failures = 0;
  std::uint64_t statuses_of_others = 0;  ///< Another node's agent answered for a node.
  std::uint64_t topics_missing = 0;      ///< Times that one of our topics was found missing.
  std::uint64_t events_published = 0;
};

/// The manager as seen by its HTTP API. All calls and callbacks on the loop.
class ManagerService {
 public:
  virtual ~ManagerService() = default;
  /// The core, to read from. Valid until the handler suspends.
  virtual const core::Manager& manager() const = 0;
  virtual Instant now() const = 0;
  /// Executes a command; `done` is called once it is decided and durable. kExhausted when too many
  /// are waiting; kUnavailable when the store fails, also if it starts to fail while the command
  /// waits: then the command might still be executed.
  virtual void submit(Command command, Completion<core::CommandResult> done) = 0;
  /// Cluster events after `seq`, in order, `count_max` at most.
  virtual void events_after(std::uint64_t seq, std::size_t count_max,
                            Completion<std::vector<ClusterEvent>> done) = 0;
  /// As much of the history of a workload as is kept.
  virtual void history_of(const WorkloadName& workload, Completion<History> done) = 0;
  /// The number of the last durable event.
  virtual std::uint64_t last_event_seq() const = 0;
  /// Notified of each new event.
  virtual Notifier& event_added() = 0;
  /// The address of the bus for agents: the embedded broker's port changes with every start.
  virtual std::string bus_bootstrap() const = 0;
  virtual std::string topic_prefix() const = 0;
  /// Why nothing can be stored, and so nothing decided; nullopt while the store works.
  virtual const std::optional<Error>& store_fault() const = 0;
  virtual const ManagerShellCounters& shell_counters() const = 0;
};

}  // namespace hearth
