#include "wire/workload_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kBundle = "sha256:" + std::string(64, 'a');

WorkloadName name(std::string_view text) {
  return WorkloadName::parse(text).value();
}

std::string request(std::string_view more) {
  return R"({"bundle":")" + kBundle + "\"" + std::string(more) + "}";
}

Result<WorkloadSpec> decode(std::string_view text) {
  return decode_workload_request(text, name("web"));
}

std::string fault_of(std::string_view text) {
  const Result<WorkloadSpec> spec = decode(text);
  if (spec) return "";
  EXPECT_EQ(spec.error().code, ErrorCode::kInvalidArgument);
  return spec.error().message;
}

InstanceSpec instance(std::string_view more) {
  const Result<WorkloadSpec> spec = decode(request(more));
  EXPECT_TRUE(spec) << spec.error().message;
  return spec ? spec->instance : InstanceSpec{};
}

std::vector<JsonFault> faults_of_file(std::string_view text) {
  const auto file = read_workload_file(text, {});
  return file ? std::vector<JsonFault>{} : file.error();
}

TEST(WorkloadRequest, OnlyTheBundleIsRequired) {
  const WorkloadSpec least{.bundle = Digest::parse(kBundle).value()};
  EXPECT_EQ(decode(request("")), least);
  EXPECT_EQ(fault_of("{}"), "$.bundle: is missing");
}

TEST(WorkloadRequest, ItsNameIsThatOfTheAddress) {
  EXPECT_EQ(fault_of(request(R"(,"name":"web")")), "");
  EXPECT_EQ(fault_of(request(R"(,"name":"db")")),
            "$.name: must be 'web', as in the address of the request, or be left out");
  EXPECT_THAT(fault_of(request(R"(,"build":".")")), StartsWith("$.build: is for files: PUT"));
}

TEST(WorkloadFile, NeedsANameAndBuildsItsOwnFolder) {
  EXPECT_EQ(faults_of_file("{}"), (std::vector<JsonFault>{{"$.name", "is missing"}}));
  EXPECT_EQ(read_workload_file(R"({"name":"web"})", {}), (WorkloadFile{.name = name("web")}));
  EXPECT_EQ(read_workload_file(R"({"name":"web","build":"../app"})", {})->build, "../app");
  EXPECT_EQ(
      faults_of_file(R"({"name":"web","bundle":"x"})"),
      (std::vector<JsonFault>{{"$.bundle", "is for requests: in a file write build: FOLDER"}}));
}

