#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "ports/power_driver.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

struct ExecPowerConfig {
  std::vector<std::string> command;  ///< The program's absolute path, then arguments.
  /// For the command and the checks, from its turn on. Half of it is what it waits for its turn. >
  /// 0.
  Duration switch_timeout = std::chrono::seconds(30);
  /// Between two questions whether the state was reached.
  Duration poll_interval = std::chrono::milliseconds(500);
};

/// Switches power by a program of the operator's, by the contract of the fence agents (ClusterLabs
/// FenceAgentAPI): options on stdin, one `name=value` a line, and the exit code as the answer.
/// docs/reference/power.md tells it with an example.
///
/// A command that says "done" is not believed: it is asked for the `status` until that is what it
/// should be, within the timeout.
///
/// Errors: kFailed, with what the program wrote to stderr; kTimeout, with what was seen last;
/// kNotFound or kUnavailable if the program cannot be started; kExhausted if it was not begun: its
/// turn did not come in time, too many switches are under way (kSwitchesMax), or this machine has
/// no room for one more process.
///
/// All on the loop. Destroying it kills the programs that run; what was under way winds up in the
/// loop's next turns, which the owner must still run, and calls nobody.
class ExecPowerDriver : public PowerDriver {
 public:
  /// So many programs run at once, each switch having one until it is done: were the checks to wait
  /// in line as well, what was begun would time out behind what was not. Further switches wait
  /// their turn. One whose time runs out meanwhile is not begun: by then the node may have come
  /// back by itself.
  static constexpr std::size_t kProgramsMax = 16;
  static constexpr std::size_t kSwitchesMax = 1024;

  ExecPowerDriver(boost::asio::io_context& loop, ExecPowerConfig config);
  ~ExecPowerDriver() override;

  void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace hearth
