#include "cli/dev/power_protocol.h"

#include <sys/stat.h>

#include <future>
#include <thread>

#include <fmt/format.h>
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
using testing::StartsWith;

NodeName node(const char* name) {
  return *NodeName::parse(name);
}

class PowerSocketTest : public testing::Test {
 protected:
  PowerSocketTest() : thread_([this] { loop_.run(); }) {
    run([this] {
      auto socket = PowerSocket::listen(
          loop_, path_, [this](const PowerQuestion& question, Coroutine&) -> Result<PowerState> {
            if (question.node.str() == "node-9") return fail(ErrorCode::kNotFound, "no such\nnode");
            asked_ += fmt::format("{} {}\n", name_of(question.action), question.node.str());
            return question.action == PowerAction::kOn ? PowerState::kOn : PowerState::kOff;
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
  std::string asked_;  ///< Written on the loop, before the answer.
  std::unique_ptr<PowerSocket> socket_;
  std::thread thread_;
};

TEST_F(PowerSocketTest, AnswersAQuestionOfEachKind) {
  for (const char* action : {"off", "on", "status", "freeze", "thaw"}) {
    const auto answer =
        ask_power(path_, {*parse_power_action(action), node("node-2")}, seconds(30));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, std::string(action) == "on" ? PowerState::kOn : PowerState::kOff);
  }
  EXPECT_EQ(asked_, "off node-2\non node-2\nstatus node-2\nfreeze node-2\nthaw node-2\n");
}

TEST_F(PowerSocketTest, PassesOnTheErrorMessage) {
  const auto answer = ask_power(path_, {PowerAction::kOff, node("node-9")}, seconds(30));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), (Error{ErrorCode::kFailed, "no such node"}));
}

TEST_F(PowerSocketTest, AnInvalidQuestionIsAnsweredInWords) {
  EXPECT_EQ(raw("action=explode\nport=node-1\n\n"),
            "1 action: must be one of: off, on, status, freeze, thaw\n");
  EXPECT_THAT(raw("action=off\n\n"), StartsWith("1 port: a name must not be empty"));
  EXPECT_THAT(raw("nonsense\n\n"), StartsWith("1 action: "));
  EXPECT_EQ(raw(std::string(kPowerTextBytesMax + 1, 'x')), "") << "too long: closed";
  EXPECT_EQ(raw("action=off\nport=node-1"), "") << "no end: closed";
}

// Goal: the input that hearthd's exec driver gives a power program can be forwarded unchanged, and
// the answer's code is the exit code.
TEST_F(PowerSocketTest, SpeaksThePowerProgramsContract) {
  EXPECT_EQ(raw("action=off\nport=node-2\n\n"), "0 off\n");
  EXPECT_EQ(raw("option=new\nport=node-2\naction=status\n\n"), "2 off\n") << "2: it is off";
  EXPECT_EQ(raw("action=on\nport=node-2\n\n"), "0 on\n");
  EXPECT_EQ(power_exit_code(PowerAction::kStatus, PowerState::kOn), 0);
}

TEST_F(PowerSocketTest, IsForThisUserAlone) {
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST(AskPower, SaysThatNothingListens) {
  const TemporaryDirectory folder;
  const auto answer =
      ask_power(folder / "absent.sock", {PowerAction::kOn, node("node-1")}, seconds(5));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("is 'hearth dev' running?"));
}

TEST(PowerSocket, APathTooLongForASocketIsRefusedInWords) {
  boost::asio::io_context loop;
  const auto socket = PowerSocket::listen(loop, "/tmp/" + std::string(120, 'x'), nullptr);
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().message, HasSubstr("choose a shorter --state"));
}

}  // namespace
}  // namespace hearth::cli
