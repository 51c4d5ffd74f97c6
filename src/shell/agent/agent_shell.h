#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/agent/agent.h"
#include "ports/agent_store.h"
#include "ports/bus.h"
#include "ports/clock.h"
#include "ports/container_runtime.h"
#include "ports/content_client.h"
#include "ports/http_client.h"
#include "ports/last_words.h"
#include "ports/loop.h"
#include "ports/work_folder.h"
#include "shell/agent/bus_finder.h"
#include "shell/agent/check_runner.h"
#include "shell/agent/image_work.h"
#include "shell/agent/last_words_keeper.h"
#include "shell/agent/log_watch.h"
#include "shell/log/log_limit.h"
#include "shell/topics/topic_names.h"

namespace hearth {

/// Everything that the agent's shell uses of the outside world. All of it outlives the shell.
struct AgentPorts {
  const Clock& clock;
  ContainerRuntime& runtime;
  const PatternCompiler& patterns;  ///< Of log rules.
  Prober& prober;
  AgentStore& store;
  LastWordsStore& last_words;
  WorkFolder& work_folder;  ///< For images in transit.
  HttpClient& http;
  ContentClient& content;
  std::function<Load()> sample_load;
  /// Opens the bus once its address is known.
  std::function<Result<std::unique_ptr<Bus>>(const std::string& bootstrap)> open_bus;
  /// Empty: the kernel does not report it.
  std::function<Pressure()> sample_pressure = {};
};

struct AgentShellConfig {
  Endpoint manager;
  std::optional<BusAddress> bus;  ///< If configured; otherwise the manager is asked.
  /// The wait before opening the bus is retried.
  Duration bus_retry = std::chrono::seconds(1);
  /// Observes each step before any of its actions is executed: for a simulator, which can replace
  /// the core with a copy that decides the same from there on.
  std::function<void(const core::AgentEvent& event, const std::vector<core::AgentAction>& actions,
                     core::Agent& agent)>
      on_step = {};
};

struct AgentShellCounters {
  std::uint64_t payloads_rejected = 0;
  std::uint64_t statuses_sent = 0;
  std::uint64_t statuses_dropped = 0;
};

/// Runs the agent's core: passes on what happens on the node and on the bus, and executes the
/// core's actions. All on the loop, which must not run once the shell is destroyed.
class AgentShell {
 public:
  AgentShell(Loop& loop, AgentShellConfig config, core::AgentSettings settings,
             std::optional<Assignment> stored, std::uint64_t seed, AgentPorts ports,
             WatchMemory memory = {});
  ~AgentShell();

  /// kInvalidArgument: `config.bus` is not a valid address. A bus that cannot be opened for another
  /// reason is retried.
  Result<void> start();
  const core::Agent& agent() const { return agent_; }
  const AgentShellCounters& counters() const { return counters_; }
  bool knows_bus() const { return bus_ != nullptr; }
  /// What an instance's container before the present one said last; if it has no container, what
  /// its last one said. kNotFound: that is not kept.
  void last_words(const InstanceId& instance, Completion<std::string> done) {
    words_.latest(instance, agent_.container_of(instance), std::move(done));
  }

 private:
  void deliver(const core::AgentEvent& event);
  void tick();
  void execute(const core::SaveAssignment& action);
  void execute(const core::SaveWatchMemory& action);
  void execute(const core::TakeInventory& action);
  void execute(const core::CreateContainer& action);
  void execute(const core::StartContainer& action);
  void execute(const core::StopContainer& action);
  void stop(const core::StopContainer& action, Duration grace);
  void execute(const core::RemoveContainer& action);
  void execute(const core::AdoptContainer& action);
  void execute(const core::RecreateContainer& action);
  void execute(const core::LetGo& action);
  Completion<Container> report_adopted(OperationId operation, std::string what);
  void execute(const core::FollowLog& action) { logs_.follow(action); }
  void execute(const core::InspectContainer& action) { checks_.inspect(action); }
  void execute(const core::RunCheck& action) { checks_.run(action); }
  void execute(const core::SampleUsage& action) { checks_.sample(action); }
  void execute(const core::FetchImage& action);
  void execute(const core::BuildImage& action);
  void execute(const core::CancelBuild& action);
  void execute(const core::SendStatus& action);
  Completion<void> report_to(OperationId operation, std::string what);

  void seek_bus();
  void use_bus(const BusAddress& address);
  Result<void> open_bus(const BusAddress& address);
  // Everything that crosses the bus passes these two as bytes, after encoding and before decoding:
  // the place to sign and verify records.
  void publish(BusRecord record, Completion<void> done);
  void on_message(const BusMessage& message);
  void reject(const BusMessage& message, const Error& error);
  void on_bus_error(const Error& error);
  void on_notice(const ContainerNotice& notice);
  void warn(const std::string& kind, const std::string& text);

  AgentShellConfig config_;
  NodeName node_;
  AgentPorts ports_;
  core::Agent agent_;
  AgentShellCounters counters_;
  LogLimit log_limit_;
  std::unique_ptr<Worker>
      disk_;  ///< For work that a busy disk delays: a heartbeat must not wait for it.
  ImageWork images_;
  LogWatch logs_;
  CheckRunner checks_;
  LastWordsKeeper words_;
  std::unique_ptr<Bus> bus_;
  std::optional<BusAddress> bus_address_;
  BusFinder bus_finder_;
  std::unique_ptr<Timer> bus_retry_;
  std::optional<MonoTime> load_sampled_at_;
  std::deque<core::AgentEvent> inbox_;
  bool stepping_ = false;
  std::unique_ptr<Timer> deadline_;
};

}  // namespace hearth
