#include "adapters/power/dev_power_driver.h"

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using boost::asio::local::stream_protocol;
using testing::HasSubstr;
using namespace std::chrono_literals;

class DevPowerDriverTest : public testing::Test {
 protected:
  /// Plays `hearth dev` for one question, which it notes.
  void answer(std::string reply) {
    acceptor_.emplace(loop_, stream_protocol::endpoint(socket()));
    acceptor_->async_accept([this, reply = std::move(reply)](const boost::system::error_code& ec,
                                                             stream_protocol::socket peer) {
      if (ec) return;
      peer_.emplace(std::move(peer));
      boost::asio::async_read_until(*peer_, asked_, '\n', [this, reply](auto, std::size_t) {
        boost::asio::write(*peer_, boost::asio::buffer(reply));
        if (!reply.empty()) peer_.reset();
      });
    });
  }

  Result<void> switch_power(PowerVerb verb, Duration timeout = 5s) {
    DevPowerDriver driver(loop_, {.socket = socket(), .switch_timeout = timeout});
    std::optional<Result<void>> outcome;
    driver.switch_power(node_, verb, [&](Result<void> result) { outcome = std::move(result); });
    EXPECT_EQ(outcome, std::nullopt) << "called from within the call";
    loop_.restart();
    while (!outcome) loop_.run_one();
    return *outcome;
  }

  std::string asked() {
    return {boost::asio::buffers_begin(asked_.data()), boost::asio::buffers_end(asked_.data())};
  }
  std::string socket() const { return (folder_ / "socket").string(); }

  const TemporaryDirectory folder_;
  boost::asio::io_context loop_;
  std::optional<stream_protocol::acceptor> acceptor_;
  std::optional<stream_protocol::socket> peer_;
  boost::asio::streambuf asked_;
  const NodeName node_ = *NodeName::parse("node-2");
};

TEST_F(DevPowerDriverTest, AsksAndTakesTheAnswer) {
  answer("{\"ok\":true,\"state\":\"off\"}\n");
  EXPECT_TRUE(switch_power(PowerVerb::kOff).has_value());
  EXPECT_EQ(asked(), "{\"action\":\"off\",\"node\":\"node-2\"}\n");
}

TEST_F(DevPowerDriverTest, ARefusalIsTold) {
  answer("{\"ok\":false,\"error\":\"no node 'node-2'\"}\n");
  EXPECT_EQ(switch_power(PowerVerb::kOn).error(),
            (Error{ErrorCode::kFailed, "hearth dev: no node 'node-2'"}));
}

TEST_F(DevPowerDriverTest, AnotherStateThanWantedIsAFailure) {
  answer("{\"ok\":true,\"state\":\"on\"}\n");
  EXPECT_EQ(switch_power(PowerVerb::kOff).error().code, ErrorCode::kFailed);
}

TEST_F(DevPowerDriverTest, WhatIsNoAnswerIsCorrupt) {
  for (const std::string& garbage : {std::string("on\n"), std::string("{}\n"),
                                     std::string("{\"ok\":1}\n"), std::string(5000, 'x') + "\n"}) {
    answer(garbage);
    EXPECT_EQ(switch_power(PowerVerb::kOff).error().code, ErrorCode::kCorrupt) << garbage;
    acceptor_.reset();
    asked_.consume(asked_.size());
    std::filesystem::remove(socket());
  }
}

TEST_F(DevPowerDriverTest, NobodyThereIsUnavailable) {
  const Error error = switch_power(PowerVerb::kOff).error();
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("is 'hearth dev' running?"));
  EXPECT_THAT(error.message, HasSubstr(socket()));
}

TEST_F(DevPowerDriverTest, OneThatDoesNotAnswerIsATimeout) {
  answer("");
  EXPECT_EQ(switch_power(PowerVerb::kOff, 50ms).error().code, ErrorCode::kTimeout);
}

TEST_F(DevPowerDriverTest, DestroyingItCallsNobody) {
  answer("");
  {
    DevPowerDriver driver(loop_, {.socket = socket()});
    driver.switch_power(node_, PowerVerb::kOff, [](const Result<void>&) { FAIL(); });
    while (asked().empty()) loop_.run_one();
  }
  loop_.run();
}

}  // namespace
}  // namespace hearth
