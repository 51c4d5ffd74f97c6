#include "adapters/power/exec_power_driver.h"

#include <cerrno>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include "adapters/file/file.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// The start of every script below: reads the options into variables.
constexpr std::string_view kReadOptions =
    "#!/bin/sh\n"
    "while IFS='=' read -r name value; do eval \"$name=\\$value\"; done\n";

class ExecPowerDriverTest : public testing::Test {
 protected:
  /// A program that runs `body` in this test's folder, with $action and $port.
  void script(std::string_view body) const {
    const fs::path path = folder_ / "power";
    std::ofstream(path) << kReadOptions << "cd " << folder_.path().string() << "\n" << body;
    fs::permissions(path, fs::perms::owner_all);
  }

  ExecPowerConfig config() const {
    return {.command = {folder_ / "power"}, .switch_timeout = 5s, .poll_interval = 1ms};
  }

  Result<void> switch_power(PowerVerb verb, ExecPowerConfig config) {
    ExecPowerDriver driver(loop_, std::move(config));
    std::optional<Result<void>> outcome;
    driver.switch_power(node_, verb, [&](Result<void> result) { outcome = std::move(result); });
    EXPECT_EQ(outcome, std::nullopt) << "called from within the call";
    loop_.restart();
    loop_.run();
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    EXPECT_EQ(errno, ECHILD);
    return outcome.value();
  }
  Result<void> switch_power(PowerVerb verb) { return switch_power(verb, config()); }
  Error error_of(PowerVerb verb) { return switch_power(verb).error(); }

  std::string content(const fs::path& name) const {
    return read_file(folder_ / name, 1 << 20).value().value_or("");
  }

  /// Whether the process whose pid a script wrote to a file still runs.
  bool runs(const fs::path& pid_file) const {
    std::ifstream stat("/proc/" + std::to_string(std::stoi(content(pid_file))) + "/stat");
    std::string line;
    return std::getline(stat, line) && line.find(") Z ") == std::string::npos;
  }

  const TemporaryDirectory folder_;
  boost::asio::io_context loop_;
  const NodeName node_ = *NodeName::parse("node-2");
};

/// Stores the action in a file and reports it as `status`.
constexpr std::string_view kHonest =
    "case $action in\n"
    "status) [ \"$(cat state)\" = on ] || exit 2 ;;\n"
    "*) echo $action >> switched; echo $action > state ;;\n"
    "esac\n";

TEST_F(ExecPowerDriverTest, SwitchesOffAndOn) {
  script(kHonest);
  EXPECT_TRUE(switch_power(PowerVerb::kOff).has_value());
  EXPECT_EQ(content("state"), "off\n");
  EXPECT_TRUE(switch_power(PowerVerb::kOn).has_value());
  EXPECT_EQ(content("state"), "on\n");
}

TEST_F(ExecPowerDriverTest, PassesActionAndNodeOnStdinAndArgumentsUnchanged) {
  std::ofstream(folder_ / "power") << "#!/bin/sh\ncd " << folder_.path().string()
                                   << "\ncat > input\nprintf '%s|' \"$@\" > arguments\nexit 3\n";
  fs::permissions(folder_ / "power", fs::perms::owner_all);
  ExecPowerConfig with_arguments = config();
  with_arguments.command.insert(with_arguments.command.end(), {"--rack", "4 $HOME; x"});
  EXPECT_FALSE(switch_power(PowerVerb::kOff, with_arguments).has_value());
  EXPECT_EQ(content("input"), "action=off\nport=node-2\n");
  EXPECT_EQ(content("arguments"), "--rack|4 $HOME; x|");
}

