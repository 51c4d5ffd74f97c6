#include "wire/heartbeat_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/values/random_values.h"
#include "wire/canary_codec.h"

namespace hearth {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string fault_of(std::string_view text) {
  const Result<Heartbeat> heartbeat = decode_heartbeat(text);
  if (heartbeat) return "";
  EXPECT_EQ(heartbeat.error().code, ErrorCode::kCorrupt);
  return heartbeat.error().message;
}

TEST(HeartbeatCodec, AnyObjectIsASignOfLife) {
  EXPECT_EQ(decode_heartbeat("{}"), Heartbeat{});
  EXPECT_EQ(decode_heartbeat(R"({"temperature":21.5,"who":["a",{"b":null}]})"), Heartbeat{});
  const Result<Heartbeat> shell_script = decode_heartbeat(R"({"seq":3,"load":{"cpu":250}})");
  ASSERT_TRUE(shell_script.has_value());
  EXPECT_EQ(shell_script->seq, 3U);
  EXPECT_EQ(shell_script->load.cpu, 250);
  EXPECT_EQ(shell_script->load.memory, std::nullopt);
  EXPECT_FALSE(shell_script->incarnation.known());
}

TEST(HeartbeatCodec, AKnownFieldOfAWrongTypeIsRefusedByItsPath) {
  EXPECT_EQ(fault_of(R"({"seq":"3"})"),
            "$.seq: must be a whole number from 0 to 18446744073709551615, not a string");
  EXPECT_EQ(fault_of(R"({"load":{"cpu":1001}})"),
            "$.load.cpu: must be a whole number from 0 to 1000");
  EXPECT_EQ(fault_of(R"({"load":[]})"), "$.load: must be an object, not a list");
  EXPECT_THAT(fault_of(R"({"sent_at_ns":-1})"), StartsWith("$.sent_at_ns: "));
  EXPECT_THAT(fault_of(R"({"agent_port":0})"), StartsWith("$.agent_port: "));
  EXPECT_EQ(fault_of(R"({"node":7})"), "$.node: must be a string, not a number");
  EXPECT_THAT(fault_of("[1]"), StartsWith("$: must be an object"));
}

// Goal: no two instants read from a topic are further apart than a Duration can hold.
TEST(HeartbeatCodec, AnInstantBeyondItsBoundIsRefused) {
  const auto sent_at = [](const std::string& count) {
    return decode_heartbeat("{\"sent_at_ns\":" + count + "}");
  };
  ASSERT_TRUE(sent_at("4611686018427387904").has_value());
  EXPECT_EQ(sent_at("4611686018427387904")->sent_at, MonoTime(Duration(1LL << 62)));
  EXPECT_EQ(fault_of(R"({"sent_at_ns":4611686018427387905})"),
            "$.sent_at_ns: must be a whole number from 0 to 4611686018427387904");
  EXPECT_NE(fault_of(R"({"sent_at_ns":9223372036854775807})"), "");
  EXPECT_FALSE(decode_canary(R"({"v":1,"epoch":1,"seq":1,"sent_at_ns":9223372036854775807})"));
}

TEST(HeartbeatCodec, TheNodeFieldAcceptsAnyText) {
  EXPECT_EQ(decode_heartbeat("{}")->node, "");
  EXPECT_EQ(decode_heartbeat(R"({"node":"The Gateway, 7th floor"})")->node,
            "The Gateway, 7th floor");
}

TEST(HeartbeatCodec, AReportMustBeComplete) {
  EXPECT_EQ(fault_of(R"({"report":{}})"),
            "$.report.instances: is missing\n$.report.images: is missing\n"
            "$.report.builds: is missing");
  EXPECT_THAT(fault_of(R"({"report":{"instances":[{"id":"a-1","state":"happy"}],
                           "images":[],"builds":[]}})"),
              StartsWith("$.report.instances[0].state: must be one of: pending, "));
  EXPECT_THAT(fault_of(R"({"report":{"instances":[{"id":"a-1","state":"running"},
                           {"id":"a-1","state":"running"}],"images":[],"builds":[]}})"),
              StartsWith("$.report.instances[1]: duplicate id: another instance"));
  EXPECT_THAT(fault_of(
                  R"({"report":{"instances":[{"id":"a-1","workload":"A","state":"running"}],
                           "images":[],"builds":[]}})"),
              StartsWith("$.report.instances[0].workload: name 'A' must match"));
}

