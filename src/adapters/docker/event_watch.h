#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "adapters/docker/container_adopter.h"
#include "adapters/docker/container_verbs.h"
#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_client.h"
#include "adapters/loop/coroutine.h"

namespace hearth::docker {

/// Follows the engine's events of one node and turns them into notices; starts again whenever the
/// stream breaks. See DockerRuntime for its guarantees.
class EventWatch {
 public:
  EventWatch(boost::asio::io_context& loop, EngineClient& client, const ContainerVerbs& containers,
             const ContainerAdopter& adopter, const DockerConfig& config, DockerCounters& counters)
      : client_(client),
        containers_(containers),
        adopter_(adopter),
        config_(config),
        counters_(counters),
        pause_(loop),
        verdict_(loop) {}

  /// Returns once closed. Handlers may close it.
  void run(const ContainerRuntime::Handlers& handlers, Coroutine& coroutine);
  /// Beside run(), in a coroutine of its own: gives notice of processes killed for lack of memory
  /// in containers that went on. Returns once closed.
  void report_children(const ContainerRuntime::Handlers& handlers, Coroutine& coroutine);
  void close();

  /// How the container ended, if a notice has reported it since the watch began.
  std::optional<ContainerExit> end_of(const ContainerId& container) const;

  /// Lives while a listing is made, and knows the containers reported as removed since it began.
  class Listing {
   public:
    explicit Listing(EventWatch& watch) : watch_(watch) { ++watch_.listings_; }
    ~Listing() {
      if (--watch_.listings_ == 0) watch_.gone_.clear();
    }
    Listing(const Listing&) = delete;
    Listing& operator=(const Listing&) = delete;
    bool saw_go(const ContainerId& container) const { return watch_.gone_.contains(container); }

   private:
    EventWatch& watch_;
  };

 private:
  Error run_until_it_breaks(const ContainerRuntime::Handlers& handlers, bool& watched,
                            Coroutine& coroutine);
  /// The notice for an event, if there is one.
  std::optional<ContainerNotice> notice_of(EngineEvent event);
  void on_skipped(const ContainerRuntime::Handlers& handlers);
  void on_out_of_memory(const EngineEvent& event);
  ContainerExit exit_by(const EngineEvent& event) const;
  void forget_run(const ContainerId& container);
  void forget_all();

  /// What happened to a container since it was started.
  struct Run {
    std::optional<WallTime> out_of_memory_at;  ///< The last time, by the engine's clock.
    bool sent_kill = false;                    ///< SIGKILL, by somebody.
    std::optional<std::uint64_t> memory_limit_bytes;
    std::optional<std::uint64_t> memory_peak_bytes;
  };
  /// A process was killed in it; whether that ends the container is not known before `due`.
  struct Undecided {
    InstanceId instance;
    std::chrono::steady_clock::time_point due;
  };

  EngineClient& client_;
  const ContainerVerbs& containers_;
  const ContainerAdopter& adopter_;
  const DockerConfig& config_;
  DockerCounters& counters_;
  Sleeper pause_;
  Sleeper verdict_;
  bool closed_ = false;
  // Of containers that still exist, since the watch began.
  std::map<ContainerId, Run> runs_;  ///< If something happened.
  std::map<ContainerId, Undecided> undecided_;
  std::map<ContainerId, ContainerExit> ends_;
  int listings_ = 0;            ///< In progress.
  std::set<ContainerId> gone_;  ///< Removed since the oldest listing in progress began.
};

}  // namespace hearth::docker
