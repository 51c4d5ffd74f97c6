#include "cli/dev/power_protocol.h"

#include <sys/stat.h>

#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "cli/dev/power_socket.h"
#include "testing/disk/temporary_directory.h"

namespace hearth::cli {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

NodeName node(const char* name) {
  return *NodeName::parse(name);
}

class PowerSocketTest : public testing::Test {
 protected:
  PowerSocketTest() : thread_([this] { loop_.run(); }) {
    run([this] {
      auto socket = PowerSocket::listen(
          loop_, path_, [](const PowerQuestion& question, Coroutine&) -> Result<std::string> {
            if (question.node.str() == "node-9") return fail(ErrorCode::kNotFound, "no such node");
            return std::string(name_of(question.action)) + " " + question.node.str();
          });
      EXPECT_TRUE(socket) << socket.error().message;
      socket_ = *std::move(socket);
    });
  }
  ~PowerSocketTest() override {
    run([this] { socket_.reset(); });
    guard_.reset();
    thread_.join();
  }
  template <class Work>
  void run(Work work) {
    std::packaged_task<void()> task(std::move(work));
    auto done = task.get_future();
    boost::asio::post(loop_, [&task] { task(); });
    done.get();
  }
  std::string raw(std::string_view line) const {
    boost::asio::io_context loop;
    boost::asio::local::stream_protocol::socket socket(loop);
    socket.connect({path_.string()});
    boost::asio::write(socket, boost::asio::buffer(line));
    socket.shutdown(boost::asio::socket_base::shutdown_send);
    std::string answer;
    boost::system::error_code ended;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(answer), '\n', ended);
    return answer;
  }

  TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_ / "power.sock";
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      loop_.get_executor()};
  std::unique_ptr<PowerSocket> socket_;
  std::thread thread_;
};

TEST_F(PowerSocketTest, AnswersAQuestionOfEachKind) {
  for (const char* action : {"off", "on", "status", "freeze", "thaw"}) {
    const auto answer =
        ask_power(path_, {*parse_power_action(action), node("node-2")}, seconds(30));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, std::string(action) + " node-2");
  }
}

TEST_F(PowerSocketTest, HandsOnWhatWentWrong) {
  const auto answer = ask_power(path_, {PowerAction::kOff, node("node-9")}, seconds(30));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), (Error{ErrorCode::kFailed, "no such node"}));
}

TEST_F(PowerSocketTest, WhatIsNoQuestionIsAnsweredInWords) {
  EXPECT_THAT(raw("{\"action\":\"explode\",\"node\":\"node-1\"}\n"),
              HasSubstr("must be one of: off, on, status, freeze, thaw"));
  EXPECT_THAT(raw("nonsense\n"), HasSubstr("\"ok\":false"));
  EXPECT_EQ(raw(std::string(kPowerLineBytesMax + 1, 'x')), "") << "too long: closed";
  EXPECT_EQ(raw("no end of line"), "");
}

TEST_F(PowerSocketTest, IsForThisUserAlone) {
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST(AskPower, SaysWhenNobodyListens) {
  const TemporaryDirectory folder;
  const auto answer =
      ask_power(folder / "absent.sock", {PowerAction::kOn, node("node-1")}, seconds(5));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("is 'hearth dev' running?"));
}

TEST(PowerSocket, APathThatNoSocketCanHaveIsRefusedInWords) {
  boost::asio::io_context loop;
  const auto socket = PowerSocket::listen(loop, "/tmp/" + std::string(120, 'x'), nullptr);
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().message, HasSubstr("choose a shorter --state"));
}

}  // namespace
}  // namespace hearth::cli