TEST(HeartbeatCodec, AnotherVersionIsTheOnlyFaultReported) {
  EXPECT_THAT(fault_of(R"({"v":2,"seq":"changed"})"),
              StartsWith("$.v: is version 2, but only version 1 is supported"));
}

TEST(HeartbeatCodec, RefusesUnreadWhatIsTooLong) {
  const std::string text = "{\"note\":\"" + std::string(kHeartbeatBytesMax, 'x') + "\"}";
  EXPECT_THAT(fault_of(text), HasSubstr("the limit is 262144"));
}

TEST(HeartbeatCodec, AHeartbeatWithoutReportIsShort) {
  Heartbeat heartbeat;
  heartbeat.incarnation = {.boot_id = "3e6f2c1e-8a5c-4a6e-9f43-2d1c0a6b7f10", .start_count = 12};
  heartbeat.seq = 172'800;
  heartbeat.sent_at = MonoTime(std::chrono::hours(24));
  heartbeat.applied = {.epoch = Epoch{7}, .revision = Revision{123}};
  heartbeat.load = {
      .cpu = 153, .memory = 402, .disk = 730, .cpu_stall = 12, .memory_stall = 0, .io_stall = 3};
  heartbeat.agent_port = 7701;
  EXPECT_LT(encode(heartbeat).size(), 300U);
}

TEST(HeartbeatCodec, LongReasonsAreCutBetweenCharacters) {
  Heartbeat heartbeat;
  heartbeat.report.emplace();
  heartbeat.report->problem = "x";
  while (heartbeat.report->problem.size() < 2 * kReasonBytesMax) heartbeat.report->problem += "é";
  const std::string problem = decode_heartbeat(encode(heartbeat)).value().report.value().problem;
  EXPECT_EQ(problem, heartbeat.report->problem.substr(0, kReasonBytesMax - 3) + "…");
}

// Goal: a sender on a status topic cannot inflate events and rows, which quote its reasons.
TEST(HeartbeatCodec, CutsTextOfOthersWhenReading) {
  const auto read = [](std::size_t reason, std::size_t term) {
    const std::string r(reason, 'r');
    const std::string t(term, 't');
    return decode_heartbeat(
               R"({"boot_id":")" + t + R"(","node":")" + t + R"(","report":{"instances":[{"id":")" +
               t + R"(","state":"backoff","container":")" + t + R"(","reason":")" + r +
               R"("}],"images":[")" + t +
               R"("],"builds":[{"workload":"w","generation":1,"state":"failed","reason":")" + r +
               R"(","reference":")" + t + R"("}],"problem":")" + r + R"("}})")
        .value();
  };
  const auto sizes = [&](std::size_t reason, std::size_t term) {
    const Heartbeat heartbeat = read(reason, term);
    const auto& [id, status] = *heartbeat.report->instances.begin();
    const BuildStatus& build = heartbeat.report->builds.front();
    return std::vector<std::size_t>{status.reason.size(),
                                    build.reason.size(),
                                    heartbeat.report->problem.size(),
                                    heartbeat.incarnation.boot_id.size(),
                                    heartbeat.node.size(),
                                    id.str().size(),
                                    status.container.str().size(),
                                    heartbeat.report->images.front().size(),
                                    build.reference.size()};
  };
  const std::vector<std::size_t> at_bound{1024, 1024, 1024, 256, 256, 256, 256, 256, 256};
  EXPECT_EQ(sizes(1024, 256), at_bound);
  EXPECT_EQ(sizes(1025, 257), at_bound);
  EXPECT_EQ(sizes(80'000, 2'000), at_bound);
  EXPECT_TRUE(read(1025, 257).report->problem.ends_with("r…"));
  EXPECT_FALSE(read(1024, 256).report->problem.ends_with("…"));
}

