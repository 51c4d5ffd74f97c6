// The commands as a user or a script sees them: words in, text and exit code out, against prepared
// answers of a manager.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_fixture.h"
#include "wire/event_codec.h"

namespace hearth::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Reading the command line.
// --------------------------------------------------------------------------

TEST_F(CliTest, WithoutACommandItListsTheCommands) {
  const Outcome nothing = run({});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("Commands:\n  status"));
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_EQ(run({"help"}).out, run({"--help"}).out);
  EXPECT_THAT(run({"node"}).err, HasSubstr("node list"));
}

TEST_F(CliTest, SuggestsTheNearestCommandForAMisspeltOne) {
  const Outcome outcome = run({"stauts"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err,
            "hearth: there is no command 'stauts'; did you mean 'status'? (see: hearth --help)\n");
  EXPECT_THAT(run({"node", "lst"}).err, HasSubstr("no command 'node lst'; did you mean 'list'?"));
  EXPECT_EQ(run({"explain", "heater"}).err,
            "hearth: there is no command 'explain heater'; after 'explain' comes one of: node, "
            "workload (see: hearth explain --help)\n");
  EXPECT_THAT(run({"-o", "json", "status"}).err, HasSubstr("options follow their command"));
}

TEST_F(CliTest, WrongArgumentsAreNamedWithTheValidOnes) {
  EXPECT_EQ(run({"deploy"}).code, 2);
  EXPECT_THAT(run({"deploy"}).err, HasSubstr("PATH is required (see: hearth deploy --help)"));
  EXPECT_THAT(run({"deploy", ".", "--name", "x", "--instances", "1001"}).err,
              HasSubstr("--instances: '1001': must be a whole number from 0 to 1000"));
  EXPECT_THAT(run({"deploy", ".", "--name", "x", "--memory", "64X"}).err,
              HasSubstr("memory is a number with a unit"));
  EXPECT_THAT(run({"deploy", ".", "--name", "x", "--cpu", "none"}).err,
              HasSubstr("cpu is a number of cores"));
  EXPECT_THAT(run({"deploy", ".", "--name", "x", "--on-node-lost", "panic"}).err,
              HasSubstr("must be one of: replace, stay"));
  EXPECT_THAT(run({"deploy", ".", "--name", "x", "--env", "=y"}).err, HasSubstr("must be K=V"));
  EXPECT_THAT(run({"deploy", ".", "--name", "Upper"}).err, HasSubstr("name 'Upper' must match"));
  EXPECT_THAT(run({"ps", "-o", "yaml"}).err, HasSubstr("--output: 'yaml': must be one of"));
  EXPECT_THAT(run({"ps", "-o"}).err,
              HasSubstr("--output requires a value (see: hearth ps --help)"));
  EXPECT_THAT(run({"ps", "-o", "yaml", "-o", "xml"}).err, HasSubstr("--output: 'xml': must be"));
  EXPECT_THAT(run({"version", "extra", "more"}).err,
              HasSubstr("unexpected argument 'extra' (see: hearth version --help)"));
  EXPECT_THAT(run({"deploy", ".", "--name", "x", "--cpus=1"}).err,
              HasSubstr("unknown option '--cpus'; did you mean '--cpu'?"));
  EXPECT_THAT(run({"ps", "-x", "1"}).err, HasSubstr("unknown option '-x'"));
  EXPECT_THAT(manager_.requests(), IsEmpty());
}

TEST_F(CliTest, AnAnswerThatCannotBeWrittenIsAFailure) {
  disk_full_ = true;
  const Outcome outcome = run({"version"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("could not be written"));
}

// Where the manager is.
// ------------------------------------------------------------------------------

TEST_F(CliTest, TheFlagOverridesTheEnvironmentWhichOverridesTheFile) {
  manager_.answers("GET /v1/nodes", list({}));
  environment_["HEARTH_MANAGER"] = "http://127.0.0.1:1";
  EXPECT_EQ(run({"node", "list", "--manager", manager_.url()}).code, 0);
  EXPECT_EQ(run({"node", "list"}).code, 3);
  environment_.erase("HEARTH_MANAGER");
  write(".config/hearth/config.json", R"({"manager":")" + manager_.url() + R"("})");
  EXPECT_EQ(run({"node", "list"}).code, 0);
  environment_["XDG_CONFIG_HOME"] = (folder_ / "xdg").string();
  write("xdg/hearth/config.json", R"({"manager":"http://127.0.0.1:1"})");
  EXPECT_EQ(run({"node", "list"}).code, 3);
}

TEST_F(CliTest, TheTokenComesFromFileOrEnvironment) {
  manager_.answers("GET /v1/nodes", list({}));
  write("token", "a-token-of-more-than-twenty-characters\n");
  std::filesystem::permissions(folder_ / "token", std::filesystem::perms(0600));
  run({"node", "list"});
  run({"node", "list", "--token-file", (folder_ / "token").string()});
  environment_["HEARTH_TOKEN"] = "from-the-environment";
  run({"node", "list"});
  const auto requests = manager_.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].authorization, "");
  EXPECT_EQ(requests[1].authorization, "Bearer a-token-of-more-than-twenty-characters");
  EXPECT_EQ(requests[2].authorization, "Bearer from-the-environment");
}

TEST_F(CliTest, NamesTheSourceOfAWrongAddress) {
  environment_["HEARTH_MANAGER"] = "ftp://somewhere";
  EXPECT_EQ(run({"ps"}).code, 2);
  EXPECT_THAT(run({"ps"}).err, HasSubstr("HEARTH_MANAGER is 'ftp://somewhere'"));
  environment_.erase("HEARTH_MANAGER");
  write(".config/hearth/config.json", R"({"manger":"x"})");
  EXPECT_THAT(run({"ps"}).err,
              AllOf(HasSubstr("hearth/config.json"), HasSubstr("did you mean \"manager\"?")));
}

TEST_F(CliTest, SaysWhatToDoIfNoManagerAnswers) {
  const Outcome outcome = run({"status", "--manager", "http://127.0.0.1:1"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err,
              AllOf(StartsWith("hearth: no manager answers at http://127.0.0.1:1"),
                    HasSubstr("'hearth dev' starts one"), HasSubstr("HEARTH_MANAGER")));
}

// Goal: exit code 3 means that no manager answers, and nothing else. Method: files that cannot be
// read (a folder in their place, because root can read any file) with and without a manager.
TEST_F(CliTest, AnUnreadableLocalFileIsNotReportedAsAnUnreachableManager) {
  std::filesystem::create_directory(folder_ / "token");
  std::filesystem::permissions(folder_ / "token", std::filesystem::perms::owner_all);
  const std::string token = (folder_ / "token").string();
  EXPECT_EQ(run({"node", "list", "--token-file", token}).code, 1);
  write("app/Dockerfile", "FROM scratch\n");
  const std::vector<std::string> deploy{"deploy",    (folder_ / "app").string(), "--name", "x",
                                        "--manager", "http://127.0.0.1:1"};
  EXPECT_EQ(run(deploy).code, 3);
  std::filesystem::create_directory(folder_ / "app" / ".dockerignore");
  const Outcome outcome = run(deploy);
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(".dockerignore"));
}

TEST_F(CliTest, ErrorsOfTheManagerBecomeExitCodes) {
  const auto problem = [](unsigned status, const char* code) {
    return HttpResponse{
        .status = status,
        .body = fmt::format(R"({{"detail":"the manager's message","code":"{}"}})", code),
        .content_type = "application/problem+json"};
  };
  manager_.answers("GET /healthz", "{}");
  struct Case {
    unsigned status;
    const char* code;
    int exit;
  };
  for (const auto& [status, code, exit] :
       {Case{404, "not_found", 5}, Case{409, "conflict", 6}, Case{401, "unauthorized", 4},
        Case{400, "invalid_argument", 2}, Case{503, "unavailable", 1}, Case{500, "failed", 1}}) {
    manager_.answers("GET /v1/nodes/node-9", {problem(status, code)});
    const Outcome outcome = run({"node", "show", "node-9"});
    EXPECT_EQ(outcome.code, exit) << code;
    EXPECT_THAT(outcome.err, HasSubstr("the manager's message")) << code;
  }
  manager_.answers("GET /v1/nodes/node-9", {problem(401, "unauthorized")});
  EXPECT_THAT(run({"node", "show", "node-9"}).err, HasSubstr("--token-file FILE or HEARTH_TOKEN"));
}

TEST_F(CliTest, AnUnexpectedAnswerIsAFailureThatNamesItsPlace) {
  manager_.answers("GET /v1/nodes", R"({"items":[{"name":7}]})");
  const Outcome outcome = run({"node", "list"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("$.items[0].name"), HasSubstr("another version")));
}

// Reading.
// -------------------------------------------------------------------------------------------

TEST_F(CliTest, NodeListIsATableOfAllPages) {
  manager_.answers("GET /v1/nodes",
                   {{.body = list({kNode1}, "\"node-1\"")}, {.body = list({kNode2})}});
  const Outcome outcome = run({"node", "list"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(
      outcome.out,
      "NAME    STATE  ADDRESS   INSTANCES   CPU  MEMORY  HEARTBEAT  SINCE     NOTE\n"
      "node-1  live   10.0.0.1          1  12 %    40 %  now        15 m ago\n"
      "node-2  dead   10.0.0.2          0                14 s ago   12 s ago  booting, attempt 1; "
      "silent for 2.1 s, no answer to a dial\n");
  EXPECT_EQ(manager_.requests().back().query.at("after"), "node-1");
}

TEST_F(CliTest, ListsAsJsonAreTheManagersItemsOfAllPages) {
  manager_.answers("GET /v1/nodes", {{.body = list({R"({"name":"a"})"}, "\"a\"")},
                                     {.body = list({R"({"name":"b"})"})}});
  EXPECT_EQ(run({"node", "list", "-o", "json"}).out,
            "{\"items\":[{\"name\":\"a\"},{\"name\":\"b\"}]}\n");
}

TEST_F(CliTest, ColoursWhatNeedsAttention) {
  style_.color = true;
  manager_.answers("GET /v1/nodes", list({kNode2}));
  EXPECT_THAT(run({"node", "list"}).out, HasSubstr("\x1b[31mdead\x1b[0m"));
}

TEST_F(CliTest, NodeShowPrintsStateEvidenceAndInstances) {
  manager_.answers("GET /v1/nodes/node-1", kNode1);
  manager_.answers("GET /v1/instances", list({kHeater1, kHeater2}));
  const Outcome outcome = run({"node", "show", "node-1"});
  EXPECT_EQ(
      outcome.out,
      "node-1 (IAS-Node-1)\n"
      "  state        live, since 15 m ago\n"
      "  evidence     first heartbeat received\n"
      "  address      10.0.0.1\n"
      "  heartbeat    now\n"
      "  capacity     2 cores, 8.0 GiB\n"
      "  load         cpu 12 %, memory 40 %\n"
      "  incarnation  start 3 of the agent, boot 01234567\n"
      "\n"
      "INSTANCE  NODE    ADDRESS   STATE    CONTAINER     RESTARTS  LAST EXIT     SINCE\n"
      "heater-1  node-1  10.0.0.1  running  0123456789ab         1  137 (memory)  60 s ago\n");
}

TEST_F(CliTest, PsPrintsWorkloadsInstancesAndWhyOneWaits) {
  manager_.answers("GET /v1/workloads", list({kHeater}));
  manager_.answers("GET /v1/instances", list({kHeater1, kHeater2}));
  const Outcome outcome = run({"ps"});
  EXPECT_THAT(outcome.out, StartsWith("WORKLOAD  KIND         PHASE     RUNNING  GENERATION\n"
                                      "heater    application  deployed      1/2           2\n"
                                      "\n"
                                      "INSTANCE"));
  EXPECT_THAT(outcome.out, HasSubstr("no node has 64 MiB free"));
  EXPECT_THAT(run({"ps", "-o", "json"}).out,
              AllOf(StartsWith("{\"workloads\":[{"), HasSubstr("],\"instances\":[{")));
}

TEST_F(CliTest, PsAndStatusShowHealthAndHowFarARollOutIs) {
  const std::string rolling = R"({"name":"heater","kind":"application","generation":2,
    "phase":"rolling_out","instances":3,"running":3,
    "target":{"generation":2,"instances":3,"ready":1}})";
  const std::string sick = R"({"name":"db","kind":"service","generation":1,"phase":"deployed",
    "instances":1,"running":1,"target":{"generation":1,"instances":1,"ready":0}})";
  const auto instance = [](const char* id, const char* health, const char* reason) {
    return fmt::format(R"({{"id":"{}","workload":"{}","generation":2,"node":"node-1",)"
                       R"("state":"running","health":"{}","health_reason":"{}"}})",
                       id, std::string(id).substr(0, std::string(id).rfind('-')), health, reason);
  };
  manager_.answers("GET /v1/workloads", list({rolling, sick}));
  manager_.answers(
      "GET /v1/instances",
      list({instance("heater-4", "ready", ""), instance("heater-5", "starting", "no answer yet"),
            instance("heater-6", "unknown", ""),
            instance("db-1", "degraded", "rule 'no sensor' fired")}));
  const Outcome ps = run({"ps"});
  EXPECT_THAT(
      ps.out,
      StartsWith("WORKLOAD  KIND         PHASE                      RUNNING  GENERATION\n"
                 "heater    application  rolling out, 1 of 3 ready      3/3           2\n"));
  EXPECT_THAT(ps.out, HasSubstr("INSTANCE  NODE    STATE    HEALTH    RESTARTS  REASON\n"
                                "heater-4  node-1  running  ready            0\n"
                                "heater-5  node-1  running  starting         0  no answer yet\n"
                                "heater-6  node-1  running                   0\n"
                                "db-1      node-1  running  degraded         0  rule 'no sensor' "
                                "fired\n"));
  manager_.answers("GET /v1/status", "{}");
  manager_.answers("GET /v1/nodes", list({kNode1}));
  EXPECT_THAT(run({"status"}).out,
              testing::EndsWith(
                  "ATTENTION     STATE        WHY\n"
                  "db (service)  unavailable  0 of 1 ready; db-1: rule 'no sensor' fired\n"
                  "heater        rolling out  1 of 3 ready of release 2; heater-5: no answer yet\n"
                  "1 node is well\n"));
}