TEST(WorkloadFile, HoldsEveryField) {
  const auto file = read_workload_file(R"({
      "name": "heater", "kind": "service", "build": "app", "instances": 3,
      "environment": {"MODE": "eco", "ROOM": 4, "FAST": true},
      "resources": {"memory": "64M", "cpu": 0.5, "pids": 64},
      "network": "bridge",
      "ports": ["8080:80", "127.0.0.1:53:53/udp", {"host": 1, "container": 2, "protocol": "udp"},
                "[2001:db8::7]:81:82"],
      "devices": ["/dev/a", "/dev/b:/dev/sensor:r", {"host": "/dev/c:0", "permissions": "rwm"}],
      "restart": "on-failure",
      "stop": {"signal": "SIGINT", "grace": "1m", "pre_stop": ["/bin/flush", "--now"]},
      "after": {"db": "started", "broker": {"until": "ready", "restart_with_it": true},
                "log": null},
      "probes": {
        "readiness": {"http": {"port": 8080, "path": "/healthz", "headers": {"Host": "x"}},
                      "period": "5s", "timeout": "1s", "failures": 2, "successes": 3,
                      "initial_delay": "4s"},
        "liveness": {"tcp": {"port": 8080}}, "startup": {"exec": ["/bin/check"]},
        "image_healthcheck": "liveness"},
      "log_rules": [
        {"name": "db-gone", "must_not_appear": "refused|reset", "count": 3, "within": "1m",
         "unless": "retrying", "stream": "stderr", "do": "replace", "hold_off": "1h"},
        {"name": "ready", "must_appear": "listening on", "within": "30s", "do": "restart"},
        {"name": "alive", "must_recur": "sensors ", "every": "10s", "grace": "20s"},
        {"name": "quiet", "silence": "5m", "do": "mark"}],
      "trends": {"processes": {}, "memory": {"ahead": "5m", "do": "replace"}},
      "update": {"min_ready": "0s", "ready_deadline": "10m", "placement_deadline": "2m"},
      "on_node_lost": "stay"})",
                                       {});
  ASSERT_TRUE(file) << show(file.error().front());
  const WorkloadFile expected{
      .name = name("heater"),
      .build = "app",
      .kind = WorkloadKind::kService,
      .instances = 3,
      .instance =
          {.container =
               {.environment = {{"FAST", "true"}, {"MODE", "eco"}, {"ROOM", "4"}},
                .resources = {.cpu_millis = 500, .memory_bytes = 64 << 20},
                .pids_max = 64,
                .ports =
                    {{.host_port = 8080, .container_port = 80},
                     {.host_port = 53,
                      .container_port = 53,
                      .protocol = TransportProtocol::kUdp,
                      .host_address = "127.0.0.1"},
                     {.host_port = 1, .container_port = 2, .protocol = TransportProtocol::kUdp},
                     {.host_port = 81, .container_port = 82, .host_address = "2001:db8::7"}},
                .devices = {{"/dev/a", "/dev/a", "rw"},
                            {"/dev/b", "/dev/sensor", "r"},
                            {"/dev/c:0", "/dev/c:0", "rwm"}}},
           .restart = RestartPolicy::kOnFailure,
           .replace = ReplaceOrder::kStopFirst,
           .stop = {.signal = "SIGINT", .grace = minutes(1), .pre_stop = {"/bin/flush", "--now"}},
           .probes = {.startup = Probe{.check = ExecCheck{.command = {"/bin/check"}}},
                      .readiness = Probe{.check = HttpCheck{.port = 8080,
                                                            .path = "/healthz",
                                                            .headers = {{"Host", "x"}}},
                                         .initial_delay = seconds(4),
                                         .period = seconds(5),
                                         .timeout = seconds(1),
                                         .failures = 2,
                                         .successes = 3},
                      .liveness = Probe{.check = TcpCheck{.port = 8080}},
                      .image_healthcheck = HealthcheckUse::kLiveness},
           .log_rules = {{.name = "db-gone",
                          .condition = MustNotAppear{.pattern = "refused|reset",
                                                     .unless = "retrying",
                                                     .count = 3,
                                                     .within = minutes(1)},
                          .stream = LogStream::kStderr,
                          .action = HealthAction::kReplace,
                          .hold_off = hours(1)},
                         {.name = "ready",
                          .condition = MustAppear{.pattern = "listening on", .within = seconds(30)},
                          .action = HealthAction::kRestart},
                         {.name = "alive",
                          .condition = MustRecur{.pattern = "sensors ",
                                                 .every = seconds(10),
                                                 .grace = seconds(20)}},
                         {.name = "quiet",
                          .condition = LogSilence{.longest = minutes(5)},
                          .action = HealthAction::kMark}},
           .trends = {{.of = TrendOf::kMemory,
                       .ahead = minutes(5),
                       .action = HealthAction::kReplace},
                      {.of = TrendOf::kProcesses}},
           .min_ready = Duration::zero(),
           .ready_deadline = minutes(10)},
      .on_node_lost = NodeLossPolicy::kStay,
      .after = {{.workload = name("db"), .until = Dependency::Until::kStarted},
                {.workload = name("broker"), .restart_with_it = true},
                {.workload = name("log")}},
      .placement_deadline = minutes(2)};
  EXPECT_EQ(*file, expected);
}

TEST(WorkloadFile, ANodeIsWaitedForUnlessTheFileSaysOtherwise) {
  const auto read = [](const std::string& members) {
    return *read_workload_file(R"({"name":"web",)" + members + "}", {});
  };
  EXPECT_EQ(read(R"("node":"n1")").node, *NodeName::parse("n1"));
  EXPECT_EQ(read(R"("node":"n1")").on_node_lost, NodeLossPolicy::kStay);
  EXPECT_EQ(read(R"("kind":"service")").on_node_lost, NodeLossPolicy::kReplace);
  EXPECT_EQ(faults_of_file(R"({"name":"web","node":"N_1"})").at(0).path, "$.node");
}

