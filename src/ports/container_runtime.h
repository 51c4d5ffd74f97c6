#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/container.h"
#include "model/instance.h"
#include "model/log_cursor.h"
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
  /// The signal, for whoever stops it. The grace is what a stop by hand gives it.
  StopSpec stop = {};
};

/// A container that somebody else created, and the instance that it is to serve.
struct AdoptRequest {
  InstanceId instance;
  WorkloadName workload;
  Generation generation;
  std::string name;  ///< Its name, or the start of its id.
};

struct ContainerNotice {
  enum class Kind : std::uint8_t {
    kStarted,
    kExited,
    kRemoved,  ///< By whomever.
    kPaused,   ///< Frozen by somebody.
    kUnpaused,
    kHealth,     ///< Its image's HEALTHCHECK says something else: `health`.
    kRenamed,    ///< To `name`.
    kRestarted,  ///< With one command of the runtime's; its kExited and kStarted came before.
    /// The kernel killed a process of it for lack of memory, and it goes on.
    kChildOutOfMemory,
  };
  Kind kind = Kind::kStarted;
  ContainerId container;
  InstanceId instance;
  std::optional<ContainerExit> exit;  ///< kExited.
  ImageHealth health = ImageHealth::kNone;
  std::string name = {};
};

/// A command to run in a container, beside its main process.
struct ExecRequest {
  ContainerId container;
  std::vector<std::string> command;  ///< Its first word is looked up in the container's PATH.
  Duration timeout{};                ///< > 0; from its turn to its end.
};

/// How such a command ended.
struct ExecResult {
  int code = 0;        ///< Its exit code, 128 + n after signal n.
  std::string output;  ///< The first kExecOutputBytesMax of stdout and stderr, as they came.
  bool operator==(const ExecResult&) const = default;
};
inline constexpr std::size_t kExecOutputBytesMax = 4 * 1024;

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

struct LogFollowRequest {
  ContainerId container;
  std::optional<LogCursor> after = {};  ///< Nullopt: from the first line.
  /// Asked before more is read: while it returns false nothing is, so that a container that writes
  /// faster than its reader works fills no memory. Empty: always ready. (What the runtime discards
  /// meanwhile is reported as a gap.)
  std::function<bool()> ready = {};
};

struct LogLine {
  LogStream stream = LogStream::kStdout;  ///< Never kAny. A terminal has only stdout.
  std::int64_t stamp = 0;                 ///< As in LogPosition.
  /// Without its line end; at most kLogLineBytesMax of any bytes. Valid during the call.
  std::string_view text;
  bool truncated = false;  ///< `text` is the head of a longer line; the rest is dropped.
};
inline constexpr std::size_t kLogLineBytesMax = 64 * 1024;

/// Lines in the order in which the runtime has them.
struct LogBatch {
  const std::vector<LogLine>& lines;
  /// Whether these lines were written after the reader connected, whatever their stamps: the clock
  /// can have been set back. Else they are history.
  bool caught_up = false;
  LogCursor cursor;  ///< Where reading continues after these lines.
};

/// Lines that will never be read.
struct LogGap {
  enum class Cause : std::uint8_t {
    kRotated,  ///< The runtime discarded them before they were read.
    kDamaged,  ///< The runtime cannot read its own file.
  };
  Cause cause = Cause::kRotated;
  std::optional<std::int64_t> from;    ///< Stamp of the last line before; nullopt: there is none.
  std::int64_t to = 0;                 ///< Stamp of the first line after.
  std::optional<std::uint64_t> lines;  ///< How many, if that is known.
};

struct LogReaderState {
  enum class Kind : std::uint8_t {
    kCatchingUp,    ///< Connected; history comes.
    kCaughtUp,      ///< History has come; what comes is new. Silence means that nothing is written.
    kReconnecting,  ///< The reader is blind, and tries again with growing pauses.
    /// The container does not run, and all that it wrote was delivered. Goes on if it is started.
    kAtRest,
    /// The log cannot be read (the log driver cannot, or too many logs are followed). Tried again,
    /// but rarely.
    kUnreadable,
    kGone,  ///< The container was removed. The last state.
  };
  Kind kind = Kind::kCatchingUp;
  std::string reason = {};  ///< In words: kReconnecting, kUnreadable.
};

/// A reader at work. Destroying it ends the reading, also from within a handler; nothing is called
/// afterwards.
class LogFollower {
 public:
  virtual ~LogFollower() = default;
};

