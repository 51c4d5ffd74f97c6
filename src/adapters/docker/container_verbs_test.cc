#include "adapters/docker/container_verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "adapters/docker/docker_runtime_fixture.h"

namespace hearth::docker {
namespace {

using testing::HasSubstr;
using Then = FakeEngine::Then;

const std::string kContainerPath = "/containers/" + std::string(kId);
const std::string kStart = "/exec/e1/start";

std::string frame(std::string_view content) {
  std::string bytes(8, '\0');
  bytes[0] = 1;
  bytes[6] = static_cast<char>(content.size() / 256);
  bytes[7] = static_cast<char>(content.size() % 256);
  return bytes + std::string(content);
}

/// The head of a command's output, which ends with its connection.
const std::string kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";

class ContainerVerbsTest : public DockerRuntimeTest {
 protected:
  void SetUp() override {
    DockerRuntimeTest::SetUp();
    engine.on(kContainerPath + "/exec", {answer(201, R"({"Id":"e1"})")});
  }
  void command_ends(int code, const std::string& output) {
    engine.on(kStart, {kStreamHead + output, Then::kHangUp});
    engine.on("/exec/e1/json",
              {answer(200, R"({"Running":false,"ExitCode":)" + std::to_string(code) + "}")});
  }
  void command_hangs() {
    engine.on(kStart, {kStreamHead + frame("begun"), Then::kHold});
    engine.on("/exec/e1/json", {answer(200, R"({"Running":true,"ExitCode":null})")});
  }
  Result<ExecResult> exec(Duration timeout = 10s) {
    const ExecRequest request{
        .container = kContainer, .command = {"check", "-a b"}, .timeout = timeout};
    return wait_for<ExecResult>([&](const auto& done) { runtime->exec(request, done); });
  }
  Result<ContainerUsage> usage() {
    return wait_for<ContainerUsage>([&](const auto& done) { runtime->usage(kContainer, done); });
  }
  Result<void> remove() {
    return wait_for<void>([&](const auto& done) { runtime->remove(kContainer, done); });
  }
};

TEST_F(ContainerVerbsTest, ACommandReturnsItsCodeAndOutput) {
  command_ends(3, frame("one ") + frame("two\n"));
  const auto result = exec();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, (ExecResult{.code = 3, .output = "one two\n"}));
  EXPECT_EQ(engine.requests()[1].body,
            R"({"AttachStdout":true,"AttachStderr":true,"Cmd":["check","-a b"]})");
}

TEST_F(ContainerVerbsTest, OfALongOutputTheStartIsKept) {
  std::string output;
  for (int i = 0; i < 4; ++i) output += frame(std::string(1024, static_cast<char>('a' + i)));
  command_ends(0, output);
  EXPECT_EQ(exec()->output.size(), kExecOutputBytesMax);
  command_ends(0, output + frame("x") + frame(std::string(60'000, 'y')));
  const auto cut = exec();
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(cut->output.size(), kExecOutputBytesMax);
  EXPECT_EQ(cut->output.back(), 'd');
}

TEST_F(ContainerVerbsTest, ACommandThatCannotBeRunIsNoResult) {
  for (const int code : {126, 127}) {
    command_ends(code, frame("OCI runtime exec failed: exec: \"check\": not found\r\n"));
    const auto result = exec();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kFailed);
    EXPECT_THAT(result.error().message, HasSubstr("run 'check' in container '0123456789ab'"));
    command_ends(code, frame("sh: nothing: not found"));  // A shell's own result.
    EXPECT_EQ(exec()->code, code);
  }
}

TEST_F(ContainerVerbsTest, EachReasonWhyACommandDoesNotRunHasItsCode) {
  engine.on(kContainerPath + "/exec", {answer(404, R"({"message":"No such container"})")});
  EXPECT_EQ(exec().error().code, ErrorCode::kNotFound);
  engine.on(kContainerPath + "/exec", {answer(409, R"({"message":"is not running"})")});
  EXPECT_EQ(exec().error().code, ErrorCode::kConflict);
  DockerConfig changed = config();
  changed.timeouts.answer = 50ms;
  recreate(changed);
  engine.on(kContainerPath + "/exec", {"", Then::kHold});
  EXPECT_EQ(exec().error().code, ErrorCode::kUnavailable) << "the engine hangs, no command does";
  engine.stop();
  EXPECT_EQ(exec().error().code, ErrorCode::kUnavailable);
}

TEST_F(ContainerVerbsTest, ACommandThatOutlivesItsTimeoutIsReportedAsSuch) {
  command_hangs();
  const auto result = exec(50ms);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(result.error().message, HasSubstr("'check' did not end within 50 ms"));
}

// Goal: a child that keeps the output open does not hide that the command has ended.
TEST_F(ContainerVerbsTest, ACommandWhoseOutputStaysOpenHasACodeAllTheSame) {
  command_hangs();
  engine.on("/exec/e1/json", {answer(200, R"({"Running":false,"ExitCode":0})")});
  EXPECT_EQ(exec(50ms), (ExecResult{.code = 0, .output = "begun"}));
}

TEST_F(ContainerVerbsTest, ACommandThatHasClosedItsOutputIsAwaited) {
  engine.on(kStart, {kStreamHead, Then::kHangUp});
  engine.on("/exec/e1/json", {answer(200, R"({"Running":true,"ExitCode":null})")});
  std::optional<Result<ExecResult>> ended;
  runtime->exec({.container = kContainer, .command = {"check"}, .timeout = 10s},
                [&](Result<ExecResult> result) { ended = std::move(result); });
  run_until([&] { return engine.count("/exec/e1/json") >= 3; });
  EXPECT_FALSE(ended);
  engine.on("/exec/e1/json", {answer(200, R"({"Running":false,"ExitCode":4})")});
  run_until([&] { return ended.has_value(); });
  EXPECT_EQ(ended->value().code, 4);
}

TEST_F(ContainerVerbsTest, CommandsLeftRunningHaveABoundInEachContainer) {
  command_hangs();
  for (std::size_t i = 0; i < ContainerVerbs::kExecsLeftMax; ++i) {
    EXPECT_EQ(exec(20ms).error().code, ErrorCode::kTimeout);
  }
  const std::size_t begun = engine.count(kStart);
  EXPECT_EQ(exec(20ms).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(engine.count(kStart), begun);
  command_ends(0, "");
  EXPECT_TRUE(exec()) << "they have ended";
}

TEST_F(ContainerVerbsTest, CommandsThatHangHoldUpNothingElseAndHaveABound) {
  command_hangs();
  engine.on(kContainerPath + "/start", {answer(204, "")});
  int exhausted = 0;
  for (int i = 0; i < 32 + 256 + 1; ++i) {
    runtime->exec({.container = kContainer, .command = {"check"}, .timeout = 1h},
                  [&](const Result<ExecResult>& result) {
                    ASSERT_FALSE(result);
                    EXPECT_EQ(result.error().code, ErrorCode::kExhausted);
                    ++exhausted;
                  });
  }
  run_until([&] { return exhausted == 1 && engine.count(kStart) == 32; });
  EXPECT_TRUE(start());
}

TEST_F(ContainerVerbsTest, InspectionsThatHangHoldUpNoStartAndHaveABound) {
  engine.on(kContainerPath + "/json", {"", Then::kHold});
  engine.on(kContainerPath + "/start", {answer(204, "")});
  DockerConfig changed = config();
  changed.timeouts.inspection = 1h;
  recreate(changed);
  int exhausted = 0;
  for (int i = 0; i < 4 + 256 + 1; ++i) {
    runtime->usage(kContainer, [&](const Result<ContainerUsage>& result) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, ErrorCode::kExhausted);
      ++exhausted;
    });
  }
  run_until([&] { return exhausted == 1 && engine.count(kContainerPath + "/json") == 4; });
  EXPECT_TRUE(start());
}

TEST_F(ContainerVerbsTest, AContainerIsMadeFromTheImageThatItsReferenceMeans) {
  engine.on("/containers/create", {answer(201, R"({"Id":"abc"})")});
  ASSERT_TRUE(create());
  ASSERT_TRUE(create());
  EXPECT_EQ(engine.count("/images/hearth%2Fheater%3A1/json"), 1U) << "asked for once";
  EXPECT_THAT(engine.requests().back().body, HasSubstr(R"("hearth.image":"sha256:1")"));
}

TEST_F(ContainerVerbsTest, AnImageThatWasReplacedIsAskedForAgain) {
  engine.on("/containers/create", {answer(201, R"({"Id":"abc"})")});
  ASSERT_TRUE(create());
  engine.on("/images/hearth%2Fheater%3A1/json", {answer(200, R"({"Id":"sha256:2"})")});
  engine.on("/containers/create", {answer(404, R"({"message":"No such image: sha256:1"})")});
  EXPECT_EQ(create().error().code, ErrorCode::kNotFound);
  EXPECT_THAT(engine.requests().back().body, HasSubstr(R"("hearth.image":"sha256:2")"));
}

TEST_F(ContainerVerbsTest, ANameInUseIsReplacedOnce) {
  engine.on("/containers/create", {answer(409, R"({"message":"The name is already in use"})")});
  EXPECT_EQ(create().error().code, ErrorCode::kConflict);
  EXPECT_EQ(engine.count("/containers/create"), 2U);
  EXPECT_NE(engine.requests()[2].path, engine.requests()[3].path);
}

TEST_F(ContainerVerbsTest, ARemovalInProgressIsASuccessAndOneThatFailsSaysWhy) {
  engine.on(kContainerPath,
            {answer(409, R"({"message":"removal of container x is already in progress"})")});
  EXPECT_TRUE(remove());
  engine.on(kContainerPath, {answer(409, R"({"message":"it is used by another"})")});
  EXPECT_EQ(remove().error().code, ErrorCode::kConflict);
  engine.on(kContainerPath, {answer(500, R"({"message":"unlinkat: device or resource busy"})")});
  const auto busy = remove();
  EXPECT_EQ(busy.error().code, ErrorCode::kFailed);
  EXPECT_THAT(busy.error().message, HasSubstr("device or resource busy"));
}

TEST_F(ContainerVerbsTest, TheUseComesFromTheKernelOnceItsFilesAreKnown) {
  DockerConfig changed = config();
  changed.cgroup_root = folder / "cgroup";
  changed.proc_root = folder / "proc";
  const std::filesystem::path group = folder / "cgroup" / "docker" / std::string(kId);
  std::filesystem::create_directories(group);
  std::filesystem::create_directories(folder / "proc/42/fd");
  std::ofstream(folder / "proc/42/cgroup") << "0::/docker/" << kId << "\n";
  std::ofstream(group / "memory.current") << "1000\n";
  std::ofstream(group / "memory.stat") << "inactive_file 300\n";
  recreate(changed);
  engine.on(kContainerPath + "/json", {answer(200, R"({"State":{"Status":"running","Pid":42}})")});
  EXPECT_EQ(usage()->memory_bytes, 700U);
  const std::size_t asked = engine.requests().size();
  std::ofstream(group / "memory.current") << "2000\n";
  EXPECT_EQ(usage()->memory_bytes, 1700U);
  EXPECT_EQ(engine.requests().size(), asked) << "nobody is asked";
}

TEST_F(ContainerVerbsTest, TheUseComesFromTheEngineIfTheKernelsFilesAreNotSeen) {
  DockerConfig changed = config();
  changed.cgroup_root = folder / "nothing";
  changed.proc_root = folder / "nothing";
  recreate(changed);
  engine.on(kContainerPath + "/json", {answer(200, R"({"State":{"Status":"running","Pid":42}})")});
  engine.on(kContainerPath + "/stats",
            {answer(200, R"({"memory_stats":{"usage":9},"pids_stats":{"current":1}})")});
  EXPECT_EQ(usage()->memory_bytes, 9U);
  engine.on(kContainerPath + "/json",
            {answer(200, R"({"State":{"Status":"exited","Pid":0,"ExitCode":0,
                             "FinishedAt":"2026-11-23T19:52:53Z"}})")});
  EXPECT_EQ(usage().error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace hearth::docker
