#include "adapters/config/manager_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/file/file.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

Result<ManagerConfig> parse(std::string_view text) {
  return parse_manager_config(text, "/etc/hearth");
}

std::string fault_of(std::string_view text) {
  const Result<ManagerConfig> config = parse(text);
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidArgument);
  return config.error().message;
}

NodeName node(std::string_view name) {
  return NodeName::parse(name).value();
}

TEST(ManagerConfig, EveryKeyIsOptional) {
  const ManagerConfig config = parse("{}").value();
  EXPECT_EQ(config, ManagerConfig{});
  EXPECT_EQ(config.listen, (Endpoint{"127.0.0.1", 7700}));
  EXPECT_TRUE(config.kafka.embedded());
  EXPECT_EQ(config.liveness, settings_of(LivenessProfile::kDefault));
  EXPECT_EQ(config.recovery, RecoverySettings{});
  EXPECT_EQ(config.power, PowerConfig{});
}

TEST(ManagerConfig, EveryKeyCanBeSet) {
  const ManagerConfig config = parse(R"({
    "listen": "[::]:7800", "state_dir": "/srv/hearth",
    "kafka": {"bootstrap": "k1:9092,10.0.0.9:9092,[::1]:9092", "topic_prefix": "site4."},
    "liveness": {"heartbeat_interval": "1s", "suspect_after": "3s", "dead_after": "5s",
                 "dead_after_unconfirmed": "10s", "agent_down_grace": "0s"},
    "recovery": {"boot_timeout": "5m", "switch_timeout": "1m", "attempts_max": 5,
                 "backoff_min": "1s", "backoff_max": "1s"},
    "power": {"default": {"driver": "exec", "command": ["/usr/bin/power", "--all"]},
              "nodes": {"n1": {"driver": "exec", "command": ["/usr/bin/one"]},
                        "n2": {"driver": "none"}}},
    "server_details": "servers.json", "token_file": "../token", "agent_port": 7777
  })")
                                   .value();
  EXPECT_EQ(config.listen, (Endpoint{"::", 7800}));
  EXPECT_EQ(config.state_dir, "/srv/hearth");
  EXPECT_EQ(config.kafka.bootstrap, "k1:9092,10.0.0.9:9092,[::1]:9092");
  EXPECT_EQ(config.kafka.topic_prefix, "site4.");
  EXPECT_EQ(config.liveness, (LivenessSettings{1s, 3s, 5s, 10s, 0s}));
  EXPECT_EQ(config.recovery, (RecoverySettings{5min, 1min, 5, 1s, 1s}));
  EXPECT_EQ(config.power.fallback, PowerDriverConfig(ExecPower{{"/usr/bin/power", "--all"}}));
  EXPECT_EQ(config.power.nodes.at(node("n1")), PowerDriverConfig(ExecPower{{"/usr/bin/one"}}));
  EXPECT_EQ(config.power.nodes.at(node("n2")), PowerDriverConfig(NoPower{}));
  EXPECT_EQ(config.server_details, "/etc/hearth/servers.json");
  EXPECT_EQ(config.token_file, "/etc/token");
  EXPECT_EQ(config.agent_port, 7777);
  EXPECT_THAT(config.warnings, ElementsAre());
}

TEST(ManagerConfig, ProfilesHaveTheDocumentedTimes) {
  const auto liveness = [](std::string_view profile) {
    return parse(R"({"liveness":{"profile":")" + std::string(profile) + "\"}}").value().liveness;
  };
  EXPECT_EQ(liveness("default"), (LivenessSettings{500ms, 1200ms, 2s, 6s, 30s}));
  EXPECT_EQ(liveness("fast"), (LivenessSettings{200ms, 500ms, 900ms, 2700ms, 30s}));
  EXPECT_EQ(liveness("instant"), (LivenessSettings{100ms, 250ms, 450ms, 1350ms, 30s}));
  EXPECT_EQ(liveness("relaxed"), (LivenessSettings{30s, 45s, 80s, 240s, 30s}));
}

TEST(ManagerConfig, KeysBesideAProfileOverrideIt) {
  EXPECT_EQ(parse(R"({"liveness":{"profile":"fast","dead_after":"3s"}})").value().liveness,
            (LivenessSettings{200ms, 500ms, 3s, 9s, 30s}));
}

