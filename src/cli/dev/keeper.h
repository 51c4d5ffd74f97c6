#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "cli/dev/bounded_log.h"
#include "cli/dev/child.h"

namespace hearth {
struct Coroutine;
}

namespace hearth::cli {

/// Keeps one program running, as a service manager would: restarts it when it exits on its own, at
/// once at first and then after delays that double up to 5 s. A run of 10 s resets the delay.
///
/// Gives up, and calls `on_given_up`, after exit code 2 (by which the daemons report a wrong
/// command line or configuration), and after five exits in a row within a second of the start.
///
/// All on the loop.
class Keeper {
 public:
  struct Program {
    std::string name;  ///< For messages: "hearthd", "the agent of node-1".
    std::vector<std::string> command;
    std::filesystem::path log;
  };
  struct Handlers {
    std::function<void(std::string sentence)> on_ended_by_itself;
    std::function<void(std::string sentence)> on_given_up;
  };

  Keeper(boost::asio::io_context& loop, Program program, Handlers handlers);
  /// Kills the program, like kill().
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Starts the program, and restarts it whenever it exits.
  void start();
  /// Sends SIGKILL and restarts no more. Returns once the program is gone.
  void kill(Coroutine& coroutine);
  /// Sends SIGTERM, and SIGKILL after `grace`; restarts no more. Returns once it is gone.
  void stop(Duration grace, Coroutine& coroutine);
  /// Ends the grace of a stop() in progress.
  void hurry();
  /// Sends SIGSTOP, as if the machine hung; thaw() sends SIGCONT.
  void freeze();
  void thaw();
  bool wanted() const { return wanted_; }
  std::string last_words() const { return log_.last_line(); }

 private:
  struct Waiting;

  void launch();
  void on_end(int code);
  void wait_for_end(Duration timeout, Coroutine& coroutine);

  boost::asio::io_context& loop_;
  Program program_;
  Handlers handlers_;
  BoundedLog log_;
  std::optional<Child> child_;
  bool wanted_ = false;
  std::chrono::steady_clock::time_point started_at_;
  std::uint32_t restarts_ = 0;  ///< Since the start, or the last run of 10 s.
  unsigned short_runs_ = 0;     ///< Consecutive ones.
  std::unique_ptr<Waiting> waiting_;
};

}  // namespace hearth::cli