TEST_F(CliTest, WhatHasCompletedItsWorkNeedsNoAttention) {
  manager_.answers("GET /v1/workloads",
                   list({R"({"name":"job","kind":"oneshot","generation":1,"phase":"deployed",
    "instances":1,"running":0,"target":{"generation":1,"instances":1,"ready":1}})"}));
  manager_.answers("GET /v1/instances", list({}));
  manager_.answers("GET /v1/status", "{}");
  manager_.answers("GET /v1/nodes", list({kNode1}));
  EXPECT_THAT(run({"status"}).out, Not(HasSubstr("ATTENTION")));
}

TEST_F(CliTest, PsWithoutWorkloadsSaysHowToDeploy) {
  manager_.answers("GET /v1/workloads", list({}));
  manager_.answers("GET /v1/instances", list({}));
  const Outcome outcome = run({"ps"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("hearth deploy DIR --name NAME"));
}

TEST_F(CliTest, StatusSumsUpAndNamesWhatNeedsAnOperator) {
  manager_.answers("GET /v1/status", R"({"version":"0.1.0","epoch":4,
    "started_at":"2026-03-01T09:00:00.000Z","last_event_seq":9,
    "bus":{"bootstrap":"127.0.0.1:9092","topic_prefix":"hearth.","carries":false},
    "store":{"works":false,"fault":"the disk is full"}})");
  manager_.answers("GET /v1/nodes", list({kNode1, kNode2}));
  manager_.answers("GET /v1/workloads", list({kHeater}));
  manager_.answers("GET /v1/instances", list({kHeater1, kHeater2}));
  EXPECT_EQ(
      run({"status"}).out,
      "manager       " + manager_.url() +
          ", version 0.1.0, epoch 4, started 15 m ago\n"
          "bus           127.0.0.1:9092, carries nothing: the manager is blind and judges no node\n"
          "store         fails; nothing is decided until it works: the disk is full\n"
          "nodes         2: 1 dead, 1 live\n"
          "applications  1: 1 reduced\n"
          "instances     1 of 2 ready\n"
          "\n"
          "ATTENTION  STATE    WHY\n"
          "node-2     dead     silent for 2.1 s, no answer to a dial\n"
          "heater     reduced  1 of 2 ready; heater-2: no node has 64 MiB free\n"
          "1 node is well\n");
}

TEST_F(CliTest, ExplainPrintsTheManagersLines) {
  manager_.answers("GET /v1/nodes/node-2/explanation",
                   R"({"lines":["Node 'node-2' is dead.","Why."]})");
  EXPECT_EQ(run({"explain", "node", "node-2"}).out, "Node 'node-2' is dead.\nWhy.\n");
  EXPECT_EQ(run({"explain", "workload", "absent"}).code, 5);
}

TEST_F(CliTest, ExplainsAWorkloadByWhatItsRulesAndProbesSay) {
  manager_.answers("GET /v1/workloads/heater/explanation",
                   R"({"lines":["Workload 'heater' is deployed."]})");
  manager_.answers("GET /v1/instances", list({kHeater1, kHeater2}));
  manager_.answers("GET /v1/instances/heater-1/watch", R"({"state":"backoff","crash_loop":true,
    "rules":[{"rule":"no-oom","standing":"faulty","words":"it appeared","action":"replace",
      "fired_ms_ago":12000,"why":"it appeared","line":"Out\u001b[2JOfMemory","held_off":3,"hold_off_ms":288000}],
    "probes":[{"probe":"readiness","standing":"standing_still","words":"its container is paused"}],
    "next_start_ms":8000})");
  EXPECT_EQ(run({"explain", "workload", "heater"}).out,
            "Workload 'heater' is deployed.\n"
            "What 'node-1' says of 'heater-1':\n"
            "  rule 'no-oom' (action replace) is faulty: it appeared\n"
            "    it fired 12.0 s ago: it appeared\n"
            "    by the line: Out^[[2JOfMemory\n"
            "    it does not fire again for 4 m 48 s; 3 firings were held off\n"
            "  probe 'readiness' is standing still: its container is paused\n"
            "  it starts again in 8.0 s, the longest backoff: it is in a crash loop\n");
  // The same in JSON, for programs.
  const std::string json = run({"explain", "workload", "heater", "-o", "json"}).out;
  EXPECT_THAT(json,
              StartsWith(R"({"lines":["Workload 'heater' is deployed."],"instances":[)"
                         R"({"instance":"heater-1","node":"node-1","watch":{"state":"backoff")"));
  EXPECT_THAT(
      json, AllOf(HasSubstr(R"("rule":"no-oom","standing":"faulty")"),
                  HasSubstr(R"("probe":"readiness")"), testing::EndsWith("}],\"not_asked\":0}\n")));
  manager_.answers("GET /v1/instances/heater-1/watch", R"({"detail":"no route"})", 502);
  EXPECT_THAT(run({"explain", "workload", "heater", "-o", "json"}).out,
              HasSubstr(R"({"instance":"heater-1","node":"node-1","error":")"));
  EXPECT_THAT(run({"explain", "workload", "heater"}).out,
              AllOf(HasSubstr("Node 'node-1' cannot be asked about 'heater-1' ("),
                    HasSubstr("; it last reported: running.\n")));
}

TEST_F(CliTest, EventsAreTheLast50OrThoseSinceATime) {
  const auto event = [](std::uint64_t seq, const char* time) {
    return encode(ClusterEvent{.seq = seq,
                               .at = *parse_time(time),
                               .type = EventType::kNodeDead,
                               .subject = "node/node-2",
                               .message = "silent for 2.1 s"},
                  "x");
  };
  manager_.answers("GET /v1/status", R"({"last_event_seq":1000})");
  manager_.answers("GET /v1/events", list({event(1, "2026-03-01T09:00:00.000Z"),
                                           event(2, "2026-03-01T09:14:00.000Z")}));
  EXPECT_THAT(run({"events"}).out,
              AllOf(HasSubstr("2026-03-01T09:00:00.000Z"), HasSubstr("silent")));
  EXPECT_EQ(manager_.requests().back().query.at("after"), "950");
  const Outcome recent = run({"events", "--since", "5m"});
  EXPECT_THAT(recent.out, Not(HasSubstr("09:00:00")));
  EXPECT_THAT(recent.out, HasSubstr("09:14:00"));
  EXPECT_EQ(run({"events", "--since", "yesterday"}).code, 2);
}

TEST_F(CliTest, EventsAreColouredByWhetherTheyAreGood) {
  style_.color = true;
  const auto shown = [&](EventType type) {
    const ClusterEvent event{
        .seq = 1, .at = *parse_time("2026-03-01T09:14:00.000Z"), .type = type, .message = "m"};
    manager_.answers("GET /v1/status", R"({"last_event_seq":1})");
    manager_.answers("GET /v1/events", list({encode(event, "x")}));
    return run({"events"}).out;
  };
  EXPECT_THAT(shown(EventType::kNodeLive), HasSubstr("\x1b[32m"));
  EXPECT_THAT(shown(EventType::kWorkloadDeployed), HasSubstr("\x1b[32m"));
  EXPECT_THAT(shown(EventType::kNodeSuspect), HasSubstr("\x1b[33m"));
  EXPECT_THAT(shown(EventType::kWorkloadFailed), HasSubstr("\x1b[31m"));
}

// Changing.
// ---------------------------------------------------------------------------------------------

TEST_F(CliTest, NodeImportSendsTheFileAsItIs) {
  constexpr const char* kServers =
      R"({"1":{"node_name":"IAS-Node-1-new","node_ip":"52.188.83.232"}})";
  write("servers.json", kServers);
  manager_.answers("POST /v1/nodes/import", R"({"message":"1 node"})");
  const Outcome outcome = run({"node", "import", (folder_ / "servers.json").string()});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "NAME            ADDRESS        IN THE FILE\n"
            "ias-node-1-new  52.188.83.232  IAS-Node-1-new\n");
  EXPECT_EQ(manager_.requests().back().body, kServers);
}

