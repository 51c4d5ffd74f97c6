#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "base/time.h"
#include "ports/power_driver.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

struct DevPowerConfig {
  std::filesystem::path socket;                        ///< Where `hearth dev` listens.
  Duration switch_timeout = std::chrono::seconds(30);  ///< For a whole switch. > 0.
};

/// Switches the dev nodes of this machine, by asking the `hearth dev` that runs them. Over a unix
/// socket, one question a connection, one line of JSON each way:
///
///     {"action":"off","node":"node-2"}        or "on"
///     {"ok":true,"state":"off"}               or {"ok":false,"error":"…"}
///
/// Errors: kFailed with the words of `hearth dev`; kTimeout; kUnavailable if nobody listens;
/// kCorrupt for an answer that is none.
///
/// All on the loop. Destroying it breaks everything off; what was under way winds up in the loop's
/// next turns, which the owner must still run, and calls nobody.
class DevPowerDriver : public PowerDriver {
 public:
  DevPowerDriver(boost::asio::io_context& loop, DevPowerConfig config);
  ~DevPowerDriver() override;

  void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace hearth
