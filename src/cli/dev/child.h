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

/// A program that runs as our child, and never longer than we do: the kernel kills it when the
/// thread that started it ends, however it ends (prctl(2), PR_SET_PDEATHSIG).
///
/// It has a process group of its own, so that a Ctrl-C in our terminal reaches us alone and we end
/// it in order. What it writes goes to a log. All on the loop; started on a thread that lives as
/// long as the process.
class Child {
 public:
  /// `command` is the program's path and its arguments. `on_end` is called once from the loop,
  /// after all it wrote is in the log, with its exit code (128 + n if signal n ended it). `log`
  /// must outlive it.
  static Result<Child> start(boost::asio::io_context& loop, const std::vector<std::string>& command,
                             BoundedLog& log, std::function<void(int code)> on_end);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  /// Kills it if it runs; `on_end` is not called any more. It is reaped by the loop's next turns.
  ~Child();

  /// To the whole group. Nothing happens if it has ended.
  void signal(int number);

 private:
  class State;
  explicit Child(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // Shared with the handlers that wait for its end and its output.
};

}  // namespace hearth::cli