TEST_F(ExecPowerDriverTest, TheProgramInheritsNothing) {
  ::setenv("HEARTH_TEST_SECRET", "s3cret", 1);
  std::ofstream(folder_ / "power")
      << "#!/bin/sh\ntr '\\0' '\\n' < /proc/$$/environ > " << (folder_ / "environment").string()
      << "\npwd >&2\nexec ls /proc/self/fd /none >&2\n";
  fs::permissions(folder_ / "power", fs::perms::owner_all);
  const int ours = ::open("/dev/null", O_RDONLY);  // Not closed by an exec().
  // 3 is the folder that `ls` lists; it fails because it does not find "/none".
  const Error reported = error_of(PowerVerb::kOff);
  EXPECT_THAT(reported.message, HasSubstr("for node 'node-2': /; "));
  EXPECT_THAT(reported.message, EndsWith("/fd:; 0; 1; 2; 3"));
  EXPECT_EQ(content("environment"),
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
            "LANG=C.UTF-8\n");
  ::close(ours);
}

TEST_F(ExecPowerDriverTest, WaitsUntilTheStateIsReached) {
  script(
      "[ $action = status ] || exit 0\n"
      "echo >> asked\n"
      "[ $(wc -l < asked) -lt 4 ] || exit 2\n");
  EXPECT_TRUE(switch_power(PowerVerb::kOff).has_value());
  EXPECT_EQ(content("asked"), "\n\n\n\n");
}

TEST_F(ExecPowerDriverTest, AFailedStatusQueryIsRepeated) {
  script(
      "[ $action = status ] || exit 0\n"
      "echo >> asked\n"
      "[ $(wc -l < asked) -gt 2 ] || exit 1\n");
  EXPECT_TRUE(switch_power(PowerVerb::kOn).has_value());
}

