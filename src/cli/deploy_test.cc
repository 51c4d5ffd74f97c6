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
using testing::Not;
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
  EXPECT_EQ(manager_.requests().back().user, "ana@desk");
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
  EXPECT_THAT(outcome.err, Not(HasSubstr("kept running")));
  EXPECT_EQ(outcome.out, "");
}

/// What a manager says of the workload while 3 instances of release 2 replace those of release 1.
HttpResponse rolling(const std::string& phase, unsigned ready, const std::string& more = "") {
  const unsigned target = phase == "failed" ? 1 : 2;
  return {
      .body = fmt::format(
          R"({{"name":"heater","generation":2,"phase":"{}","instances":3,"running":3,)"
          R"("image":"hearth/heater:2","target":{{"generation":{},"instances":3,"ready":{}}}{}}})",
          phase, target, ready, more)};
}

std::string instance(unsigned number, unsigned generation, const std::string& more) {
  return fmt::format(R"({{"id":"heater-{0}","workload":"heater","generation":{1},)"
                     R"("node":"node-{0}","desired_state":"run",{2}}})",
                     number, generation, more);
}

// Goal: an operator sees how each instance of a release comes to run, and that it is deployed.
// Method: one instance after the other becomes ready; the one of release 1 is not mentioned.
TEST_F(DeployTest, ReportsEachStepOfARollOut) {
  content_is_taken();
  const std::string old = instance(1, 1, R"("state":"running","health":"ready")");
  const std::string starting = instance(4, 2, R"("state":"starting")");
  const std::string warming =
      instance(4, 2, R"("state":"running","health":"starting","health_reason":"no answer yet")");
  const std::string ready = instance(4, 2, R"("state":"running","health":"ready")");
  const std::string last = instance(5, 2, R"("state":"running","health":"unknown")");
  manager_.answers("GET /v1/workloads/heater/build-log", "", 404);
  manager_.answers("GET /v1/workloads/heater",
                   {rolling("rolling_out", 0), rolling("rolling_out", 0), rolling("rolling_out", 0),
                    rolling("rolling_out", 0), rolling("rolling_out", 1), rolling("rolling_out", 1),
                    rolling("deployed", 3)});
  manager_.answers("GET /v1/instances", {{.body = list({old, starting})},
                                         {.body = list({old, starting})},
                                         {.body = list({old, starting})},
                                         {.body = list({old, warming})},
                                         {.body = list({old, ready})},
                                         {.body = list({old, ready})},
                                         {.body = list({ready, last})}});
  const Outcome outcome = deploy({"--instances", "3"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              HasSubstr("heater-4 of release 2 is starting on node-4\n"
                        "heater-4 of release 2 runs on node-4, not ready yet: no answer yet\n"
                        "heater-4 of release 2 runs on node-4 and is ready; 1 of 3\n"
                        "heater-5 of release 2 runs on node-5 and is ready; 2 of 3\n"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("heater-1")));
}

// Goal: case A1 reads well: which instance failed and how, its last words, what is kept running.
TEST_F(DeployTest, AReleaseThatFailsExitsWithTheReasonAndTheLastWords) {
  content_is_taken();
  const std::string runs = instance(4, 2, R"("state":"running","health":"starting")");
  const std::string ended = instance(
      4, 2,
      R"("state":"backoff","failures":1,"last_exit":{"code":1},"reason":"next start in 1 s")");
  manager_.answers("GET /v1/workloads/heater/build-log", "", 404);
  manager_.answers(
      "GET /v1/workloads/heater",
      {rolling("rolling_out", 0), rolling("rolling_out", 0), rolling("rolling_out", 0),
       rolling("failed", 3,
               R"(,"reason":"'heater-4' on 'node-4' failed: it exited with code 1")")});
  manager_.answers("GET /v1/instances", {{.body = list({runs})},
                                         {.body = list({runs})},
                                         {.body = list({runs})},
                                         {.body = list({ended})}});
  manager_.answers(
      "GET /v1/instances/heater-4/logs",
      {{.body = "reading sensors\nFATAL no sensor\x1b[2J\n", .content_type = "text/plain"}});
  const Outcome outcome = deploy({"--instances", "3"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(
      outcome.err,
      testing::EndsWith(
          "heater-4 of release 2 runs on node-4, not ready yet\n"
          "heater-4 of release 2 ended on node-4 with exit code 1: next start in 1 s\n"
          "the last words of heater-4:\n"
          "  | reading sensors\n"
          "  | FATAL no sensor^[[2J\n"
          "hearth: release 2 of 'heater' failed: 'heater-4' on 'node-4' failed: it exited with "
          "code 1; release 1 is kept running\n"));
  EXPECT_EQ(manager_.requests().back().query.at("tail"), "10");
  EXPECT_EQ(outcome.out, "");
}

// Goal: the words are those of the container that failed. Method: its log is that of the next one.
TEST_F(DeployTest, AFailureQuotesTheWordsThatWereReportedWithTheExit) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater/build-log", "", 404);
  manager_.answers(
      "GET /v1/workloads/heater",
      {rolling("rolling_out", 0), rolling("rolling_out", 0), rolling("rolling_out", 0),
       rolling("failed", 3, R"(,"reason":"'heater-4' on 'node-4' failed: it ended")")});
  const std::string fresh = instance(
      4, 2, R"("state":"running","last_exit":{"code":1,"last_words":"on\nFATAL\u001b[2J"})");
  manager_.answers("GET /v1/instances", {{.body = list({fresh})},
                                         {.body = list({fresh})},
                                         {.body = list({fresh})},
                                         {.body = list({})}});
  manager_.answers("GET /v1/instances/heater-4/logs",
                   {{.body = "a fresh start\n", .content_type = "text/plain"}});
  EXPECT_THAT(deploy().err, HasSubstr("the last words of heater-4:\n"
                                      "  | on\n"
                                      "  | FATAL^[[2J\n"));
}

/// A release that failed in container c1, as it is reported in turn.
void fails_in_c1(FakeManager& manager, const std::vector<std::string>& instances) {
  manager.answers("GET /v1/workloads/heater/build-log", "", 404);
  manager.answers(
      "GET /v1/workloads/heater",
      {rolling("rolling_out", 0), rolling("rolling_out", 0),
       rolling("failed", 3,
               R"(,"reason":"'heater-4' on 'node-4' in container c1 failed: rule 'fatal'")")});
  std::vector<HttpResponse> answers;
  for (const std::string& one : instances) answers.push_back({.body = list({one})});
  manager.answers("GET /v1/instances", std::move(answers));
}

// Goal: the words are those of the container that the reason names, though that is still being
// stopped when a fresh one runs already.
TEST_F(DeployTest, AFailureAwaitsTheWordsOfTheContainerThatFailed) {
  content_is_taken();
  const std::string runs = instance(4, 2, R"("state":"running","container":"c1")");
  const std::string fresh =
      instance(4, 2, R"("state":"running","container":"c2","failed_container":"c1")");
  fails_in_c1(manager_, {runs, runs, fresh});
  manager_.answers("GET /v1/instances/heater-4/logs",
                   {{.status = 404, .body = "none"},
                    {.status = 404, .body = "none"},
                    {.body = "FATAL no sensor\n", .content_type = "text/plain"}});
  const Outcome outcome = deploy();
  EXPECT_THAT(outcome.err, HasSubstr("the last words of heater-4:\n"
                                     "  | FATAL no sensor\n"));
  for (const FakeManager::Request& one : manager_.requests()) {
    const bool is_of_log = one.path.ends_with("instances/heater-4/logs");
    EXPECT_EQ(one.query.contains("previous"), is_of_log) << one.path;
  }
}

TEST_F(DeployTest, AFailureTakesTheWordsOfTheContainerThatFailedWhileItIsThePresentOne) {
  content_is_taken();
  fails_in_c1(manager_, {instance(4, 2, R"("state":"running","container":"c1")")});
  manager_.answers("GET /v1/instances/heater-4/logs",
                   {{.body = "FATAL no sensor\n", .content_type = "text/plain"}});
  EXPECT_THAT(deploy().err, HasSubstr("  | FATAL no sensor\n"));
  EXPECT_FALSE(manager_.requests().back().query.contains("previous"));
}

TEST_F(DeployTest, AFailureOfAContainerThatEndedWithoutAWordIsReportedAtOnce) {
  content_is_taken();
  const std::string fresh = instance(
      4, 2, R"("state":"running","container":"c2","failed_container":"c1","last_exit":{"code":3})");
  fails_in_c1(manager_, {fresh});
  manager_.answers("GET /v1/instances/heater-4/logs", "none", 404);
  EXPECT_THAT(deploy().err, Not(HasSubstr("last words")));
  const auto requests = manager_.requests();
  EXPECT_EQ(
      std::ranges::count_if(requests, [](const auto& one) { return one.path.ends_with("/logs"); }),
      1);
}

TEST_F(DeployTest, AFailureIsReportedWithoutLastWordsTooAndOnceTheInstanceIsGone) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater/build-log", "", 404);
  manager_.answers(
      "GET /v1/workloads/heater",
      {rolling("rolling_out", 0), rolling("rolling_out", 0),
       rolling("failed", 3, R"(,"reason":"'heater-4' on 'node-4' failed: it ended")")});
  manager_.answers("GET /v1/instances",
                   {{.body = list({instance(4, 2, R"("state":"running")")})}, {.body = list({})}});
  const Outcome outcome = deploy();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("failed: it ended; release 1 is kept running\n"),
                                 Not(HasSubstr("last words"))));
}