/// The container runtime of one node. It sees only containers with this node's label, and those
/// that were adopted. All calls and callbacks on the owner's loop; no call blocks it.
class ContainerRuntime {
 public:
  struct Handlers {
    std::function<void(ContainerNotice)> on_notice;
    /// Notices arrive (again): some might have been missed, so take an inventory.
    std::function<void()> on_watching;
    /// A notice was missed, for the reason given: take an inventory.
    std::function<void(Error)> on_missed;
    /// The runtime does not answer or its notices broke off; watching is retried automatically.
    std::function<void(Error)> on_lost;
  };

  struct LogHandlers {
    std::function<void(const LogBatch&)> on_lines;
    /// Comes before the lines after the gap; if that is before all lines (`from` is empty), at the
    /// end of history.
    std::function<void(const LogGap&)> on_gap;
    /// A state is reported once, when it begins.
    std::function<void(const LogReaderState&)> on_state;
  };

  virtual ~ContainerRuntime() = default;
  /// Starts watching; called once.
  virtual void watch(Handlers handlers) = 0;
  virtual void inventory(Completion<Inventory> done) = 0;
  virtual void create(ContainerRequest request, Completion<ContainerId> done) = 0;
  /// Idempotent: succeeds if the container runs already.
  virtual void start(const ContainerId& container, Completion<void> done) = 0;
  /// The signal of its StopSpec, and SIGKILL after `grace`. Idempotent: succeeds if the container
  /// is gone.
  virtual void stop(const ContainerId& container, Duration grace, Completion<void> done) = 0;
  /// Kills it if it runs. Idempotent: succeeds if the container is gone or about to go, which the
  /// next inventory shows.
  virtual void remove(const ContainerId& container, Completion<void> done) = 0;
  /// From here on the container is listed, given notice of and started like those with the node's
  /// label, and the runtime itself restarts it no more; how it did is remembered on the disk first.
  /// Idempotent: an instance that has an adopted container, which exists, is answered with that
  /// one. An instance of the same workload takes a container over from another one.
  ///
  /// Errors: kNotFound: there is no such container; kConflict: it cannot be adopted, in words;
  /// kExhausted: too many are adopted; kCorrupt: what was remembered is damaged.
  virtual void adopt(AdoptRequest request, Completion<Container> done) = 0;
  /// Puts a fresh container in the place of the adopted one, which must not run: with the same
  /// image, name, mounts, networks, environment and labels; not started. The old one is removed
  /// once the new one was started. One that was made like this and never started is answered as it
  /// is, and so is one that runs. kNotFound: the adopted container is gone, and forgotten.
  virtual void recreate(const InstanceId& instance, std::uint32_t restarts,
                        Completion<Container> done) = 0;
  /// The runtime restarts the instance's adopted container as it did before, and it is forgotten.
  /// It is not stopped. Idempotent: succeeds if the instance has none, or it is gone.
  virtual void let_go(const InstanceId& instance, Completion<void> done) = 0;
  /// Runs a command in a container. A command that ends has a result, whatever its exit code.
  ///
  /// Errors: kFailed: it cannot be run there (not found, no permission: exit codes 127 and 126);
  /// kNotFound: there is no such container; kConflict: it does not run, or is paused; kTimeout: the
  /// command outlived its timeout, and may go on in the container, since a runtime cannot end it;
  /// kExhausted: too many commands are waiting, or too many that outlived their timeouts still run
  /// in this container; kUnavailable: the runtime does not answer.
  virtual void exec(ExecRequest request, Completion<ExecResult> done) = 0;
  /// kNotFound: there is no such container.
  virtual void inspect(const ContainerId& container, Completion<ContainerDetails> done) = 0;
  /// Cheap enough for every container every few seconds. kConflict: it does not run; kNotFound:
  /// there is no such container.
  virtual void usage(const ContainerId& container, Completion<ContainerUsage> done) = 0;
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
  /// Follows a container's log, line by line, for as long as the follower lives. Each line after
  /// the cursor is delivered exactly once, or lies within a gap that is reported. Interruptions are
  /// overcome without end. A turn of the loop is given a bounded number of bytes, so that a
  /// container that writes without pause delays no other work.
  ///
  /// Handlers are not called from within this call. The runtime must outlive the follower.
  [[nodiscard]] virtual std::unique_ptr<LogFollower> follow_log(LogFollowRequest request,
                                                                LogHandlers handlers) = 0;
};

}  // namespace hearth