TEST_F(ExecPowerDriverTest, ACommandThatOnlyClaimsSuccessIsATimeout) {
  script("exit 0\n");
  ExecPowerConfig impatient = config();
  impatient.switch_timeout = 100ms;
  const Result<void> switched = switch_power(PowerVerb::kOff, impatient);
  ASSERT_FALSE(switched.has_value());
  EXPECT_EQ(switched.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(switched.error().message,
              AllOf(HasSubstr("switch node 'node-2' off"), HasSubstr("it is still on")));
}

TEST_F(ExecPowerDriverTest, AFailureCarriesTheProgramsOutput) {
  script("echo 'no such outlet' >&2; echo 'ask \033[31mBob' >&2; exit 7\n");
  EXPECT_EQ(error_of(PowerVerb::kOff),
            (Error{ErrorCode::kFailed, fmt::format("'{}' exited with 7 on action=off for node "
                                                   "'node-2': no such outlet; ask  [31mBob",
                                                   (folder_ / "power").string())}));
}

TEST_F(ExecPowerDriverTest, AProgramThatCrashesHasFailed) {
  script("kill -KILL $$\n");
  EXPECT_THAT(error_of(PowerVerb::kOff).message, HasSubstr("exited with 137"));
}

TEST_F(ExecPowerDriverTest, AHangingProgramIsKilledWithItsChildren) {
  script("echo $$ > pid; sleep 1000 & echo $! > child; wait\n");
  ExecPowerConfig impatient = config();
  impatient.switch_timeout = 300ms;
  const Result<void> switched = switch_power(PowerVerb::kOff, impatient);
  ASSERT_FALSE(switched.has_value());
  EXPECT_EQ(switched.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(switched.error().message, HasSubstr("was killed"));
  EXPECT_FALSE(runs("pid"));
  // No notice tells when a killed grandchild is gone.
  for (int patience = 5000; patience > 0 && runs("child"); --patience) ::usleep(1000);
  EXPECT_FALSE(runs("child"));
}

TEST_F(ExecPowerDriverTest, AProgramThatWritesEndlesslyIsKilled) {
  script("exec yes >&2\n");
  EXPECT_EQ(error_of(PowerVerb::kOff).code, ErrorCode::kFailed);
}

TEST_F(ExecPowerDriverTest, OnlyTheEndOfALongComplaintIsKept) {
  script("head -c 500000 /dev/zero | tr '\\0' x >&2; echo 'the end' >&2; exit 1\n");
  const Error error = error_of(PowerVerb::kOff);
  EXPECT_EQ(error.code, ErrorCode::kFailed);
  EXPECT_LT(error.message.size(), 2000U);
  EXPECT_THAT(error.message, EndsWith("xthe end"));
}

TEST_F(ExecPowerDriverTest, OutputOnStdoutIsDiscarded) {
  script("head -c 5000000 /dev/zero\n" + std::string(kHonest));
  EXPECT_TRUE(switch_power(PowerVerb::kOff).has_value());
}

// Goal: the script on the reference page works when copied.
// Method: run it as printed there, with a fake `ipmitool` first in its PATH.
TEST_F(ExecPowerDriverTest, TheScriptOfTheReferencePageWorks) {
  const std::string page =
      read_file(fs::path(HEARTH_REFERENCE_DIR) / "power.md", 1 << 20).value().value();
  constexpr std::string_view kFence = "```sh\n#!/bin/sh\n";
  const std::size_t begin = page.find(kFence) + kFence.size();
  const std::string body = page.substr(begin, page.find("```", begin) - begin);
  std::ofstream(folder_ / "power") << "#!/bin/sh\nPATH=" << folder_.path().string() << ":$PATH\n"
                                   << body;
  std::ofstream(folder_ / "ipmitool") << "#!/bin/sh\ncd " << folder_.path().string() << R"sh(
for last; do :; done
[ "$last" = status ] && exec echo "Chassis Power is $(cat state)"
echo "$*" >> switched
echo "$last" > state
)sh";
  for (const char* program : {"power", "ipmitool"}) {
    fs::permissions(folder_ / program, fs::perms::owner_all);
  }
  for (const PowerVerb verb : {PowerVerb::kOff, PowerVerb::kOn}) {
    const Result<void> switched = switch_power(verb);
    EXPECT_TRUE(switched.has_value()) << switched.error().message;
  }
  EXPECT_THAT(content("switched"),
              AllOf(HasSubstr("-H node-2-bmc"), HasSubstr("chassis power off\n"),
                    EndsWith("chassis power on\n")));
}

// Goal: a script may start the very machine that it switches on.
TEST_F(ExecPowerDriverTest, ProcessesThatAProgramLeavesAreNeitherAwaitedNorKilled) {
  script("[ $action = status ] && exit 0\nsleep 1000 & echo $! > child\n");
  EXPECT_TRUE(switch_power(PowerVerb::kOn).has_value());
  EXPECT_TRUE(runs("child"));
  ::kill(std::stoi(content("child")), SIGKILL);
}

TEST_F(ExecPowerDriverTest, AMissingOrUnusableProgramIsReportedWithItsPath) {
  Error error = error_of(PowerVerb::kOff);
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_THAT(error.message, HasSubstr((folder_ / "power").string()));

  script("");
  fs::permissions(folder_ / "power", fs::perms::owner_read);
  error = error_of(PowerVerb::kOff);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("permission denied"));

  std::ofstream(folder_ / "power") << "no program";
  fs::permissions(folder_ / "power", fs::perms::owner_all);
  EXPECT_THAT(error_of(PowerVerb::kOff).message, HasSubstr("exec format error"));
}