TEST_F(CliTest, NodeImportNamesFileAndPlaceOfAnError) {
  write("servers.json", R"({"1":{"node_name":"a"}})");
  const Outcome outcome = run({"node", "import", (folder_ / "servers.json").string()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("servers.json"), HasSubstr("node_ip")));
  EXPECT_THAT(manager_.requests(), IsEmpty());
  EXPECT_EQ(run({"node", "import", "/absent.json"}).code, 5);
}

TEST_F(CliTest, StopAndRmWaitUntilAllInstancesAreGone) {
  manager_.answers("POST /v1/workloads/heater/stop", "{}", 202);
  manager_.answers("GET /v1/instances", {{.body = list({kHeater1})}, {.body = list({})}});
  const Outcome stopped = run({"stop", "heater"});
  EXPECT_EQ(stopped.code, 0) << stopped.err;
  EXPECT_EQ(stopped.out, "heater is stopped\n");
  manager_.answers("DELETE /v1/workloads/heater", "{}", 202);
  EXPECT_EQ(run({"rm", "heater", "-o", "json"}).out,
            "{\"name\":\"heater\",\"state\":\"removed\"}\n");
  manager_.answers("GET /v1/instances", list({kHeater1}));
  const Outcome late = run({"rm", "heater", "--timeout", "10ms"});
  EXPECT_EQ(late.code, 1);
  EXPECT_THAT(late.err, HasSubstr("1 instance of 'heater' still there"));
  EXPECT_EQ(run({"rm", "heater", "--no-wait"}).out, "heater is stopping\n");
}

