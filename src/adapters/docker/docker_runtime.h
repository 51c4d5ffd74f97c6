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

class LogFollowing;

/// Time limits for the engine; exceeding one is kTimeout.
struct DockerTimeouts {
  Duration answer = std::chrono::seconds(10);  ///< To a query: lists, inspections, its version.
  /// To create, start or remove. A busy disk makes a start slow.
  Duration change = std::chrono::seconds(60);
  /// To stop, in addition to the grace given. The engine kills at the end of the grace, and gives
  /// up on a process that is still there 10 s later; a fresh container must not wait much longer.
  Duration stop = std::chrono::seconds(15);
  /// Between two pieces of an image being saved or loaded.
  Duration transfer_stall = std::chrono::minutes(5);
  Duration transfer = std::chrono::hours(2);  ///< A whole save or load.
  Duration build = std::chrono::hours(1);     ///< A whole build; it has failed after that.
  /// To one query about how a container ended. An inventory makes many, but must not take much
  /// longer than `answer` in all; what is not known by then is left out.
  Duration inspection = std::chrono::seconds(2);
  /// After a process of a container was killed for lack of memory: how long the container's own
  /// death can take to follow. Then that process was a child of its main process.
  Duration memory_death = std::chrono::seconds(1);
  /// How often a quiet followed log asks its sink whether to go on.
  Duration log_check = std::chrono::seconds(1);
  /// After this silence of a followed log, its last line is asked for: the engine can have stopped
  /// sending without a word.
  Duration log_quiet = std::chrono::seconds(30);
  /// How often it is checked whether a container that does not run was started again.
  Duration log_rest = std::chrono::seconds(5);
  /// Between two attempts at a log that cannot be read.
  Duration log_unreadable = std::chrono::minutes(10);
};

struct DockerConfig {
  NodeName node;                    ///< The node whose containers these are.
  std::string cluster = "default";  ///< Its cluster: other clusters on this engine are ignored.
  std::filesystem::path socket = "/var/run/docker.sock";
  /// Network mode of the containers on the bridge; "default" is the engine's own.
  std::string network = "default";
  DockerTimeouts timeouts = {};
  /// The file that remembers the adopted containers. Empty: they are forgotten with the process.
  std::filesystem::path adoption_book = {};
  /// Where the kernel shows what its containers use.
  std::filesystem::path cgroup_root = "/sys/fs/cgroup";
  std::filesystem::path proc_root = "/proc";
};

/// Tolerated faults since the start.
struct DockerCounters {
  std::uint64_t watch_breaks = 0;
  std::uint64_t events_unreadable = 0;      ///< Each broke the watch.
  std::uint64_t events_skipped = 0;         ///< Too long.
  std::uint64_t containers_unreadable = 0;  ///< With the node's label but no other: not ours.
  std::uint64_t strangers = 0;              ///< With our labels, but made from another image.
};