TEST_F(ExecPowerDriverTest, DestructionKillsProgramsAndDropsCompletions) {
  script("echo $$ > pid; sleep 1000\n");
  bool called = false;
  {
    ExecPowerDriver driver(loop_, config());
    driver.switch_power(node_, PowerVerb::kOff, [&](const Result<void>&) { called = true; });
    while (content("pid").empty()) loop_.run_one_for(1ms);
  }
  loop_.run();
  EXPECT_FALSE(called);
  EXPECT_FALSE(runs("pid"));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST_F(ExecPowerDriverTest, TheLoopCanEndDuringASwitch) {
  script("echo $$ > pid; exec sleep 1000\n");
  auto loop = std::make_unique<boost::asio::io_context>();
  {
    ExecPowerDriver driver(*loop, config());
    driver.switch_power(node_, PowerVerb::kOff, [](const Result<void>&) { FAIL(); });
    while (content("pid").empty()) loop->run_one_for(1ms);
  }
  loop.reset();
  EXPECT_GT(::waitpid(-1, nullptr, 0), 0);  // Killed, and reaped here: the loop is gone.
}

// Goal: many nodes that die together start a bounded number of programs at once, and all are
// switched.
TEST_F(ExecPowerDriverTest, ConcurrentProgramsAreBoundedAndTheRestWaitTheirTurn) {
  script(
      "[ $action = status ] && exit 2\n"
      "echo begin >> log; sleep 0.02; echo end >> log\n");
  constexpr int kSwitches = 3 * static_cast<int>(ExecPowerDriver::kProgramsMax);
  ExecPowerConfig patient = config();
  patient.switch_timeout = 60s;
  ExecPowerDriver driver(loop_, patient);
  int done = 0;
  for (int n = 0; n < kSwitches; ++n) {
    driver.switch_power(node_, PowerVerb::kOff, [&](const Result<void>& switched) {
      EXPECT_TRUE(switched.has_value()) << switched.error().message;
      ++done;
    });
  }
  loop_.run();
  EXPECT_EQ(done, kSwitches);
  std::istringstream log(content("log"));
  std::size_t running = 0;
  std::size_t most = 0;
  for (std::string line; std::getline(log, line);) {
    running += line == "begin" ? 1 : static_cast<std::size_t>(-1);
    most = std::max(most, running);
  }
  EXPECT_LE(most, ExecPowerDriver::kProgramsMax);
  EXPECT_GT(most, 1U);
}

TEST_F(ExecPowerDriverTest, ASwitchThatExpiresBeforeItsTurnIsNotBegun) {
  script("echo $port >> begun; exec sleep 1000\n");
  ExecPowerConfig impatient = config();
  impatient.switch_timeout = 400ms;
  ExecPowerDriver driver(loop_, impatient);
  std::vector<ErrorCode> codes;
  const auto note = [&](const Result<void>& switched) { codes.push_back(switched.error().code); };
  for (std::size_t n = 0; n < ExecPowerDriver::kProgramsMax; ++n) {
    driver.switch_power(node_, PowerVerb::kOff, note);
  }
  driver.switch_power(*NodeName::parse("late"), PowerVerb::kOff, note);
  loop_.run();
  ASSERT_EQ(codes.size(), ExecPowerDriver::kProgramsMax + 1);
  EXPECT_EQ(codes.front(), ErrorCode::kExhausted) << "it does not wait for the others' timeouts";
  EXPECT_EQ(std::ranges::count(codes, ErrorCode::kTimeout), ExecPowerDriver::kProgramsMax);
  EXPECT_THAT(content("begun"), Not(HasSubstr("late")));
}

// Goal: a switch that waited has its full time from its turn on.
// Method: a switch waits for a third of that time, and then takes three quarters of it.
TEST_F(ExecPowerDriverTest, TheTimeForASwitchBeginsWithItsTurn) {
  script(
      "[ $action = status ] && exit 2\n"
      "if [ $port = slow ]; then sleep 2.3; else sleep 1; fi\n");
  ExecPowerConfig tight = config();
  tight.switch_timeout = 3s;
  ExecPowerDriver driver(loop_, tight);
  std::size_t done = 0;
  const auto note = [&](const Result<void>& switched) {
    EXPECT_TRUE(switched.has_value()) << switched.error().message;
    ++done;
  };
  for (std::size_t n = 0; n < ExecPowerDriver::kProgramsMax; ++n) {
    driver.switch_power(node_, PowerVerb::kOff, note);
  }
  driver.switch_power(*NodeName::parse("slow"), PowerVerb::kOff, note);
  loop_.run();
  EXPECT_EQ(done, ExecPowerDriver::kProgramsMax + 1);
}

TEST_F(ExecPowerDriverTest, SwitchesAboveTheBoundAreRefused) {
  script("exit 1\n");
  ExecPowerConfig brief = config();
  brief.switch_timeout = 50ms;
  ExecPowerDriver driver(loop_, brief);
  std::size_t refused = 0;
  for (std::size_t n = 0; n < ExecPowerDriver::kSwitchesMax + 3; ++n) {
    driver.switch_power(node_, PowerVerb::kOff, [&](const Result<void>& switched) {
      if (switched.error().message.ends_with("are in progress already")) ++refused;
    });
  }
  loop_.run();
  EXPECT_EQ(refused, 3U);
}

}  // namespace
}  // namespace hearth
