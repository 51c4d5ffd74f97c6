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

/// All that the manager's shell needs of the world. Each outlives the shell.
struct ManagerPorts {
  const Clock& clock;
  Bus& bus;
  Store& store;  ///< Used by a worker of the shell's own only.
  Dialer& dialer;
  HttpClient& http;
  PowerDriver& power;
};

struct ManagerShellConfig {
  std::string topic_prefix = "hearth.";
  std::string bus_bootstrap;  ///< What agents are told when they ask for the bus.
  /// How long a commit is tried before the process gives up; started anew, it continues from what
  /// is on disk.
  Duration store_patience = std::chrono::minutes(1);
  /// A commit that takes longer is a fault of the store, though it has not failed: a file system
  /// that is frozen, or whose server is gone, answers nothing at all.
  Duration commit_slow_after = std::chrono::seconds(5);
  Inbox::Bounds inbox = {};  ///< Of what waits for a commit.
  /// Looks on after each step, before anything of it is stored or done: a simulator. It may put a
  /// copy of the core in the core's place, which decides the same from there on.
  std::function<void(const core::ManagerEvent& event, const core::ManagerBatch& batch,
                     core::Manager& manager)>
      on_step = {};
};

/// Runs the manager's core: hands it what happens, commits what it decides, and only then does it.
///
/// One step at a time: while a batch is being committed, events wait in an Inbox; at its bounds
/// heartbeats are dropped (the next one says the same), commands are refused. If the
/// store fails, or does not come back from a commit, the batch is held and tried again with
/// backoff, no further decision is taken, commands are refused, and the agents keep everything
/// running; after store_patience `on_fatal` is called.
///
/// All on the loop, but the store. What is under way when it goes is never answered: the loop must
/// not run after that. To destroy it waits for the store, which may hang: who was told of a fatal
/// error ends the process instead.
class ManagerShell final : public ManagerService {
 public:
  /// Readings of old events that wait for the store at once, and that a commit may have to wait
  /// for; further ones are kExhausted.
  static constexpr std::size_t kReadsMax = 32;
  /// Of the store's backlog: beyond it people are told, again and again.
  static constexpr std::uint64_t kBacklogBytesMax = 64 << 20;

  ManagerShell(Loop& loop, ManagerShellConfig config, core::ManagerSettings settings,
               const Snapshot& snapshot, ManagerPorts ports, std::function<void(Error)> on_fatal);
  ~ManagerShell() override;

  /// Begins: the manager's first step, and the topics.
  void start();

  const core::Manager& manager() const override { return manager_; }
  Instant now() const override { return ports_.clock.now(); }
  void submit(Command command, Completion<core::CommandResult> done) override;
  void events_after(std::uint64_t seq, std::size_t count_max,
                    Completion<std::vector<ClusterEvent>> done) override;
  std::uint64_t last_event_seq() const override { return events_.last_seq(); }
  Notifier& event_added() override { return event_added_; }
  std::string bus_bootstrap() const override { return config_.bus_bootstrap; }
  std::string topic_prefix() const override { return config_.topic_prefix; }
  const std::optional<Error>& store_fault() const override { return store_fault_; }
  const ManagerShellCounters& shell_counters() const override { return counters_; }

 private:
  void deliver(core::ManagerEvent event);
  void pump();
  void commit();
  void on_committed(Result<void> outcome, std::uint64_t backlog_bytes);
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

  // All that goes over the bus passes these two as bytes, after encoding and before decoding: here
  // a record would be vouched for, and checked.
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
  LogLimit log_limit_;

  Inbox inbox_;
  core::ManagerBatch batch_;  ///< Being committed.
  bool committing_ = false;
  bool pumping_ = false;
  std::uint32_t commit_failures_ = 0;  ///< In a row.
  std::optional<Error> store_fault_;
  std::optional<MonoTime> commit_began_;   ///< The one under way.
  std::optional<MonoTime> trouble_since_;  ///< When committing this batch first went wrong.
  std::size_t reads_under_way_ = 0;
  std::uint64_t canary_seq_ = 0;
  RequestId last_request_;
  std::map<RequestId, Completion<core::CommandResult>> requests_;
  /// Topics that are to be made, by whom they belong to.
  struct Topics {
    bool of_cluster = false;
    std::set<NodeName> of_nodes;
    bool empty() const { return !of_cluster && of_nodes.empty(); }
  };
  Topics topics_wanted_;   ///< Asked for in the next request.
  Topics topics_missing_;  ///< Wanted again after a while: they could not be made, or are gone.
  std::set<NodeName> nodes_to_follow_;
  bool ensuring_topics_ = false;
  bool canary_missing_ = false;  ///< Since one found no topic, and until one came back.

  std::unique_ptr<Timer> deadline_;
  std::unique_ptr<Timer> commit_retry_;
  std::unique_ptr<Timer> commit_watch_;
  std::unique_ptr<Timer> topics_retry_;
  std::unique_ptr<Worker>
      store_worker_;  ///< Last: it ends first, and with it all use of the store.
};

}  // namespace hearth
