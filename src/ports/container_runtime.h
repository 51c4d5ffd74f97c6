#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/container.h"
#include "model/instance.h"
#include "model/workload.h"
#include "ports/completion.h"

namespace hearth {

struct ContainerRequest {
  InstanceId instance;
  WorkloadName workload;
  Generation generation;
  std::uint32_t restarts = 0;
  std::string image;  ///< Reference.
  ContainerSpec spec;
};

struct ContainerNotice {
  enum class Kind : std::uint8_t { kStarted, kExited, kRemoved };
  Kind kind = Kind::kStarted;
  ContainerId container;
  InstanceId instance;
  std::optional<ContainerExit> exit;  ///< kExited.
};

struct LogRequest {
  ContainerId container;
  bool follow = false;
  std::uint32_t tail_lines = 0;  ///< 0: all.
  /// Only lines that were written at this time or later, by the clock of the node.
  std::optional<WallTime> since = {};
  /// Each line begins with the time at which it was written, as "2026-03-01T09:15:02.123456789Z ".
  bool timestamps = false;
  /// Asked between two pieces: while it returns false nothing more is read, so that a slow reader
  /// slows the runtime down instead of filling memory. Empty: always ready.
  std::function<bool()> ready = {};
};

/// Receives lines or raw output as they come. Returning false ends the work early. While a followed
/// log is quiet, an empty chunk comes from time to time: it only asks whether to continue.
using ChunkSink = std::function<bool(std::string_view chunk)>;

/// The container runtime of one node. It sees only containers with this node's label. All calls and
/// callbacks on the owner's loop; no call blocks it.
class ContainerRuntime {
 public:
  struct Handlers {
    std::function<void(ContainerNotice)> on_notice;
    /// Notices arrive (again): some might have been missed, so take an inventory.
    std::function<void()> on_watching;
    /// The runtime does not answer or its notices broke off; watching is retried automatically.
    std::function<void(Error)> on_lost;
  };

  virtual ~ContainerRuntime() = default;
  /// Starts watching; called once.
  virtual void watch(Handlers handlers) = 0;
  virtual void inventory(Completion<Inventory> done) = 0;
  virtual void create(ContainerRequest request, Completion<ContainerId> done) = 0;
  /// Idempotent: succeeds if the container runs already.
  virtual void start(const ContainerId& container, Completion<void> done) = 0;
  /// SIGTERM, and SIGKILL after `grace`. Idempotent: succeeds if the container is gone.
  virtual void stop(const ContainerId& container, Duration grace, Completion<void> done) = 0;
  /// Kills it if it runs. Idempotent: succeeds if the container is gone.
  virtual void remove(const ContainerId& container, Completion<void> done) = 0;
  /// Builds the Dockerfile of a context (a tar file); `log` receives the runtime's own output.
  /// kFailed with the runtime's last words if the Dockerfile does not build, or not within the
  /// build's time limit.
  virtual void build(const std::filesystem::path& context, const std::string& reference,
                     ChunkSink log, Completion<void> done) = 0;
  /// Breaks off the build or the saving of an image if it is in progress, which then soon completes
  /// with an error.
  virtual void cancel_build(const std::string& reference) = 0;
  /// Writes an image as a tar file and returns the file's digest.
  virtual void save_image(const std::string& reference, const std::filesystem::path& file,
                          Completion<Digest> done) = 0;
  virtual void load_image(const std::filesystem::path& file, Completion<void> done) = 0;
  virtual void remove_image(const std::string& reference, Completion<void> done) = 0;
  /// stdout and stderr together, as plain bytes.
  virtual void logs(LogRequest request, ChunkSink sink, Completion<void> done) = 0;
};

}  // namespace hearth
