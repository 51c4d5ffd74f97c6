#include "adapters/loop/child_process.h"

#include <csignal>
#include <optional>

#include <gmock/gmock.h>
#include <boost/asio/io_context.hpp>

#include "adapters/loop/coroutine.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ChildProcessTest : public testing::Test {
 protected:
  static std::vector<std::string> shell(const std::string& script) {
    return {"/bin/sh", "-c", script};
  }
  Result<ProcessEnd> run(const std::string& script, std::string_view input = "",
                         Duration timeout = 20s) {
    std::optional<Result<ProcessEnd>> end;
    Result<ChildProcess> child = ChildProcess::start(loop_, shell(script), input);
    EXPECT_TRUE(child) << child.error().message;
    start_coroutine(loop_, [&](Coroutine& coroutine) { end = child->wait(timeout, coroutine); });
    loop_.restart();
    loop_.run();
    return *end;
  }

  boost::asio::io_context loop_;
};

TEST_F(ChildProcessTest, ReceivesItsInputAndReportsHowItEnded) {
  const auto end = run("read line; echo \"got $line\" >&2; exit 3", "a word\n");
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->code, 3);
  EXPECT_EQ(end->complaint, "got a word");
}

TEST_F(ChildProcessTest, AnEndBySignalGivesTheSignalsNumber) {
  const auto end = run("kill -SEGV $$");
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->code, 128 + SIGSEGV);
}

TEST_F(ChildProcessTest, AProgramThatExceedsItsTimeIsKilled) {
  const auto end = run("sleep 60", "", 30ms);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(end.error().message, HasSubstr("was killed"));
}

TEST_F(ChildProcessTest, KillEndsAWait) {
  Result<ChildProcess> child = ChildProcess::start(loop_, shell("sleep 60"), "");
  ASSERT_TRUE(child);
  std::optional<Result<ProcessEnd>> end;
  start_coroutine(loop_, [&](Coroutine& coroutine) { end = child->wait(20s, coroutine); });
  start_coroutine(loop_, [&](Coroutine&) { child->kill(); });
  loop_.run();
  ASSERT_TRUE(end && !*end);
  EXPECT_EQ(end->error().code, ErrorCode::kUnavailable);
}

TEST_F(ChildProcessTest, AMissingProgramIsReportedWithItsPath) {
  const auto child = ChildProcess::start(loop_, {"/nowhere/program"}, "");
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(child.error().message, HasSubstr("/nowhere/program"));
}

}  // namespace
}  // namespace hearth
