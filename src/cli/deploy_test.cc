// `hearth deploy` against prepared answers of a manager.

#include <memory>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/address/address_text.h"
#include "cli/cli_fixture.h"
#include "cli/client/deployment.h"

namespace hearth::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class DeployTest : public CliTest {
 protected:
  void SetUp() override {
    write("app/Dockerfile", "FROM scratch\n");
    manager_.answers("PUT /v1/workloads/heater", R"({"name":"heater","generation":2})", 202);
    manager_.answers("GET /v1/workloads/heater/build-log",
                     {{.body = "Step 1/1 : FROM scratch\n", .content_type = "text/plain"}});
    manager_.answers("GET /healthz", "{}");
  }
  Outcome deploy(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"deploy", (folder_ / "app").string(), "--name", "heater"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  void content_is_taken() {
    for (const std::string method : {"HEAD", "PUT"}) {
      manager_.answers(method + " /v1/content/" + digest_, "{}", method == "HEAD" ? 404 : 201);
    }
  }
  /// The digest of the folder `app`, which contains only that Dockerfile.
  const std::string digest_ =
      "sha256:3fb3b79e3811d16133923ea43db4a8c0ca8790d13bb138b105e15b14f864122e";
  const std::string running_ =
      R"({"name":"heater","generation":2,"phase":"deployed","instances":1,"running":1})";
};

TEST_F(DeployTest, SendsTheBundleStreamsTheBuildAndPrintsWhereItRuns) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater", running_);
  manager_.answers("GET /v1/instances", list({kHeater1}));
  const Outcome outcome = deploy({"--instances", "1", "--env", "MODE=eco", "--env", "X=a=b",
                                  "--memory", "64M", "--cpu", "0.5", "--service"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(StartsWith("heater runs on node-1:\n"), HasSubstr("0123456789ab")));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("1 file"), HasSubstr("Step 1/1 : FROM scratch\n")));
  const auto requests = manager_.requests();
  ASSERT_GE(requests.size(), 3U);
  EXPECT_EQ(requests[1].method + " " + requests[1].path, "PUT /v1/content/" + digest_);
  EXPECT_THAT(requests[2].body,
              AllOf(HasSubstr(R"("kind":"service")"), HasSubstr(R"("MODE":"eco")"),
                    HasSubstr(R"("X":"a=b")"), HasSubstr(R"("cpu_millis":500)"),
                    HasSubstr(R"("memory_bytes":67108864)"), HasSubstr(digest_)));
}

TEST_F(DeployTest, ABundleThatTheManagerHasIsNotSentAgain) {
  manager_.answers("HEAD /v1/content/" + digest_, "", 200);
  const Outcome outcome = deploy({"--no-wait"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("the manager has it already"));
  EXPECT_THAT(outcome.out, HasSubstr("generation 2"));
}

TEST_F(DeployTest, AFailedBuildFailsWithTheReason) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater",
                   R"({"name":"heater","generation":2,"phase":"failed","instances":1,
                      "reason":"COPY failed: no such file"})");
  manager_.answers("GET /v1/instances", list({}));
  const Outcome outcome = deploy();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("Step 1/1"),
                                 HasSubstr("hearth: 'heater' does not build: COPY failed")));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(DeployTest, ACrashLoopFailsAndPointsToTheLog) {
  content_is_taken();
  manager_.answers(
      "GET /v1/workloads/heater",
      R"({"name":"heater","generation":2,"phase":"deployed","instances":1,"running":0})");
  manager_.answers("GET /v1/instances",
                   list({R"({"id":"heater-1","workload":"heater","generation":2,"node":"node-1",
                     "state":"crash_loop","desired_state":"run","last_exit":{"code":3}})"}));
  const Outcome outcome = deploy();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("heater-1 on node-1 keeps exiting (exit code 3); see its "
                                     "output: hearth logs heater-1"));
}

