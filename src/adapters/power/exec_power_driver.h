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
  /// For the command and the checks, counted from the switch's turn; it waits for its turn half as
  /// long. > 0.
  Duration switch_timeout = std::chrono::seconds(30);
  /// Between two status queries.
  Duration poll_interval = std::chrono::milliseconds(500);
};

/// Switches power with a program of the operator, by the contract of the fence agents (ClusterLabs
/// FenceAgentAPI): options on stdin, one `name=value` per line, and the exit code as the answer.
/// docs/reference/power.md describes it with an example.
///
/// A command that reports success is verified: the program is asked for the `status` until the node
/// has the requested state or the timeout ends.
///
/// Errors: kFailed, with what the program wrote to stderr; kTimeout, with the last state seen;
/// kNotFound or kUnavailable if the program cannot be started; kExhausted if the switch was not
/// begun: its turn did not come in time, too many switches are in progress (kSwitchesMax), or this
/// machine cannot run another process.
///
/// Use on the loop only. Destroying it kills running programs. Switches in progress unwind in the
/// loop's next turns, which the owner must still run; their completions are not called.
class ExecPowerDriver : public PowerDriver {
 public:
  /// The bound of programs that run at once. A switch keeps its slot until it is done: if its
  /// checks had to queue as well, switches in progress would time out behind new ones. Further
  /// switches wait for a turn. A switch whose time runs out meanwhile is not begun: the node may
  /// have recovered on its own by then.
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
