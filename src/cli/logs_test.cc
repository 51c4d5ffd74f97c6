// `hearth logs` against prepared answers of a manager.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_fixture.h"

namespace hearth::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using LogsTest = CliTest;

TEST_F(LogsTest, OfSeveralInstancesArePrefixedAndThoseOfOneAreNot) {
  const std::string second =
      R"({"id":"heater-10","workload":"heater","generation":2,"node":"node-2",
    "state":"running","container":"fedc","desired_state":"run"})";
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", list({kHeater1, second}));
  manager_.answers("GET /v1/instances/heater-1/logs",
                   {{.body = "on\noff\n", .content_type = "text/plain"}});
  manager_.answers("GET /v1/instances/heater-10/logs",
                   {{.body = "on", .content_type = "text/plain"}});
  EXPECT_EQ(run({"logs", "heater"}).out,
            "heater-1  | on\n"
            "heater-1  | off\n"
            "heater-10 | on\n");
  EXPECT_EQ(run({"logs", "heater-1", "--tail", "2"}).out, "on\noff\n");
  EXPECT_EQ(manager_.requests().back().query.at("tail"), "2");
  EXPECT_EQ(run({"logs", "absent"}).code, 5);
}

TEST_F(LogsTest, OfAllInstancesAreMergedByTimeWithNode) {
  const std::string second =
      R"({"id":"heater-10","workload":"heater","generation":2,"node":"node-2",
    "state":"running","container":"fedc","desired_state":"run"})";
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", list({kHeater1, second}));
  manager_.answers("GET /v1/instances/heater-1/logs",
                   {{.body = "2026-03-01T09:00:00.000000001Z on\n"
                             "2026-03-01T09:00:02.500000000Z off\n",
                     .content_type = "text/plain"}});
  manager_.answers(
      "GET /v1/instances/heater-10/logs",
      {{.body = "2026-03-01T09:00:00.000000000Z \x1b[2J\n2026-03-01T09:00:01.000000000Z on",
        .content_type = "text/plain"}});
  style_.out_is_terminal = true;
  EXPECT_EQ(run({"logs", "heater", "--all"}).out,
            "2026-03-01T09:00:00.000Z node-2 heater-10 | ^[[2J\n"
            "2026-03-01T09:00:00.000Z node-1 heater-1  | on\n"
            "2026-03-01T09:00:01.000Z node-2 heater-10 | on\n"
            "2026-03-01T09:00:02.500Z node-1 heater-1  | off\n");
  EXPECT_EQ(manager_.requests().back().query.at("timestamps"), "1");
  EXPECT_EQ(run({"logs", "heater", "--all", "--grep", "^o.*f$", "-o", "json"}).out,
            R"({"instance":"heater-1","node":"node-1","time":"2026-03-01T09:00:02.500000000Z",)"
            "\"line\":\"off\"}\n");
  manager_.answers("GET /v1/instances/heater-1/logs",
                   {{.body = "on\n", .content_type = "text/plain"}});
  EXPECT_EQ(run({"logs", "heater-1", "--all"}).out, "on\n") << "one instance needs no prefix";
}

TEST_F(LogsTest, FollowedOnesCarryTimeAndNodeUntilTheirWorkloadIsGone) {
  const std::string second =
      R"({"id":"heater-2","workload":"heater","generation":2,"node":"node-2",
    "state":"running","container":"fedc","desired_state":"run"})";
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", {{.body = list({kHeater1, second})}, {.body = list({})}});
  manager_.answers("GET /v1/instances/heater-1/logs",
                   {{.body = "2026-03-01T09:00:02.000000000Z two\n"
                             "2026-03-01T09:00:04.000000000Z four\n",
                     .content_type = "text/plain"}});
  manager_.answers("GET /v1/instances/heater-2/logs",
                   {{.body = "2026-03-01T09:00:01.000000000Z one\n"
                             "2026-03-01T09:00:03.000000000Z three\n",
                     .content_type = "text/plain"}});
  const std::string out =
      run({"logs", "heater", "-f", "--all", "--since", "1h", "--tail", "2"}).out;
  // Their order depends on when they arrive: LogMergeTest.
  for (const char* line :
       {"2026-03-01T09:00:01.000Z node-2 heater-2 | one\n", "02.000Z node-1 heater-1 | two\n",
        "03.000Z node-2 heater-2 | three\n", "04.000Z node-1 heater-1 | four\n"}) {
    EXPECT_THAT(out, HasSubstr(line));
  }
}

TEST_F(LogsTest, MergedLogsReportAnInstanceThatCannotBeRead) {
  const std::string second =
      R"({"id":"heater-10","workload":"heater","generation":2,"node":"node-2",
    "state":"running","container":"fedc","desired_state":"run"})";
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", list({kHeater1, kHeater2, second}));
  manager_.answers("GET /v1/instances/heater-1/logs",
                   {{.body = "2026-03-01T09:00:00.000000001Z on\n", .content_type = "text/plain"}});
  const Outcome outcome = run({"logs", "heater", "--all"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "2026-03-01T09:00:00.000Z node-1 heater-1  | on\n");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("heater-2 has no container"),
                                 HasSubstr("heater-10: no answer is prepared")));
}