// Goal: a program that exits at once does not count as running because it was seen between two
// starts. Method: it runs at the first look, in another container at the second, and stays in that
// one at the third.
TEST_F(DeployTest, CountsAsRunningWhatStillRunsASecondLater) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater", running_);
  const auto with_container = [](const char* container) {
    return HttpResponse{.body = list({fmt::format(
                            R"({{"id":"heater-1","workload":"heater","generation":2,"node":"node-1",
                              "state":"running","desired_state":"run","container":"{}"}})",
                            container)})};
  };
  manager_.answers("GET /v1/instances",
                   {with_container("aaaaaaaaaaaa"), with_container("bbbbbbbbbbbb"),
                    with_container("cccccccccccc")});
  const Outcome outcome = deploy();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("cccccccccccc"));
}

TEST_F(DeployTest, ATimeoutNamesWhatIsMissing) {
  content_is_taken();
  manager_.answers(
      "GET /v1/workloads/heater",
      R"({"name":"heater","generation":2,"phase":"deployed","instances":2,"running":1})");
  manager_.answers("GET /v1/instances", list({kHeater1, kHeater2}));
  const Outcome outcome = deploy({"--timeout", "300ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("1 of 2 instances run"),
                                 HasSubstr("heater-2: pending (no node has 64 MiB free)")));
}

// Goal: a wait for a manager that went away can be cancelled at once. Method: it goes away at the
// second call of `go_on`.
TEST_F(DeployTest, WaitingEndsWhenCancelled) {
  auto manager = std::make_unique<FakeManager>();
  manager->answers("HEAD /v1/content/" + digest_, "", 200);
  manager->answers("PUT /v1/workloads/heater", R"({"name":"heater","generation":2})", 202);
  manager->answers(
      "GET /v1/workloads/heater",
      R"({"name":"heater","generation":2,"phase":"deployed","instances":1,"running":0})");
  manager->answers("GET /v1/instances", list({}));
  int asked = 0;
  const DeployProgress progress{.on_step = [](const std::string&) {},
                                .on_build_output = [](std::string_view) {},
                                .go_on =
                                    [&] {
                                      if (++asked == 2) manager.reset();
                                      return asked < 4;
                                    }};
  const auto begin = std::chrono::steady_clock::now();
  const auto deployed =
      cli::deploy(ApiClient(*parse_manager_url(manager->url()), ""),
                  {.name = *WorkloadName::parse("heater"), .folder = folder_ / "app"},
                  DeployWait::kUntilRunning, std::chrono::minutes(10), progress);
  ASSERT_FALSE(deployed);
  EXPECT_EQ(deployed.error(), (Error{ErrorCode::kFailed, "interrupted"}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(DeployTest, ALaterDeployOfTheNameIsAConflict) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater",
                   R"({"name":"heater","generation":3,"phase":"building","instances":1})");
  manager_.answers("GET /v1/instances", list({}));
  EXPECT_EQ(deploy().code, 6);
}

TEST_F(DeployTest, AnInvalidBuildContextIsRefusedBeforeAnythingIsSent) {
  EXPECT_EQ(run({"deploy", (folder_ / "absent").string(), "--name", "x"}).code, 5);
  std::filesystem::create_directory(folder_ / "empty");
  const Outcome empty = run({"deploy", (folder_ / "empty").string(), "--name", "x"});
  EXPECT_EQ(empty.code, 2);
  EXPECT_THAT(empty.err, HasSubstr("is empty; it must hold a Dockerfile"));
  EXPECT_THAT(manager_.requests(), IsEmpty());
}

TEST_F(DeployTest, WithJsonProgressStaysOnStderr) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater", running_);
  manager_.answers("GET /v1/instances", list({kHeater1}));
  EXPECT_EQ(
      deploy({"-o", "json"}).out,
      fmt::format(R"({{"name":"heater","generation":2,"bundle":"{}","instances":[)"
                  R"({{"id":"heater-1","node":"node-1","address":"10.0.0.1","state":"running",)"
                  R"("container":"0123456789abcdef0123"}}]}})"
                  "\n",
                  digest_));
}

}  // namespace
}  // namespace hearth::cli
