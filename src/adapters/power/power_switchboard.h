#pragma once

#include <map>
#include <memory>

#include "ports/power_driver.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// For nodes whose power cannot be switched: always kNotFound, with the remedy.
class NonePowerDriver : public PowerDriver {
 public:
  explicit NonePowerDriver(boost::asio::io_context& loop);

  void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) override;

 private:
  boost::asio::io_context& loop_;
  const std::shared_ptr<char> alive_;  ///< Once this is gone, posted completions are dropped.
};

/// Passes each node's switches to the driver configured for it.
class PowerSwitchboard : public PowerDriver {
 public:
  using Drivers = std::map<NodeName, std::unique_ptr<PowerDriver>>;

  /// `fallback` serves the nodes missing from `drivers`. No pointer may be null.
  PowerSwitchboard(std::unique_ptr<PowerDriver> fallback, Drivers drivers);

  void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) override;

 private:
  std::unique_ptr<PowerDriver> fallback_;
  Drivers drivers_;
};

}  // namespace hearth
