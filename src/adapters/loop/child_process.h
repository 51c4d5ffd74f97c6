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
  int code = 0;  ///< Its exit code; 128 + n if signal n ended it.
  std::string
      complaint;  ///< The end of what it wrote to stderr, as one line without control codes.
};

/// One run of a program of the operator's: in a process group of its own, in "/", with a clean
/// environment (PATH and LANG), no descriptor of ours, `input` and then the end on stdin, and
/// nobody who listens on stdout.
///
/// No shell is in between, no thread, no handler of SIGCHLD: its end is told by a pidfd. It never
/// stays behind as a zombie, as long as the loop runs.
///
/// All on the loop. Destroying it leaves a program that still runs to itself; kill() before.
class ChildProcess {
 public:
  /// At most PIPE_BUF.
  static constexpr std::size_t kInputBytesMax = 4096;
  /// What it may write to stderr; one that writes more is killed. The last 1 KiB is kept.
  static constexpr std::size_t kOutputBytesMax = 1024 * 1024;

  /// kNotFound or kUnavailable, with the path, if it cannot be started; kExhausted if this process
  /// has no room for one more (files, processes, memory). `command` is the absolute path of the
  /// program and its arguments.
  static Result<ChildProcess> start(boost::asio::io_context& loop,
                                    const std::vector<std::string>& command,
                                    std::string_view input);

  /// Waits until it has ended, killing the whole group after `timeout`. kTimeout: it was killed.
  /// kFailed: as well, for it wrote too much. kUnavailable: kill() was called.
  ///
  /// What it has started and left running goes on, if it ended by itself: a script may start the
  /// very machine that it switches on.
  Result<ProcessEnd> wait(Duration timeout, Coroutine& coroutine);

  /// Kills the whole group, and ends a wait() that is going on.
  void kill();

 private:
  class State;
  explicit ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;  // Shared with the handler that reaps it, however late.
};

}  // namespace hearth