// Goal: no text of a manager controls the terminal, wherever it is printed. Method: names, reasons,
// explanations, events and errors that try to.
TEST_F(CliTest, NoTextOfAManagerControlsTheTerminal) {
  style_ = {.color = true, .out_is_terminal = true, .err_is_terminal = true};
  const std::string evil = R"(\u001b[2J\u009b2J\r\n\u202e)";
  manager_.answers("GET /v1/status", R"({"version":")" + evil + R"(","bus":{"bootstrap":")" + evil +
                                         R"("},"store":{"fault":")" + evil + R"("}})");
  const std::string node = R"({"name":")" + evil + R"(","state":")" + evil +
                           R"(","display_name":"x)" + evil + R"(","evidence":")" + evil +
                           R"(","problem":")" + evil + R"("})";
  manager_.answers("GET /v1/nodes", list({node}));
  manager_.answers("GET /v1/nodes/n1", node);
  manager_.answers("GET /v1/nodes/n1/explanation", R"({"lines":[")" + evil + R"("]})");
  manager_.answers("GET /v1/workloads",
                   list({R"({"name":")" + evil + R"(","kind":")" + evil +
                         R"(","phase":"failed","reason":")" + evil + R"("})"}));
  const std::string instance = R"({"id":")" + evil + R"(","workload":"w","state":")" + evil +
                               R"(","node":")" + evil + R"(","address":")" + evil +
                               R"(","container":"\u001b[2J","reason":")" + evil + R"("})";
  manager_.answers("GET /v1/instances", list({instance}));
  manager_.answers("GET /v1/events", list({R"({"id":"1","note":")" + evil + R"("})"}));
  manager_.answers("GET /v1/nodes/n2", {{.status = 404,
                                         .body = R"({"detail":")" + evil +
                                                 R"(hearth: all is well","code":"not_found"})",
                                         .content_type = "application/problem+json"}});
  for (const std::vector<std::string>& words : {std::vector<std::string>{"status"},
                                                {"status", "-o", "json"},
                                                {"node", "list"},
                                                {"node", "list", "-o", "json"},
                                                {"node", "show", "n1"},
                                                {"node", "show", "n2"},
                                                {"explain", "node", "n1"},
                                                {"explain", "node", "n1", "-o", "json"},
                                                {"ps"},
                                                {"ps", "-o", "json"},
                                                {"events"},
                                                {"events", "-o", "json"}}) {
    const Outcome outcome = run(words);
    const std::string all = outcome.out + outcome.err;
    EXPECT_THAT(all,
                AllOf(Not(HasSubstr("\x1b[2J")), Not(HasSubstr("\xC2\x9B")), Not(HasSubstr("\r")),
                      Not(HasSubstr("\u202e")), Not(HasSubstr("\nhearth: all"))))
        << words[0];
    EXPECT_THAT(all, testing::AnyOf(HasSubstr("^["), HasSubstr("\\u001b"))) << words[0];
  }
}