TEST(ManagerConfig, LivenessDurationsMustBeInOrder) {
  EXPECT_EQ(
      fault_of(R"({"liveness":{"heartbeat_interval":"2s"}})"),
      "$.liveness.suspect_after: is 1.2 s but must be longer than heartbeat_interval (2.0 s); "
      "twice the interval tolerates one lost heartbeat");
  EXPECT_EQ(fault_of(R"({"liveness":{"suspect_after":"500ms","dead_after":"500ms",
                                     "dead_after_unconfirmed":"400ms"}})"),
            "$.liveness.suspect_after: is 500 ms but must be longer than heartbeat_interval (500 "
            "ms); twice the interval tolerates one lost heartbeat\n"
            "$.liveness.dead_after: is 500 ms but must be longer than suspect_after (500 ms)\n"
            "$.liveness.dead_after_unconfirmed: is 400 ms but must not be shorter than dead_after "
            "(500 ms)");
  EXPECT_EQ(fault_of(R"({"liveness":{"heartbeat_interval":"9ms"}})"),
            "$.liveness.heartbeat_interval: must be from 10ms to 1h");
  EXPECT_EQ(fault_of(R"({"liveness":{"heartbeat_interval":"61m","suspect_after":"2h",
                                     "dead_after":"3h"}})"),
            "$.liveness.heartbeat_interval: must be from 10ms to 1h");
}

TEST(ManagerConfig, AnUnreadableDurationIsNotComparedWithOthers) {
  EXPECT_EQ(fault_of(R"({"liveness":{"suspect_after":"4s","dead_after":8}})"),
            "$.liveness.dead_after: must be a string, not a number");
}

TEST(ManagerConfig, RecoveryDurationsMustBePositiveAndInOrder) {
  EXPECT_EQ(fault_of(R"({"recovery":{"boot_timeout":"0s","switch_timeout":"0ms","attempts_max":0,
                                     "backoff_min":"2s","backoff_max":"1s"}})"),
            "$.recovery.boot_timeout: must be longer than 0\n"
            "$.recovery.switch_timeout: must be longer than 0\n"
            "$.recovery.attempts_max: must be a whole number from 1 to 100\n"
            "$.recovery.backoff_max: is 1.0 s but must not be shorter than backoff_min (2.0 s)");
}

TEST(ManagerConfig, AllFaultsAreReportedAtOnceInTheOrderOfTheParts) {
  EXPECT_EQ(
      fault_of(R"({"kafka":{"bootstrap":"kafka"},"listen":"localhost:7700","agentport":1,
                         "power":{"nodes":{"N1":{},"n2":{"driver":"azure"},"n3":{"driver":"exec"},
                                  "n4":{"driver":"exec","command":["power"]},
                                  "n5":{"driver":"exec","comand":["/x"]}}}})"),
      "$.listen: must be an IP address and a port, such as \"127.0.0.1:7700\", \"[::1]:7700\" or "
      "\"0.0.0.0:7700\" ('localhost' is not an IP address)\n"
      "$.kafka.bootstrap: must be \"embedded\" or HOST:PORT, such as \"kafka.example:9092\"; "
      "several are separated by commas (the port is missing)\n"
      "$.power.nodes.N1: name 'N1' must match [a-z0-9][a-z0-9-]{0,62}, for example "
      "'heater-1'\n"
      "$.power.nodes.n2.driver: must be one of: none, exec\n"
      "$.power.nodes.n3.command: is missing\n"
      "$.power.nodes.n4.command: must be a list of a program's absolute path and its "
      "arguments, such as [\"/usr/local/bin/power\", \"--rack\", \"4\"]\n"
      "$.power.nodes.n5.command: is missing\n"
      "$.power.nodes.n5.comand: unknown key; did you mean \"command\"? (known keys: driver, "
      "command)\n"
      "$.agentport: unknown key; did you mean \"agent_port\"? (known keys: listen, state_dir, "
      "kafka, liveness, recovery, power, machines, server_details, token_file, agent_port)");
}