TEST_F(DeployTest, AFirstReleaseThatFailsGoesOnTrying) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater",
                   R"({"name":"heater","generation":2,"phase":"failed","instances":1,"image":"i",
                      "target":{"generation":2,"instances":1,"ready":0},
                      "reason":"'heater-1' on 'node-1' failed: it exited with code 3"})");
  manager_.answers("GET /v1/instances", list({}));
  const Outcome outcome = deploy();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("it exited with code 3; its instances go on trying, until: "
                                     "hearth stop heater\n"));
}

TEST_F(DeployTest, ATimeoutNamesWhatIsMissing) {
  content_is_taken();
  manager_.answers("GET /v1/workloads/heater", {rolling("rolling_out", 1)});
  manager_.answers("GET /v1/instances", list({kHeater1, kHeater2}));
  const Outcome outcome = deploy({"--timeout", "300ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("release 2 of 'heater' is not deployed yet: 1 of 3 "
                                           "instances are ready"),
                                 HasSubstr("; heater-2 has no node yet: no node has 64 MiB free")));
}

// Goal: a wait for a manager that went away can be cancelled at once. Method: it goes away at the
// second call of `go_on`.
TEST_F(DeployTest, WaitingEndsWhenCancelled) {
  auto manager = std::make_unique<FakeManager>();
  manager->answers("HEAD /v1/content/" + digest_, "", 200);
  manager->answers("PUT /v1/workloads/heater", R"({"name":"heater","generation":2})", 202);
  manager->answers(
      "GET /v1/workloads/heater",
      R"({"name":"heater","generation":2,"phase":"rolling_out","instances":1,"running":0})");
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
                  DeployWait::kUntilDeployed, std::chrono::minutes(10), progress);
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
  EXPECT_THAT(deployed.err, AllOf(HasSubstr("hearth: the workload file is not valid:\n"),
                                  HasSubstr(file + ":4:10: restart: must be one of")));
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
                                     "  $.instances: a oneshot has one instance"));
  EXPECT_EQ(run({"deploy", (folder_ / "absent.yaml").string()}).code, 5);
  EXPECT_THAT(manager_.requests(), IsEmpty());
}

