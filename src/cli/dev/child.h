#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/dev/bounded_log.h"

namespace boost::asio {
class io_context;
}

namespace hearth::cli {

/// A child process that never outlives this one: the kernel kills it when the thread that started
/// it ends, however that ends (prctl(2), PR_SET_PDEATHSIG).
///
/// It has a process group of its own, so that a Ctrl-C in the terminal reaches only this process,
/// which then ends the child in order. Its output goes to a log. All calls on the loop; start() on
/// a thread that exists as long as the process.
class Child {
 public:
  /// `command` is the program's path and its arguments. `on_end` is called once from the loop,
  /// after all output is in the log, with the exit code (128 + n if signal n ended the program).
  /// `log` must outlive the child.
  static Result<Child> start(boost::asio::io_context& loop, const std::vector<std::string>& command,
                             BoundedLog& log, std::function<void(int code)> on_end);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  /// Kills the program if it runs, without calling `on_end`. The loop reaps it later.
  ~Child();

  /// Sends a signal to the whole group. Does nothing if the program has ended.
  void signal(int number);

 private:
  class State;
  explicit Child(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // Shared with the handlers that wait for the end and the output.
};

}  // namespace hearth::cli
