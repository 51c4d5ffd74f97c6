#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace boost::asio {
class io_context;
}
namespace hearth {
struct Coroutine;
}

namespace hearth {

/// How a program ended.
struct ProcessEnd {
  int code = 0;           ///< Its exit code; 128 + n if signal n ended it.
  std::string complaint;  ///< The end of its stderr, as one line without control codes.
};

/// One run of an operator's program: in its own process group, in "/", with a clean environment
/// (PATH and LANG), without our descriptors. Its stdin is `input`, then end of file; its stdout is
/// discarded.
///
/// No shell, thread or SIGCHLD handler is involved: a pidfd reports the end. No zombie is left
/// behind as long as the loop runs.
///
/// Use on the loop only. Destroying the object leaves a running program alone; call kill() first to
/// end it.
class ChildProcess {
 public:
  /// At most PIPE_BUF.
  static constexpr std::size_t kInputBytesMax = 4096;
  /// The limit of what it may write to stderr; beyond that it is killed. The last 1 KiB is kept.
  static constexpr std::size_t kOutputBytesMax = 1024 * 1024;

  /// kNotFound or kUnavailable, with the path, if the program cannot be started; kExhausted if this
  /// process has reached a limit (files, processes, memory). `command` is the program's absolute
  /// path and its arguments.
  static Result<ChildProcess> start(boost::asio::io_context& loop,
                                    const std::vector<std::string>& command,
                                    std::string_view input);

  /// Waits until the program has ended; kills the whole group after `timeout`. kTimeout: it was
  /// killed. kFailed: it was killed because it wrote too much. kUnavailable: kill() was called.
  ///
  /// Processes that it left running survive if it ended on its own: a script may start the very
  /// machine that it switches on.
  Result<ProcessEnd> wait(Duration timeout, Coroutine& coroutine);

  /// Kills the whole group and ends a wait() in progress.
  void kill();

 private:
  class State;
  explicit ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;  // Shared with the handler that reaps it, however late.
};

}  // namespace hearth