TEST(WorkloadRequest, VariablesCanBeAList) {
  EXPECT_EQ(instance(R"(,"environment":["A=1","B=x=y","C="])").container.environment,
            (std::map<std::string, std::string>{{"A", "1"}, {"B", "x=y"}, {"C", ""}}));
  EXPECT_EQ(fault_of(request(R"(,"environment":["A","B=1","B=2",3])")),
            "$.environment[0]: must be K=V, such as \"MODE=eco\"\n"
            "$.environment[2]: sets 'B' again\n"
            "$.environment[3]: must be a string, not a number");
}

TEST(WorkloadRequest, ReportsAllFaultsAtOnce) {
  EXPECT_EQ(fault_of(R"({"bundle":"latest","kind":"daemon","instances":1001,
                         "resources":{"memory":1000,"pids":0},"on_node_lost":"panic",
                         "enviroment":{}})"),
            "$.kind: must be one of: service, application, oneshot\n"
            "$.bundle: a digest must be 'sha256:' and 64 lower-case hex digits\n"
            "$.instances: must be a whole number from 0 to 1000\n"
            "$.resources.memory: must be from 6M to 1024T, or 0 for no limit; a number without a "
            "unit is bytes\n"
            "$.resources.pids: must be a whole number from 1 to 4194304\n"
            "$.on_node_lost: must be one of: replace, stay\n"
            "$.enviroment: unknown key; did you mean \"environment\"? (known keys: name, kind, "
            "adopt, bundle, instances, environment, resources, network, ports, devices, restart, "
            "stop, probes, log_rules, trends, update, replace, after, node, on_node_lost)");
}

TEST(WorkloadRequest, RefusesVariablesThatAContainerCannotHave) {
  EXPECT_EQ(fault_of(request(R"(,"environment":{"A_1.b-c":"é = \n"})")), "");
  EXPECT_EQ(fault_of(request(R"(,"environment":{"A":[],"B":null,"C":"\u0000"})")),
            "$.environment.A: must be a string, not a list\n"
            "$.environment.B: must be a string, not null; an empty one is \"\"\n"
            "$.environment.C: must not contain a NUL character");
  for (const std::string& variable : {std::string(), std::string("A=B"), std::string("A B"),
                                      std::string(kEnvironmentNameBytesMax + 1, 'A')}) {
    EXPECT_THAT(fault_of(request(",\"environment\":{\"" + variable + "\":\"\"}")),
                HasSubstr("is not a valid variable name"))
        << variable;
  }
  EXPECT_THAT(fault_of(request(R"(,"environment":{"HEARTH_NODE":"x"})")),
              StartsWith("$.environment.HEARTH_NODE: is set by Hearth"));
}

TEST(WorkloadRequest, TheEnvironmentIsBounded) {
  const auto variables = [](std::size_t count) {
    std::string text = ",\"environment\":{\"V0\":\"\"";
    for (std::size_t i = 1; i < count; ++i) text += ",\"V" + std::to_string(i) + "\":\"\"";
    return text + "}";
  };
  EXPECT_EQ(fault_of(request(variables(kEnvironmentCountMax))), "");
  EXPECT_EQ(fault_of(request(variables(kEnvironmentCountMax + 1))),
            "$.environment: has 257 variables; the limit is 256");

  const auto large = [](std::size_t bytes) {
    return ",\"environment\":{\"V\":\"" + std::string(bytes - 1, 'x') + "\"}";
  };
  EXPECT_EQ(fault_of(request(large(kEnvironmentBytesMax))), "");
  EXPECT_THAT(fault_of(request(large(kEnvironmentBytesMax + 1))),
              StartsWith("$.environment: has 65537 bytes; the limit is 65536"));
}

