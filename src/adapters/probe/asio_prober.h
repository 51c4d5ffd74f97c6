#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/completion.h"
#include "ports/prober.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// How a command in a container ended.
struct CommandEnd {
  int code = 0;        ///< Its exit code.
  std::string output;  ///< The start of what it wrote.
};

/// Runs a command in a container, as ContainerRuntime does. Errors: kFailed: it cannot be run there
/// (no such program); kTimeout: it outlived its timeout. Any other: it was not run, which says
/// nothing about the container.
using ExecRunner =
    std::function<void(const ContainerId& container, std::vector<std::string> command,
                       Duration timeout, Completion<CommandEnd> done)>;

/// Prober on a loop, without a thread.
///
/// - http: one GET on a connection of its own. A status of 200 to 399 is a success; a redirect is
///   one, and is not followed. Only the head of the answer is read, at most kHeadBytesMax of it.
/// - tcp: a connection that is accepted is a success, and is closed at once.
/// - exec: an exit code of 0 is a success.
///
/// A timeout that this process itself noticed late (a paused machine, a starved processor) is
/// kNotRun: the answer may have been there in time.
class AsioProber final : public Prober {
 public:
  static constexpr std::size_t kHeadBytesMax = 8 * 1024;
  /// By how much later than the timeout a timeout may be noticed to count as one.
  static constexpr Duration kLatenessMax = std::chrono::milliseconds(250);

  /// The loop, and what `exec` uses, must outlive this. `checks_max`: checks in progress at once.
  AsioProber(boost::asio::io_context& loop, ExecRunner exec, std::size_t checks_max = kChecksMax);
  /// Breaks off checks in progress and drops their callbacks. A command in a container goes on.
  ~AsioProber() override;

  void run(ProbeRequest request, std::function<void(ProbeResult)> done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;  // Shared with the coroutines and timers of its checks.
};

}  // namespace hearth