TEST(ManagerConfig, PathsAndPrefixesAreChecked) {
  EXPECT_THAT(fault_of(R"({"state_dir":""})"), StartsWith("$.state_dir: must be a path"));
  EXPECT_THAT(fault_of(R"({"kafka":{"topic_prefix":"a b"}})"),
              StartsWith("$.kafka.topic_prefix: must be 1 to 64 of"));
  EXPECT_THAT(fault_of(R"({"listen":"127.0.0.1:7700","listen":"0.0.0.0:7700"})"),
              StartsWith("$.listen: duplicate key"));
}

TEST(ManagerConfig, TheOlderShapeIsAcceptedWithAWarning) {
  const ManagerConfig config = parse(R"({"machines": {
    "52.188.83.232": {"machine_name": "IAS-Node-1-new", "subscription_id": "0a1b",
                      "resource_group_name": "ias", "username": "ops"}}})")
                                   .value();
  EXPECT_EQ(config.power.azure_machines.at("52.188.83.232"),
            (AzureMachine{"IAS-Node-1-new", "0a1b", "ias", "ops"}));
  EXPECT_THAT(config.warnings,
              ElementsAre(HasSubstr("this version has no driver \"azure\" and will not switch")));
}

TEST(ManagerConfig, TheOlderShapeIsChecked) {
  EXPECT_EQ(
      fault_of(R"({"machines":{"node1":{},"10.0.0.1":{"machine_name":1,"user_name":"x"}}})"),
      "$.machines.node1: must be an IP address such as \"192.0.2.7\" or \"2001:db8::7\", not a "
      "host name\n"
      "$.machines[\"10.0.0.1\"].machine_name: must be a string, not a number\n"
      "$.machines[\"10.0.0.1\"].subscription_id: is missing\n"
      "$.machines[\"10.0.0.1\"].resource_group_name: is missing\n"
      "$.machines[\"10.0.0.1\"].user_name: unknown key; did you mean \"username\"? (known keys: "
      "machine_name, subscription_id, resource_group_name, username)");
}

TEST(ManagerConfig, SecretsAreRefusedWithTheAdviceWhereToKeepThem) {
  for (const char* text : {R"({"auth-key":"s3cret"})", R"({"machines":{"auth-key":"s3cret"}})",
                           R"({"machines":{"10.0.0.1":{"machine_name":"a","subscription_id":"b",
            "resource_group_name":"c","auth-key":"s3cret"}}})"}) {
    const std::string fault = fault_of(text);
    EXPECT_THAT(fault, HasSubstr("auth-key\"]: a secret does not belong in this file")) << text;
    EXPECT_THAT(fault, HasSubstr("such as token_file"));
    EXPECT_EQ(fault.find("s3cret"), std::string::npos);
    EXPECT_EQ(fault.find('\n'), std::string::npos) << fault;
  }
}

TEST(ManagerConfig, EachFaultNamesTheFile) {
  const TemporaryDirectory folder;
  const std::filesystem::path file = folder / "config.json";
  const auto error_of_file = [&] { return load_manager_config(file).error(); };
  EXPECT_EQ(error_of_file().code, ErrorCode::kNotFound);
  EXPECT_THAT(error_of_file().message, HasSubstr(file.string()));

  ASSERT_TRUE(replace_file(file, R"({"a":1,"b":2})").has_value());
  const std::string at = file.string() + ": $.";
  EXPECT_THAT(error_of_file().message,
              testing::AllOf(StartsWith(at + "a: unknown key"), HasSubstr("\n" + at + "b: ")));

  ASSERT_TRUE(replace_file(file, R"({"state_dir":"state"})").has_value());
  EXPECT_EQ(load_manager_config(file).value().state_dir, folder / "state");
}

TEST(ManagerConfig, AnOversizedFileIsRefused) {
  const TemporaryDirectory folder;
  const std::filesystem::path file = folder / "config.json";
  ASSERT_TRUE(replace_file(file, "{}" + std::string(kManagerConfigBytesMax, ' ')).has_value());
  EXPECT_THAT(load_manager_config(file).error().message, HasSubstr(file.string()));
}

}  // namespace
}  // namespace hearth
