#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/manager/manager.h"
#include "ports/bus.h"
#include "ports/clock.h"
#include "ports/dialer.h"
#include "ports/http_client.h"
#include "ports/loop.h"
#include "ports/power_driver.h"
#include "ports/store.h"
#include "shell/api/manager_service.h"
#include "shell/log/log_limit.h"
#include "shell/manager/event_ring.h"
#include "shell/manager/inbox.h"
#include "shell/topics/topic_names.h"

namespace hearth {

/// Everything that the manager's shell uses of the outside world. All of it outlives the shell.
struct ManagerPorts {
  const Clock& clock;
  Bus& bus;
  Store& store;  ///< Used only by the shell's own worker.
  Dialer& dialer;
  HttpClient& http;
  PowerDriver& power;
};

struct ManagerShellConfig {
  std::string topic_prefix = "hearth.";
  std::string bus_bootstrap;  ///< The address of the bus, for agents that ask.
  /// How long a failing commit is retried before the process ends; after a restart it continues
  /// from what is on disk.
  Duration store_patience = std::chrono::minutes(1);
  /// A commit that takes longer counts as a fault of the store, though it has not failed: a frozen
  /// file system, or one whose server is gone, does not answer at all.
  Duration commit_slow_after = std::chrono::seconds(5);
  Inbox::Bounds inbox = {};  ///< Of the events that wait for a commit.
  /// Observes each step before any of it is stored or executed: for a simulator, which can replace
  /// the core with a copy that decides the same from there on.
  std::function<void(const core::ManagerEvent& event, const core::ManagerBatch& batch,
                     core::Manager& manager)>
      on_step = {};
};

/// Runs the manager's core: passes events to it, commits its writes, and only then executes its
/// actions.
///
/// One step at a time: while a batch is being committed, events wait in an Inbox; at its bounds
/// heartbeats are dropped (the next one says the same) and commands are refused. If the store
/// fails, or does not return from a commit, the batch is kept and retried with backoff, no further
/// decision is made, commands are refused, and the agents keep everything running; after
/// store_patience `on_fatal` is called.
///
/// All on the loop, except for the store. Calls in progress when it is destroyed are never
/// answered: the loop must not run after that. The destructor waits for the store, which can hang:
/// after a fatal error, end the process instead.
class ManagerShell final : public ManagerService {
 public:
  /// Reads of old events that can wait for the store at once, and that a commit might have to wait
  /// for; further ones are kExhausted.
  static constexpr std::size_t kReadsMax = 32;
  /// Of the store's backlog: above it a warning is logged, repeatedly.
  static constexpr std::uint64_t kBacklogBytesMax = 64 << 20;
  /// The store records at least this often that the manager runs, also if there is nothing else to
  /// write. The views of the database count on twice as much at most.
  static constexpr Duration kAlivePeriod = std::chrono::minutes(1);

  ManagerShell(Loop& loop, ManagerShellConfig config, core::ManagerSettings settings,
               const Snapshot& snapshot, ManagerPorts ports, std::function<void(Error)> on_fatal);
  ~ManagerShell() override;

  /// Runs the manager's first step and creates the topics.
  void start();

  const core::Manager& manager() const override { return manager_; }
  Instant now() const override { return ports_.clock.now(); }
  void submit(Command command, Completion<core::CommandResult> done) override;
  void events_after(std::uint64_t seq, std::size_t count_max,
                    Completion<std::vector<ClusterEvent>> done) override;
  void history_of(const WorkloadName& workload, Completion<History> done) override;
  std::uint64_t last_event_seq() const override { return events_.last_seq(); }
  Notifier& event_added() override { return event_added_; }
  std::string bus_bootstrap() const override { return config_.bus_bootstrap; }
  std::string topic_prefix() const override { return config_.topic_prefix; }
  const std::optional<Error>& store_fault() const override { return store_fault_; }
  const ManagerShellCounters& shell_counters() const override { return counters_; }

 private:
  void deliver(core::ManagerEvent event);
  void pump();
  void note_alive();
  template <class T>
  void read(std::function<Result<T>(Store&)> from, Completion<T> done);
  void commit();
  void on_committed(Result<void> outcome, const StoreCondition& store);
  void note_condition(const StoreCondition& store);
  void on_commit_failed(const Error& error);
  void on_commit_hangs();
  bool suspend_work(const Error& why);
  void answer(Completion<core::CommandResult> done, Result<core::CommandResult> result);
  void carry_out(std::vector<core::ManagerAction> actions);
  void execute(const core::WatchNode& action);
  void execute(const core::SendCanary& action);
  void execute(const core::PublishAssignment& action);
  void execute(const core::PublishEvent& action);
  void execute(const core::Dial& action);
  void execute(const core::FetchStatus& action);
  void execute(const core::SwitchPower& action);
  void execute(core::Reply& action);

  // Everything that crosses the bus passes these two as bytes, after encoding and before decoding:
  // the place to sign and verify records.
  void publish(BusRecord record);
  void on_message(const BusMessage& message);
  void reject(const BusMessage& message, const Error& error);
  void ensure_topics();
  void on_topics_made(const std::vector<TopicFailure>& failures);
  void on_topic_missing(const std::string& topic);
  bool want_later(const std::string& topic);
  void warn(const std::string& kind, const std::string& text);

  Loop& loop_;
  ManagerShellConfig config_;
  TopicNames topics_;
  ManagerPorts ports_;
  std::function<void(Error)> on_fatal_;
  core::Manager manager_;
  EventRing events_;
  Notifier event_added_;
  ManagerShellCounters counters_;
  std::optional<WallTime> alive_before_;  ///< When the manager before it is known to have run.
  std::optional<MonoTime> alive_noted_;
  LogLimit log_limit_;

  Inbox inbox_;
  core::ManagerBatch batch_;  ///< Being committed.
  bool committing_ = false;
  bool pumping_ = false;
  std::uint32_t commit_failures_ = 0;  ///< In a row.
  std::optional<Error> store_fault_;
  std::optional<MonoTime> commit_began_;   ///< Of the commit in progress.
  std::optional<MonoTime> trouble_since_;  ///< When committing this batch first went wrong.
  std::size_t reads_under_way_ = 0;
  std::uint64_t canary_seq_ = 0;
  RequestId last_request_;
  std::map<RequestId, Completion<core::CommandResult>> requests_;
  /// Topics to be created, by owner.
  struct Topics {
    bool of_cluster = false;
    std::set<NodeName> of_nodes;
    bool empty() const { return !of_cluster && of_nodes.empty(); }
  };
  Topics topics_wanted_;   ///< For the next request.
  Topics topics_missing_;  ///< Requested again later: creation failed, or they were lost.
  std::set<NodeName> nodes_to_follow_;
  bool ensuring_topics_ = false;
  bool canary_missing_ = false;  ///< From a canary that found no topic until one that returns.

  std::unique_ptr<Timer> deadline_;
  std::unique_ptr<Timer> commit_retry_;
  std::unique_ptr<Timer> commit_watch_;
  std::unique_ptr<Timer> topics_retry_;
  std::unique_ptr<Worker>
      store_worker_;  ///< Last member: destroyed first, which ends all use of the store.
};

}  // namespace hearth
