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

/// Keeps one program running, as a service manager would: what ends by itself is started again, at
/// once and then after doubling waits up to 5 s; running for 10 s forgets them.
///
/// Some ends are final, and told by `on_given_up`: exit code 2 (the daemons' word for a wrong
/// command line or configuration), and five ends in a row within a second of the start.
///
/// All on the loop.
class Keeper {
 public:
  struct Program {
    std::string name;  ///< For people: "hearthd", "the agent of node-1".
    std::vector<std::string> command;
    std::filesystem::path log;
  };
  struct Handlers {
    std::function<void(std::string sentence)> on_ended_by_itself;
    std::function<void(std::string sentence)> on_given_up;
  };

  Keeper(boost::asio::io_context& loop, Program program, Handlers handlers);
  /// As kill().
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Wanted from now on.
  void start();
  /// SIGKILL, and not wanted from now on. Returns once it is gone.
  void kill(Coroutine& coroutine);
  /// SIGTERM, and SIGKILL after `grace`; not wanted from now on. Returns once it is gone.
  void stop(Duration grace, Coroutine& coroutine);
  /// Ends the grace of a stop() that is under way.
  void hurry();
  /// SIGSTOP, SIGCONT: a machine that hangs.
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
  Duration delay_{};         ///< Before the next start.
  unsigned short_runs_ = 0;  ///< In a row.
  std::unique_ptr<Waiting> waiting_;
};

}  // namespace hearth::cli