/// A node that reports `count` instances, each with a reason of the maximum length.
Heartbeat crowded(std::size_t count) {
  Heartbeat heartbeat;
  heartbeat.seq = 1;
  heartbeat.report.emplace();
  const WorkloadName workload = WorkloadName::parse("heater-control").value();
  for (std::size_t i = 0; i < count; ++i) {
    const InstanceId id = make_instance_id(workload, 1000 + i);
    heartbeat.report->instances[id] = {
        .state = InstanceState::kBackoff,
        .container = ContainerId{std::string(64, 'c')},
        .restarts = 3,
        .last_exit = ContainerExit{.code = 1,
                                   .out_of_memory = OutOfMemory::kNo,
                                   .at = WallTime(),
                                   .last_words = std::string(kReasonBytesMax + 1, 'w')},
        .reason = std::string(kReasonBytesMax, 'r')};
    heartbeat.report->workloads.emplace(id, workload);
  }
  return heartbeat;
}

TEST(HeartbeatCodec, AReportThatDoesNotFitLosesItsReasonsThenIsLeftOut) {
  const auto reported = [](std::size_t count) {
    const std::string text = encode(crowded(count));
    EXPECT_LE(text.size(), kHeartbeatBytesMax);
    return decode_heartbeat(text).value();
  };
  const InstanceStatus whole = reported(100).report->instances.begin()->second;
  EXPECT_EQ(whole.reason.size(), kReasonBytesMax);
  EXPECT_EQ(whole.last_exit->last_words, std::string(kReasonBytesMax - 3, 'w') + "…");

  const Heartbeat without_reasons = reported(700);
  ASSERT_TRUE(without_reasons.report.has_value());
  EXPECT_EQ(without_reasons.report->instances.size(), 700U);
  EXPECT_EQ(without_reasons.report->instances.begin()->second.reason, "");
  EXPECT_EQ(without_reasons.report->instances.begin()->second.last_exit->last_words, "");

  const Heartbeat without_report = reported(3000);
  EXPECT_EQ(without_report.seq, 1U);
  EXPECT_EQ(without_report.report, std::nullopt);
}

// Goal: nothing that an agent can find on its node produces a heartbeat that the manager refuses.
TEST(HeartbeatCodec, ReadsBackWhateverTheStringsContain) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    RandomValues values(seed);
    Heartbeat heartbeat = values.heartbeat();
    heartbeat.incarnation.boot_id = values.bytes(40);
    heartbeat.load.cpu = static_cast<std::uint16_t>(values.prng().next());
    heartbeat.agent_port = static_cast<std::uint16_t>(values.prng().below(2));
    heartbeat.report.emplace();
    heartbeat.report->problem = values.bytes(3 * kReasonBytesMax);
    heartbeat.report->images = {values.bytes(20)};
    heartbeat.report->instances[InstanceId{values.bytes(20)}] = {
        .state = InstanceState::kStopping,
        .container = ContainerId{values.bytes(20)},
        .restarts = 0,
        .last_exit =
            ContainerExit{.code = static_cast<int>(static_cast<std::int32_t>(values.prng().next())),
                          .out_of_memory = OutOfMemory::kNo,
                          .at = WallTime(std::chrono::milliseconds(
                              static_cast<std::int64_t>(values.prng().next())))},
        .reason = values.bytes(20)};
    const Result<Heartbeat> decoded = decode_heartbeat(encode(heartbeat));
    ASSERT_TRUE(decoded.has_value()) << "seed " << seed << ": " << decoded.error().message;
  }
}

TEST(HeartbeatCodec, WhatInstancesUseGivesWayToTheirStates) {
  Heartbeat heartbeat;
  heartbeat.report.emplace();
  for (int i = 0; i < 200; ++i) {
    const InstanceId id{"instance-" + std::to_string(i)};
    heartbeat.report->instances[id].reason = std::string(1000, 'r');
    heartbeat.report->usage[id] = {.cpu_permille = 120,
                                   .memory_bytes = 41'943'040,
                                   .memory_limit_bytes = 67'108'864,
                                   .memory_full_in = std::chrono::minutes(8)};
  }
  EXPECT_EQ(decode_heartbeat(encode(heartbeat))->report->usage, heartbeat.report->usage);
  for (auto& [id, status] : heartbeat.report->instances) status.health_reason = status.reason;
  const Heartbeat read = decode_heartbeat(encode(heartbeat)).value();
  EXPECT_TRUE(read.report->usage.empty());
  EXPECT_EQ(read.report->instances.size(), 200U);
}

}  // namespace
}  // namespace hearth
