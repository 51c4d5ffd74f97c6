#include "adapters/power/power_switchboard.h"

#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "base/check.h"

namespace hearth {

NonePowerDriver::NonePowerDriver(boost::asio::io_context& loop)
    : loop_(loop), alive_(std::make_shared<char>()) {}

void NonePowerDriver::switch_power(const NodeName& node, PowerVerb, Completion<void> done) {
  boost::asio::post(loop_, [alive = std::weak_ptr(alive_), node, done = std::move(done)] {
    if (alive.expired()) return;
    done(fail(ErrorCode::kNotFound,
              fmt::format("the power of node '{}' cannot be switched: name a driver for it under "
                          "\"power\" in config.json",
                          node.str())));
  });
}

PowerSwitchboard::PowerSwitchboard(std::unique_ptr<PowerDriver> fallback, Drivers drivers)
    : fallback_(std::move(fallback)), drivers_(std::move(drivers)) {
  HEARTH_CHECK(fallback_ != nullptr);
}

void PowerSwitchboard::switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) {
  const auto found = drivers_.find(node);
  PowerDriver& driver = found == drivers_.end() ? *fallback_ : *found->second;
  driver.switch_power(node, verb, std::move(done));
}

}  // namespace hearth