/// The Docker Engine API over its unix socket. It needs no `docker` client, and a thread only for
/// files.
///
/// docs/reference/containers.md describes how containers are confined, named and labelled.
///
/// Watching: one streamed `/events` request for the events of all containers, since those that are
/// adopted have labels of somebody else; the others are ignored. When it breaks, `on_lost` is
/// called and the watch is retried after 100 ms, doubling up to 5 s, without end: an agent without
/// its engine has nothing better to do, and attempts at that rate cost nothing. (No jitter: no
/// other client competes for that socket.) A cause is reported once, not with every attempt. An
/// unreadable event might have been a death, so it counts as a break: the next inventory shows what
/// happened. One of more than 256 KiB (an event names all labels of its container) is read to its
/// end and discarded: `on_missed` is called, and the watch goes on. The watch does not notice an
/// engine that hangs; the verbs do, by their timeouts.
///
/// Out of memory: the engine says that the kernel killed some process of a container. If the
/// container then ends within 10 s with exit code 137, and nobody had the engine send it SIGKILL,
/// its main process was killed for lack of memory, or passed on that a child was: the two cannot be
/// distinguished. In any other case it was a child. The engine has been seen to report the kill
/// before the death, but does not promise this order. After an agent's restart only the engine's
/// own record is left, which does not say who sent the signal.
///
/// Identity: a container is this node's if it has its labels and was made from the image whose id
/// is in the label `hearth.image`. The labels are in every image that somebody makes of such a
/// container, and so in all containers of that image: these strangers are neither listed nor given
/// notice of. A container without that label is accepted. A container that was adopted is this
/// node's because the book of adopted containers says so (container_adopter.h).
///
/// Commands: each has a connection of its own. A command cannot be ended by the engine; while 4
/// that outlived their timeouts run in a container, no further one is started there.
///
/// An inventory agrees with the notices: once a notice has reported a container as exited or
/// removed, no inventory that completes later shows it running. (The engine's list can lag behind
/// its events, and an inventory is made of several answers.) If the engine cannot or does not
/// inspect a container, that one is listed without its exit; the others are unaffected.
///
/// Bounds: at once 8 verbs, 32 stops (they last for their grace), 32 commands, 4 inspections and
/// readings of use, 1 build, 2 image transfers and 16 logs; up to 1024, 1024, 256, 256, 16, 64 and
/// 0 more wait in line, and beyond that they fail with kExhausted. Logs that are followed have
/// bounds of their own (log_follower.h). An answer that is not streamed can have 16 MiB, a line of
/// a stream 256 KiB.
///
/// Errors beyond those of the port: kUnavailable, kUnauthorized (this user has no access to the
/// socket), kTimeout, kExhausted (also: the engine's disk is full), kCorrupt (an answer against the
/// API).
///
/// Use on the thread that runs `loop`. Destroying it breaks everything off. Calls in progress
/// unwind in the loop's next turns, which the owner must still run; their completions are not
/// called.
class DockerRuntime final : public ContainerRuntime {
 public:
  DockerRuntime(boost::asio::io_context& loop, const DockerConfig& config);
  ~DockerRuntime() override;

  const DockerCounters& counters() const;
  /// The engine's data folder, in the engine's own view of the file system; empty until the first
  /// inventory after the engine was found.
  const std::filesystem::path& data_root() const;

  void watch(Handlers handlers) override;
  void inventory(Completion<Inventory> done) override;
  void create(ContainerRequest request, Completion<ContainerId> done) override;
  void start(const ContainerId& container, Completion<void> done) override;
  void stop(const ContainerId& container, Duration grace, Completion<void> done) override;
  void remove(const ContainerId& container, Completion<void> done) override;
  void adopt(AdoptRequest request, Completion<Container> done) override;
  void recreate(const InstanceId& instance, std::uint32_t restarts,
                Completion<Container> done) override;
  void let_go(const InstanceId& instance, Completion<void> done) override;
  void exec(ExecRequest request, Completion<ExecResult> done) override;
  void inspect(const ContainerId& container, Completion<ContainerDetails> done) override;
  void usage(const ContainerId& container, Completion<ContainerUsage> done) override;
  void build(const std::filesystem::path& context, const std::string& reference, ChunkSink log,
             Completion<void> done) override;
  void cancel_build(const std::string& reference) override;
  void save_image(const std::string& reference, const std::filesystem::path& file,
                  Completion<Digest> done) override;
  void load_image(const std::filesystem::path& file, Completion<void> done) override;
  void remove_image(const std::string& reference, Completion<void> done) override;
  void logs(LogRequest request, ChunkSink sink, Completion<void> done) override;
  std::unique_ptr<LogFollower> follow_log(LogFollowRequest request, LogHandlers handlers) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;               // Shared with the coroutines, which end later.
  std::shared_ptr<LogFollowing> following_;  // Likewise.
};

}  // namespace hearth::docker