TEST_F(CliTest, ConfigCheckReportsEveryError) {
  write("right.json", R"({"listen":"127.0.0.1:7700"})");
  const Outcome right = run({"config", "check", (folder_ / "right.json").string()});
  EXPECT_EQ(right.code, 0) << right.err;
  EXPECT_THAT(right.out, HasSubstr("right.json is valid"));
  write("wrong.json", R"({"listn":"127.0.0.1:7700","agent_port":"x"})");
  const Outcome wrong = run({"config", "check", (folder_ / "wrong.json").string()});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.out, AllOf(HasSubstr("did you mean \"listen\"?"), HasSubstr("agent_port")));
  EXPECT_THAT(run({"config", "check", (folder_ / "wrong.json").string(), "-o", "json"}).out,
              StartsWith(R"({"kind":"config","ok":false,"faults":[")"));
  EXPECT_EQ(run({"config", "check", "/absent.json"}).code, 5);
}

TEST_F(CliTest, ConfigCheckReadsTheServerDetailsToo) {
  write("config.json", R"({"server_details":"servers.json"})");
  const std::string file = (folder_ / "config.json").string();
  EXPECT_EQ(run({"config", "check", file}).code, 5) << "hearthd would not start";
  write("servers.json", R"({"1":{"node_name":"A"}})");
  const Outcome wrong = run({"config", "check", file});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.out, HasSubstr("servers.json: $.1.node_ip: is missing"));
  write("servers.json", R"({"1":{"node_name":"A","node_ip":"192.0.2.7"}})");
  EXPECT_EQ(run({"config", "check", file}).code, 0);
}

