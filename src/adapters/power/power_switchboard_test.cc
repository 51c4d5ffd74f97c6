#include "adapters/power/power_switchboard.h"

#include <optional>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

NodeName node(std::string_view text) {
  return *NodeName::parse(text);
}

/// Records the switches it receives.
class FakeDriver : public PowerDriver {
 public:
  FakeDriver(std::string name, std::vector<std::string>& reported)
      : name_(std::move(name)), reported_(reported) {}

  void switch_power(const NodeName& node, PowerVerb verb, Completion<void>) override {
    reported_.push_back(name_ + " " + node.str() + " " + std::string(name_of(verb)));
  }

 private:
  const std::string name_;
  std::vector<std::string>& reported_;
};

TEST(PowerSwitchboard, EachNodeHasItsDriverAndTheRestHaveTheFallback) {
  std::vector<std::string> reported;
  PowerSwitchboard::Drivers drivers;
  drivers.emplace(node("node-1"), std::make_unique<FakeDriver>("special", reported));
  PowerSwitchboard board(std::make_unique<FakeDriver>("usual", reported), std::move(drivers));
  board.switch_power(node("node-1"), PowerVerb::kOff, [](const Result<void>&) {});
  board.switch_power(node("node-2"), PowerVerb::kOn, [](const Result<void>&) {});
  EXPECT_THAT(reported, ElementsAre("special node-1 off", "usual node-2 on"));
}

TEST(NonePowerDriver, NamesTheRemedy) {
  boost::asio::io_context loop;
  NonePowerDriver driver(loop);
  std::optional<Result<void>> outcome;
  driver.switch_power(node("node-1"), PowerVerb::kOff,
                      [&](Result<void> result) { outcome = std::move(result); });
  EXPECT_EQ(outcome, std::nullopt);
  loop.run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error().code, ErrorCode::kNotFound);
  EXPECT_THAT(outcome->error().message, HasSubstr("power of node 'node-1'"));
}

TEST(NonePowerDriver, CompletionsAreDroppedOnceItIsDestroyed) {
  boost::asio::io_context loop;
  {
    NonePowerDriver driver(loop);
    driver.switch_power(node("node-1"), PowerVerb::kOff, [](const Result<void>&) { FAIL(); });
  }
  loop.run();
}

}  // namespace
}  // namespace hearth
