#pragma once

#include <map>
#include <optional>
#include <set>

#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_client.h"
#include "adapters/loop/coroutine.h"

namespace hearth::docker {

/// Follows the engine's events of one node and makes notices of them; watches again whenever that
/// breaks. See DockerRuntime for its promises.
class EventWatch {
 public:
  EventWatch(boost::asio::io_context& loop, EngineClient& client, const DockerConfig& config,
             DockerCounters& counters)
      : client_(client), config_(config), counters_(counters), pause_(loop) {}

  /// Returns once closed. The handlers may close it.
  void run(const ContainerRuntime::Handlers& handlers, Coroutine& coroutine);
  void close();

  /// How the container ended, if a notice told so since the watch stands.
  std::optional<ContainerExit> end_of(const ContainerId& container) const;

  /// While a listing is made: which containers were told to be gone since it was begun.
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
  /// The notice to give; nullopt: none.
  std::optional<ContainerNotice> notice_of(const EngineEvent& event);
  void forget_end(const ContainerId& container);

  EngineClient& client_;
  const DockerConfig& config_;
  DockerCounters& counters_;
  Sleeper pause_;
  bool closed_ = false;
  // Of containers that are still there, since the watch stands.
  std::set<ContainerId> killed_for_memory_;
  std::map<ContainerId, ContainerExit> ends_;
  int listings_ = 0;            ///< Being made.
  std::set<ContainerId> gone_;  ///< Since the oldest of them was begun.
};

}  // namespace hearth::docker
