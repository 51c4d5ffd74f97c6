#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/time.h"
#include "model/ids.h"
#include "ports/container_runtime.h"

namespace boost::asio {
class io_context;
}

namespace hearth::docker {

/// How long the engine may take before the answer is kTimeout.
struct DockerTimeouts {
  Duration answer = std::chrono::seconds(10);  ///< To a question: lists, inspections, its version.
  /// To create, start or remove; to stop, beyond the grace given. A start on a busy disk is slow.
  Duration change = std::chrono::seconds(60);
  /// Between two pieces of an image that is being saved or loaded.
  Duration transfer_stall = std::chrono::minutes(5);
  Duration transfer = std::chrono::hours(2);  ///< A whole save or load.
  Duration build = std::chrono::hours(1);     ///< A whole build: then it has failed.
  /// To one question about how a container ended. Many are asked for one inventory, which in all
  /// may not take much longer than `answer`: what is not told by then is left out.
  Duration inspection = std::chrono::seconds(2);
  /// How often a log that is followed and quiet asks its sink whether to go on.
  Duration log_check = std::chrono::seconds(1);
};

struct DockerConfig {
  NodeName node;                    ///< Whose containers these are,
  std::string cluster = "default";  ///< in which cluster: others on this engine are not ours.
  std::filesystem::path socket = "/var/run/docker.sock";
  std::string network = "default";  ///< Network mode of the containers; "default" is the bridge.
  DockerTimeouts timeouts = {};
};

/// What was met and tolerated, since the start.
struct DockerCounters {
  std::uint64_t watch_breaks = 0;
  std::uint64_t events_unreadable = 0;  ///< Each broke the watch.
  std::uint64_t containers_unreadable =
      0;  ///< With the node's label, without the others: not ours.
};

/// The Docker Engine API over its unix socket; no `docker` client, no thread but for files.
///
/// How the containers are confined, named and labelled is told in docs/reference/containers.md.
///
/// Watching: one streamed `/events` request, filtered by the engine. A break is told by `on_lost`,
/// then tried again after 100 ms, doubling up to 5 s, for as long as it takes: an agent without its
/// engine has nothing better to do, and one attempt at that rate costs nothing. (No jitter: nobody
/// else hits that socket.) A cause is told once, not with every attempt. An event that cannot be
/// read might have been a death, so it counts as a break: the inventory that follows it tells. The
/// watch does not notice an engine that hangs; the verbs do, by their timeouts.
///
/// `ContainerExit::out_of_memory` of a notice: the kernel killed a process of the container for
/// memory at some time since its start. The engine tells that before the death, as far as was seen,
/// but promises no order.
///
/// An inventory agrees with the notices: once a container was told to have ended, or to be gone, no
/// inventory that completes later has it running (the engine's own list may lag behind its events,
/// and is made up of several answers). A single container that the engine cannot or does not tell
/// about spoils none: it is listed without how it ended.
///
/// Bounds: 8 verbs at once, 32 stops (they last for their grace), 1 build, 2 images on their way,
/// 16 logs; more wait in line up to a bound (1024, 1024, 16, 64, 0), and beyond it get kExhausted.
/// An answer that is not streamed may have 16 MiB, a line of a stream 256 KiB.
///
/// Errors beyond those of the port: kUnavailable, kUnauthorized (the socket is not for this user),
/// kTimeout, kExhausted (also: the engine's disk is full), kCorrupt (not what the API promises).
///
/// All of it on the thread that runs `loop`. Destroying it breaks everything off; what was under
/// way winds up in the loop's next turns, which the owner must still run, and calls nobody.
class DockerRuntime final : public ContainerRuntime {
 public:
  DockerRuntime(boost::asio::io_context& loop, DockerConfig config);
  ~DockerRuntime() override;

  const DockerCounters& counters() const;
  /// Where the engine keeps images and containers, in its own view of the file system; empty until
  /// the first inventory since it was found.
  const std::filesystem::path& data_root() const;

  void watch(Handlers handlers) override;
  void inventory(Completion<Inventory> done) override;
  void create(ContainerRequest request, Completion<ContainerId> done) override;
  void start(const ContainerId& container, Completion<void> done) override;
  void stop(const ContainerId& container, Duration grace, Completion<void> done) override;
  void remove(const ContainerId& container, Completion<void> done) override;
  void build(const std::filesystem::path& context, const std::string& reference, ChunkSink log,
             Completion<void> done) override;
  void cancel_build(const std::string& reference) override;
  void save_image(const std::string& reference, const std::filesystem::path& file,
                  Completion<Digest> done) override;
  void load_image(const std::filesystem::path& file, Completion<void> done) override;
  void remove_image(const std::string& reference, Completion<void> done) override;
  void logs(LogRequest request, ChunkSink sink, Completion<void> done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;  // Shared with the coroutines, which end a little later.
};

}  // namespace hearth::docker
