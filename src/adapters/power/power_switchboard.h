#pragma once

#include <map>
#include <memory>

#include "ports/power_driver.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// For nodes whose power nobody can switch: always kNotFound, with what would help.
class NonePowerDriver : public PowerDriver {
 public:
  explicit NonePowerDriver(boost::asio::io_context& loop);

  void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) override;

 private:
  boost::asio::io_context& loop_;
  const std::shared_ptr<char> alive_;  ///< What was posted is dropped when this is gone.
};

/// Sends each node's switch to the driver that the configuration names for it.
class PowerSwitchboard : public PowerDriver {
 public:
  using Drivers = std::map<NodeName, std::unique_ptr<PowerDriver>>;

  /// `fallback` is for the nodes that `drivers` does not name. None is null.
  PowerSwitchboard(std::unique_ptr<PowerDriver> fallback, Drivers drivers);

  void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) override;

 private:
  std::unique_ptr<PowerDriver> fallback_;
  Drivers drivers_;
};

}  // namespace hearth