// Rollback and restart.
// --------------------------------------------------------------------------

TEST_F(DeployTest, RollbackWaitsUntilTheReleaseIsDeployed) {
  manager_.answers("POST /v1/workloads/heater/rollback",
                   R"({"name":"heater","generation":2,"message":"a rollback"})", 202);
  manager_.answers("GET /v1/workloads/heater/build-log", "", 404);
  manager_.answers("GET /v1/workloads/heater",
                   {rolling("rolling_out", 0), rolling("rolling_out", 0), rolling("deployed", 3)});
  manager_.answers("GET /v1/instances", list({kHeater1}));
  const Outcome outcome = run({"rollback", "heater", "--to", "1"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("release 2 of heater is deployed\nINSTANCE"));
  EXPECT_THAT(outcome.err, HasSubstr("a rollback\n"));
  const auto requests = manager_.requests();
  EXPECT_EQ(requests[0].body, R"({"to":1})");
  EXPECT_EQ(requests[0].user, "ana@desk");
  EXPECT_EQ(requests[1].user, "") << "it is sent only with changes";
  EXPECT_EQ(run({"rollback", "heater", "--no-wait"}).out,
            "a rollback; to follow it: hearth ps heater\n");
  EXPECT_EQ(manager_.requests().back().body, "");
  EXPECT_EQ(run({"rollback", "heater", "--no-wait", "-o", "json"}).out,
            "{\"name\":\"heater\",\"generation\":2}\n");
  EXPECT_EQ(run({"rollback", "heater", "--to", "0"}).code, 2);
  EXPECT_EQ(run({"rollback", "absent"}).code, 5);
}

// Goal: a rollback during a roll-out ends it, and is done once the release before it runs as it
// should. Method: the manager answers with that release, which lacks an instance at first.
TEST_F(DeployTest, ARollbackThatEndsARollOutWaitsForTheReleaseThatIsKept) {
  manager_.answers("POST /v1/workloads/heater/rollback",
                   R"({"name":"heater","generation":1,"message":"ended"})", 202);
  manager_.answers("GET /v1/workloads/heater",
                   {rolling("failed", 2, R"(,"reason":"it was rolled back")"),
                    rolling("failed", 2, R"(,"reason":"it was rolled back")"),
                    rolling("failed", 3, R"(,"reason":"it was rolled back")")});
  manager_.answers("GET /v1/instances", list({instance(3, 1, R"("state":"running")")}));
  const Outcome outcome = run({"rollback", "heater"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("release 1 of heater is deployed\n"));
  EXPECT_THAT(outcome.err,
              HasSubstr("heater-3 of release 1 runs on node-3 and is ready; 1 of 3\n"));
  for (const auto& request : manager_.requests()) {
    EXPECT_THAT(request.path, Not(HasSubstr("build-log"))) << "that build was long ago";
  }
}

TEST_F(DeployTest, RestartWaitsAndFailsLikeADeploy) {
  manager_.answers("POST /v1/workloads/heater/restart",
                   R"({"name":"heater","generation":2,"message":"a restart"})", 202);
  manager_.answers("GET /v1/workloads/heater/build-log", "", 404);
  manager_.answers("GET /v1/workloads/heater", {rolling("deployed", 3)});
  manager_.answers("GET /v1/instances", list({kHeater1}));
  EXPECT_THAT(run({"restart", "heater", "-o", "json"}).out,
              StartsWith(R"({"name":"heater","generation":2,"instances":[{"id":"heater-1",)"));
  manager_.answers("GET /v1/workloads/heater", {rolling("failed", 3, R"(,"reason":"why")")});
  const Outcome failed = run({"restart", "heater"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err,
              HasSubstr("release 2 of 'heater' failed: why; release 1 is kept running"));
}

TEST_F(DeployTest, ReleasesAreATableOfWhoDeployedWhat) {
  manager_.answers(
      "GET /v1/workloads/heater/releases",
      list({R"({"generation":3,"state":"next","deployed_at":"2026-03-01T09:14:00.000Z",
                "deployed_by":"ana@desk","fault":"'heater-9' on 'n1' failed: it ended",
                "changes":"bundle"})",
            R"({"generation":2,"state":"current","deployed_at":"2026-03-01T07:00:00.000Z",
                "deployed_by":"\u001b[2J","fault":"","changes":"instances 2 -> 3"})",
            R"({"generation":1,"state":"earlier","fault":"","changes":""})"}));
  EXPECT_EQ(run({"releases", "heater"}).out,
            "RELEASE  STATE    DEPLOYED  BY        CHANGES           FAULT\n"
            "      3  failed   60 s ago  ana@desk  bundle            'heater-9' on 'n1' failed: it "
            "ended\n"
            "      2  current  2 h ago   ^[[2J     instances 2 -> 3\n"
            "      1  earlier\n");
  EXPECT_THAT(run({"releases", "heater", "-o", "json"}).out,
              StartsWith(R"({"items":[{"generation":3,)"));
  EXPECT_EQ(run({"releases", "absent"}).code, 5);
}

}  // namespace
}  // namespace hearth::cli