TEST(WorkloadRequest, WhatRunsOnlyOnceIsReplacedByStoppingItFirst) {
  EXPECT_EQ(instance("").replace, ReplaceOrder::kStartFirst);
  for (const char* once : {R"(,"devices":["/dev/a"])", R"(,"ports":["80:80"])",
                           R"(,"network":"host")", R"(,"replace":"stop_first")"}) {
    EXPECT_EQ(instance(once).replace, ReplaceOrder::kStopFirst) << once;
  }
  EXPECT_EQ(instance(R"(,"network":"host","replace":"start_first")").replace,
            ReplaceOrder::kStartFirst);
}

TEST(WorkloadRequest, AOneshotIsRestartedOnlyIfItFails) {
  EXPECT_EQ(instance(R"(,"kind":"oneshot")").restart, RestartPolicy::kOnFailure);
  EXPECT_EQ(instance(R"(,"kind":"service")").restart, RestartPolicy::kAlways);
}

// Goal: what was accepted once stays readable, whatever requests are held to. Method: a document
// that breaks a bound or a rule of every kind is refused as a request, and read as a stored one.
TEST(StoredWorkload, IsNotHeldToTheRulesOfRequests) {
  const std::string document = request(R"(,
      "name": "web", "kind": "oneshot", "instances": 5000, "restart": "always",
      "environment": {"HEARTH_NODE": "x", "A B": "y"},
      "resources": {"memory": 1, "cpu": 2000000.5, "pids": 0, "limits": 3},
      "network": "host", "ports": [{"host": 80, "container": 80}, {"host": 80, "container": 80}],
      "devices": [{"host": "a", "container": "b", "permissions": "x"}],
      "replace": "start_first",
      "stop": {"signal": "SIGFOO", "grace": "9h", "pre_stop": [""]},
      "after": {"web": {"until": "ready", "restart_with_it": false}},
      "probes": {"readiness": {"tcp": {"port": 0}, "period": "10h", "failures": 0},
                 "liveness": {"exec": [], "period": "1ms", "timeout": "0s"}},
      "log_rules": [{"name": "", "must_not_appear": "", "count": 9999},
                    {"name": "", "silence": "8736h", "of_later": 1}],
      "update": {"min_ready": "2h", "ready_deadline": "1s", "placement_deadline": "0s"},
      "cpu_millis": 5, "of_later": {}, "image": "x")");
  const Result<WorkloadSpec> stored = decode_stored_workload(document);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->instances, 5000U);
  EXPECT_EQ(stored->instance.container.resources.cpu_millis, 2'000'000'500U);
  EXPECT_EQ(stored->instance.replace, ReplaceOrder::kStartFirst);
  EXPECT_EQ(decode_stored_workload(encode_workload(*stored)), stored);
  EXPECT_GE(std::ranges::count(fault_of(document), '\n'), 25);
}

TEST(StoredWorkload, IsRefusedIfItsStructureIsDamaged) {
  for (const char* damaged :
       {R"(,"kind":"daemon")", R"(,"instances":"3")", R"(,"ports":[{}])",
        R"(,"log_rules":[{"name":"a"}])", R"(,"environment":3)", R"(,"probes":{"liveness":{}})"}) {
    const Result<WorkloadSpec> stored = decode_stored_workload(request(damaged));
    ASSERT_FALSE(stored) << damaged;
    EXPECT_EQ(stored.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_FALSE(decode_stored_workload("{}"));
}

TEST(WorkloadRequest, PatternsAreCheckedByTheGivenFunction) {
  const PatternCheck no_parentheses = [](std::string_view pattern) -> std::optional<std::string> {
    if (pattern.find('(') == std::string_view::npos) return std::nullopt;
    return "at byte 0: no parentheses";
  };
  const Result<WorkloadSpec> spec = decode_workload_request(
      request(R"(,"log_rules":[{"name":"a","must_not_appear":"(","unless":"((","do":"mark"}])"),
      name("web"), no_parentheses);
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().message,
            "$.log_rules[0].must_not_appear: is not a valid pattern: at byte 0: no parentheses\n"
            "$.log_rules[0].unless: is not a valid pattern: at byte 0: no parentheses");
}

}  // namespace
}  // namespace hearth