TEST_F(CliTest, ConfigCheckRecognisesAServerDetails) {
  const std::string file = (folder_ / "servers.json").string();
  write("servers.json", R"({"1":{"node_name":"A","node_ip":"192.0.2.7"},
                            "2":{"node_name":"B","node_ip":"192.0.2.8"}})");
  const Outcome right = run({"config", "check", file});
  EXPECT_EQ(right.code, 0) << right.out;
  EXPECT_THAT(right.out, HasSubstr("servers.json is valid: a server_details.json of 2 machines"));
  write("servers.json", R"({"1":{"node_name":"A","node_ip":"192.0.2.7"},
                            "2":{"node_name":"a","node_ip":"192.0.2.8"},"3":{"node_name":"C"}})");
  const Outcome wrong = run({"config", "check", file});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.out,
              AllOf(HasSubstr("servers.json: $.2: node_name 'a' maps to node 'a', as does"),
                    HasSubstr("servers.json: $.3.node_ip: is missing")));
  EXPECT_THAT(wrong.err, HasSubstr("was checked as a server_details.json"));
  EXPECT_THAT(run({"config", "check", file, "-o", "json"}).out,
              StartsWith(R"({"kind":"server_details","ok":false,"faults":[")"));
  write("servers.json", R"({"gateway":{"node_name":"A"}})");
  EXPECT_THAT(run({"config", "check", file}).out, HasSubstr("$.gateway.node_ip: is missing"));
  write("servers.json", R"({"1":"192.0.2.7"})");
  EXPECT_THAT(run({"config", "check", file}).out, HasSubstr("$.1: must be an object"));
  write("servers.json", R"({"2":null,"listen":"127.0.0.1:7700"})");
  EXPECT_THAT(run({"config", "check", file}).err, HasSubstr("checked as a server_details.json"));
}

}  // namespace
}  // namespace hearth::cli
