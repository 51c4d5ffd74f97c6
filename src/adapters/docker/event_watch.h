#pragma once

#include <map>
#include <optional>
#include <set>

#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_client.h"
#include "adapters/loop/coroutine.h"

namespace hearth::docker {

/// Follows the engine's events of one node and turns them into notices; starts again whenever the
/// stream breaks. See DockerRuntime for its guarantees.
class EventWatch {
 public:
  EventWatch(boost::asio::io_context& loop, EngineClient& client, const DockerConfig& config,
             DockerCounters& counters)
      : client_(client), config_(config), counters_(counters), pause_(loop) {}

  /// Returns once closed. Handlers may close it.
  void run(const ContainerRuntime::Handlers& handlers, Coroutine& coroutine);
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
  std::optional<ContainerNotice> notice_of(const EngineEvent& event);
  void forget_end(const ContainerId& container);

  EngineClient& client_;
  const DockerConfig& config_;
  DockerCounters& counters_;
  Sleeper pause_;
  bool closed_ = false;
  // Of containers that still exist, since the watch began.
  std::set<ContainerId> killed_for_memory_;
  std::map<ContainerId, ContainerExit> ends_;
  int listings_ = 0;            ///< In progress.
  std::set<ContainerId> gone_;  ///< Removed since the oldest listing in progress began.
};

}  // namespace hearth::docker
