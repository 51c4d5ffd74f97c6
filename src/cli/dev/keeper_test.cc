// Real processes (of /bin/sh) and a real loop. A wait ends once its condition holds.

#include "cli/dev/keeper.h"

#include <signal.h>

#include <algorithm>
#include <functional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "adapters/file/file.h"
#include "adapters/loop/coroutine.h"
#include "testing/disk/temporary_directory.h"

namespace hearth::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class KeeperTest : public testing::Test {
 protected:
  std::unique_ptr<Keeper> keeper(const std::string& script) {
    return std::make_unique<Keeper>(
        loop_, Keeper::Program{"the program", {"/bin/sh", "-c", script}, folder_ / "log"},
        Keeper::Handlers{[this](std::string words) { ended_.push_back(std::move(words)); },
                         [this](std::string words) { given_up_.push_back(std::move(words)); }});
  }

  /// Runs the loop until `holds()`; false after a time that no machine needs.
  bool until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(30);
    while (!holds() && std::chrono::steady_clock::now() < deadline) {
      loop_.restart();
      loop_.run_for(milliseconds(5));
    }
    return holds();
  }
  void as_coroutine(std::function<void(Coroutine&)> body) {
    bool done = false;
    start_coroutine(loop_, [&, body](Coroutine& coroutine) {
      body(coroutine);
      done = true;
    });
    EXPECT_TRUE(until([&] { return done; }));
  }
  std::string log() const { return read_file(folder_ / "log", 1 << 20)->value_or(""); }
  std::size_t lines() const {
    const std::string text = log();
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  /// False also for a process that has ended but that its new parent has not reaped yet.
  static bool lives(pid_t pid) {
    const auto stat = read_file(fmt::format("/proc/{}/stat", pid), 4096);
    return stat && stat->has_value() && (*stat)->find(") Z ") == std::string::npos;
  }

  TemporaryDirectory folder_;
  boost::asio::io_context loop_{1};
  std::vector<std::string> ended_;
  std::vector<std::string> given_up_;
};

TEST_F(KeeperTest, RestartsAProgramAtOnceAndReportsItsLastLine) {
  const auto kept = keeper(fmt::format(
      "echo begun; mkdir '{}' 2>/dev/null && exit 7; exec sleep 60", (folder_ / "once").string()));
  kept->start();
  ASSERT_TRUE(until([&] { return lines() == 2; })) << log();
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0], "the program exited on its own (code 7: begun); restarting it");
  as_coroutine([&](Coroutine& coroutine) { kept->kill(coroutine); });
}

TEST_F(KeeperTest, GivesUpAfterAWrongCommandLine) {
  const auto kept = keeper("echo 'config.json: no'; exit 2");
  kept->start();
  ASSERT_TRUE(until([&] { return !given_up_.empty(); }));
  EXPECT_THAT(given_up_[0], HasSubstr("code 2: config.json: no"));
  EXPECT_FALSE(kept->wanted());
}

TEST_F(KeeperTest, GivesUpAfterFiveShortRunsInARow) {
  const auto kept = keeper("echo again; exit 1");
  kept->start();
  ASSERT_TRUE(until([&] { return !given_up_.empty(); }));
  EXPECT_EQ(ended_.size(), 4U);
  EXPECT_EQ(lines(), 5U);
}

TEST_F(KeeperTest, ReportsAMissingProgram) {
  Keeper kept(loop_, {"the program", {"/absent/program"}, folder_ / "log"},
              {[](const std::string&) {},
               [this](std::string words) { given_up_.push_back(std::move(words)); }});
  kept.start();
  ASSERT_EQ(given_up_.size(), 1U);
  EXPECT_THAT(given_up_[0], HasSubstr("/absent/program"));
}

TEST_F(KeeperTest, KillEndsTheWholeGroupEvenIfFrozenAndRestartsNothing) {
  const auto kept = keeper("sleep 61 & echo $!; echo $$; wait");
  kept->start();
  ASSERT_TRUE(until([&] { return lines() == 2; }));
  const std::string text = log();
  const pid_t grandchild = std::stoi(text);
  kept->freeze();
  as_coroutine([&](Coroutine& coroutine) { kept->kill(coroutine); });
  EXPECT_FALSE(lives(std::stoi(text.substr(text.find('\n')))));
  EXPECT_TRUE(until([&] { return !lives(grandchild); }));
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(lines(), 2U);
  kept->start();
  EXPECT_TRUE(until([&] { return lines() == 4; })) << "a new process";
  as_coroutine([&](Coroutine& coroutine) { kept->kill(coroutine); });
}

TEST_F(KeeperTest, StopSendsSigtermAndKillsAfterTheGrace) {
  const auto polite =
      keeper("trap 'echo bye; exit 0' TERM; echo begun; while :; do sleep 0.01; done");
  polite->start();
  ASSERT_TRUE(until([&] { return lines() == 1; }));
  as_coroutine([&](Coroutine& coroutine) { polite->stop(seconds(30), coroutine); });
  EXPECT_THAT(log(), HasSubstr("bye"));
  const auto deaf = keeper("trap '' TERM; echo deaf; while :; do sleep 0.01; done");
  deaf->start();
  ASSERT_TRUE(until([&] { return lines() == 3; }));
  as_coroutine([&](Coroutine& coroutine) { deaf->stop(milliseconds(20), coroutine); });
  EXPECT_TRUE(ended_.empty());
}

}  // namespace
}  // namespace hearth::cli
