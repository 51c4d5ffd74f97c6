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
                    HasSubstr(R"("X":"a=b")"), HasSubstr(R"("cpu":0.5)"),
                    HasSubstr(R"("memory":67108864)"), HasSubstr(digest_)));
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
                  {.workload = {.name = *WorkloadName::parse("heater")}, .folder = folder_ / "app"},
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

TEST_F(DeployTest, AFileSaysWhatIsDeployedAndFlagsGoBeforeIt) {
  manager_.answers("HEAD /v1/content/" + digest_, "", 200);
  write("conf/heater.yaml",
        "name: heater\nbuild: ../app\ninstances: 3\nenvironment: {A: '1', B: 2}\n"
        "log_rules: [{name: quiet, silence: 5m}]\n");
  const Outcome outcome = run({"deploy", (folder_ / "conf/heater.yaml").string(), "--no-wait",
                               "--instances", "5", "--env", "B=3", "--min-ready", "1s"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto requests = manager_.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].path, "/v1/workloads/heater");
  EXPECT_THAT(
      requests[1].body,
      AllOf(HasSubstr(R"("instances":5)"), HasSubstr(R"("environment":{"A":"1","B":"3"})"),
            HasSubstr(R"("silence":"5m")"), HasSubstr(R"("min_ready":"1s")"), HasSubstr(digest_)));
}

TEST_F(DeployTest, AFolderWithAFileNeedsNoFlags) {
  write("app/hearth.yaml", "name: heater\nkind: service\n");
  manager_.answers("HEAD /v1/content", "", 200);
  const Outcome outcome = run({"deploy", "--check", (folder_ / "app").string()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(
      outcome.out,
      fmt::format("{0}/app/hearth.yaml: service heater with 1 instance, built from {0}/app/\n",
                  folder_.path().string()));
}

TEST_F(DeployTest, AFolderWithoutAFileNeedsAName) {
  const Outcome outcome = run({"deploy", (folder_ / "app").string()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("has no hearth.yaml: write one, or give the name with --name"));
}

TEST_F(DeployTest, CheckSaysAllThatIsWrongAndSendsNothing) {
  write("bad.yaml", "name: heater\nkind: daemon\nports: [\"80\"]\nrestart: no\n");
  const std::string file = (folder_ / "bad.yaml").string();
  const Outcome outcome = run({"deploy", "--check", file});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(
      outcome.out,
      fmt::format("{0}:2:7: kind: must be one of: service, application, oneshot\n"
                  "{0}:3:9: ports[0]: must name the node's port, too: \"80:80\", for example\n"
                  "{0}:4:10: restart: must be one of: always, on-failure, never; what compose "
                  "calls no is never\n",
                  file));
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(run({"deploy", "--check", file, "-o", "json"}).out.substr(0, 30 + file.size()),
            R"({"file":")" + file + R"(","ok":false,"faults")");
  // Without --check the same faults are an error.
  const Outcome deployed = run({"deploy", file});
  EXPECT_EQ(deployed.code, 2);
  EXPECT_EQ(deployed.err, "hearth: the workload file is not valid:\n" + outcome.out);
  EXPECT_THAT(manager_.requests(), IsEmpty());
}

TEST_F(DeployTest, CheckShowsTheLineOfAFaultOfSyntax) {
  write("bad.yaml", "name: heater\nkind: @x\n");
  EXPECT_EQ(run({"deploy", "--check", (folder_ / "bad.yaml").string()}).out,
            fmt::format("{}/bad.yaml:2:7: plain scalar cannot start with '@'\n"
                        "    kind: @x\n          ^\n",
                        folder_.path().string()));
}

TEST_F(DeployTest, CheckLooksForTheFolderThatIsBuilt) {
  write("a.yaml", "name: heater\nbuild: absent\n");
  write("b.yaml", "name: heater\nbuild: conf\n");
  write("conf/x", "");
  EXPECT_THAT(run({"deploy", "--check", (folder_ / "a.yaml").string()}).out,
              AllOf(HasSubstr("a.yaml:2:8: build: there is no folder '"), HasSubstr("absent'")));
  EXPECT_THAT(run({"deploy", "--check", (folder_ / "b.yaml").string()}).out,
              AllOf(HasSubstr("b.yaml:2:8: build: '"), HasSubstr("conf' has no Dockerfile")));
}

TEST_F(DeployTest, FlagsAreHeldToTheRulesOfAFile) {
  write("app/hearth.yaml", "name: heater\nkind: oneshot\n");
  const Outcome outcome = run({"deploy", (folder_ / "app").string(), "--instances", "2"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("with these flags the workload is refused:\n"
                                     "$.instances: a oneshot has one instance"));
  EXPECT_EQ(run({"deploy", (folder_ / "absent.yaml").string()}).code, 5);
  EXPECT_THAT(manager_.requests(), IsEmpty());
}

}  // namespace
}  // namespace hearth::cli