TEST_F(LogsTest, CanBeginAtATimeAndShowOnlyLinesThatMatch) {
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", list({kHeater1}));
  manager_.answers("GET /v1/instances/heater-1/logs",
                   {{.body = "ok\nFATAL no sensor\nerr: caf\xE9", .content_type = "text/plain"}});
  EXPECT_EQ(run({"logs", "heater", "--grep", "FATAL|err", "--since", "10m"}).out,
            "FATAL no sensor\nerr: caf\xE9\n");
  EXPECT_EQ(manager_.requests().back().query.at("since"), "2026-03-01T09:05:00.000Z");
  EXPECT_EQ(run({"logs", "heater", "--since", "yesterday"}).code, 2);
  const Outcome wrong = run({"logs", "heater", "--grep", "a(b"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--grep 'a(b'"));
}

TEST_F(LogsTest, PreviousAreTheLastWordsAlsoWithoutAContainer) {
  const std::string gone =
      R"({"id":"heater-2","workload":"heater","generation":2,"node":"node-2",
    "state":"backoff","container":"","desired_state":"run"})";
  const std::string nowhere =
      R"({"id":"heater-3","workload":"heater","generation":2,"node":"",
    "state":"pending","container":"","reason":"no room","desired_state":"run"})";
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", list({kHeater1, gone, nowhere}));
  manager_.answers("GET /v1/instances/heater-1/logs", R"({"code":"not_found","detail":"none"})",
                   404);
  manager_.answers("GET /v1/instances/heater-2/logs",
                   {{.body = "FATAL no sensor\x1b[2J\n", .content_type = "text/plain"}});
  style_.out_is_terminal = true;
  EXPECT_EQ(run({"logs", "heater-2", "--previous", "--tail", "5"}).out, "FATAL no sensor^[[2J\n");
  EXPECT_EQ(manager_.requests().back().query.at("previous"), "1");
  EXPECT_EQ(manager_.requests().back().query.at("tail"), "5");
  const Outcome all = run({"logs", "heater", "--previous"});
  EXPECT_EQ(all.code, 0) << "not every instance has lost a container";
  EXPECT_EQ(all.out, "heater-2 | FATAL no sensor^[[2J\n");
  EXPECT_THAT(all.err, AllOf(HasSubstr("heater-1: "), HasSubstr("heater-3 has no container")));
  EXPECT_EQ(run({"logs", "heater-1", "--previous"}).code, 5);
  for (const char* other : {"-f", "--all"}) {
    EXPECT_EQ(run({"logs", "heater-2", "--previous", other}).code, 2) << other;
  }
  const Outcome wrong = run({"logs", "heater-2", "--previous", "--since", "10m"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("omit --follow, --all and --since"));
}

// Goal: what a container writes controls no terminal and loses no byte in a pipe (case S3).
// Method: a log that clears the screen, renames the window, and writes over the line above it.
TEST_F(LogsTest, ControlNoTerminalAndLoseNothingInAPipe) {
  const std::string log =
      "\x1b[2J\x1b]0;owned\x07\nok\n\x1b[1A\x1b[2Kheater-2 | fine\rheater-2 | "
      "fine\r\n\x1b[31mred\n";
  const std::string second =
      R"({"id":"heater-2","workload":"heater","generation":2,"node":"node-2",
    "state":"running","container":"fedc","desired_state":"run"})";
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", list({kHeater1, second}));
  manager_.answers("GET /v1/instances/heater-1/logs",
                   {{.body = log, .content_type = "text/plain"}});
  manager_.answers("GET /v1/instances/heater-2/logs", {{.body = "", .content_type = "text/plain"}});
  EXPECT_EQ(run({"logs", "heater-1"}).out, log);
  EXPECT_EQ(run({"logs", "heater"}).out,
            "heater-1 | \x1b[2J\x1b]0;owned\x07\n"
            "heater-1 | ok\n"
            "heater-1 | \x1b[1A\x1b[2Kheater-2 | fine\rheater-2 | fine\r\n"
            "heater-1 | \x1b[31mred\n");
  style_.out_is_terminal = true;
  EXPECT_EQ(run({"logs", "heater-1"}).out,
            "^[[2J^[]0;owned^G\nok\n^[[1A^[[2Kheater-2 | fine^Mheater-2 | fine\n^[[31mred\n");
  EXPECT_EQ(run({"logs", "heater"}).out,
            "heater-1 | ^[[2J^[]0;owned^G\n"
            "heater-1 | ok\n"
            "heater-1 | ^[[1A^[[2Kheater-2 | fine^Mheater-2 | fine\n"
            "heater-1 | ^[[31mred\n");
  style_.color = true;
  EXPECT_THAT(run({"logs", "heater"}).out, HasSubstr(" \x1b[31mred\x1b[0m\n"));
}

TEST_F(LogsTest, AsJsonAreOneObjectPerLineWithTheInstance) {
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", list({kHeater1}));
  manager_.answers("GET /v1/instances/heater-1/logs", {{.body = "say \"on\"\n\ngr\xFC"
                                                                "n\x1b[0m",
                                                        .content_type = "text/plain"}});
  constexpr const char* kLines =
      R"({"instance":"heater-1","line":"say \"on\""})"
      "\n"
      R"({"instance":"heater-1","line":""})"
      "\n"
      "{\"instance\":\"heater-1\",\"line\":\"gr\xEF\xBF\xBDn\\u001b[0m\"}\n";
  EXPECT_EQ(run({"logs", "heater", "-o", "json"}).out, kLines);
  EXPECT_EQ(run({"logs", "heater-1", "-o", "json"}).out, kLines) << "one instance";
}

TEST_F(LogsTest, OfAnInstanceWithoutAContainerSayWhy) {
  manager_.answers("GET /v1/workloads/heater", kHeater);
  manager_.answers("GET /v1/instances", list({kHeater2}));
  EXPECT_THAT(run({"logs", "heater"}).err,
              HasSubstr("heater-2 has no container: it is pending: no node has 64 MiB free"));
}

}  // namespace
}  // namespace hearth::cli
