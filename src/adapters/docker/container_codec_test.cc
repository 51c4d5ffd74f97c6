#include "adapters/docker/container_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace hearth::docker {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

const ContainerOwner kOwner{*NodeName::parse("node-1")};

ContainerRequest a_request() {
  return {.instance = InstanceId{"heater-3"},
          .workload = *WorkloadName::parse("heater"),
          .generation = Generation{2},
          .restarts = 0,
          .image = "hearth/heater:abc",
          .spec = {}};
}

json::object body_of(const ContainerRequest& request) {
  return json::parse(encode_container(kOwner, "default", "sha256:1", request)).as_object();
}

TEST(ContainerCodec, PortsArePublishedAtTheirAddressesAndProtocols) {
  ContainerRequest request = a_request();
  request.spec.ports = {
      {.host_port = 8080, .container_port = 80},
      {.host_port = 8081, .container_port = 80, .host_address = "127.0.0.1"},
      {.host_port = 5353, .container_port = 53, .protocol = TransportProtocol::kUdp}};
  const json::object body = body_of(request);
  EXPECT_EQ(body.at("ExposedPorts"),
            (json::object{{"80/tcp", json::object{}}, {"53/udp", json::object{}}}));
  EXPECT_EQ(body.at("HostConfig").at("PortBindings"),
            json::parse(R"({"80/tcp":[{"HostIp":"","HostPort":"8080"},
                                {"HostIp":"127.0.0.1","HostPort":"8081"}],
                      "53/udp":[{"HostIp":"","HostPort":"5353"}]})"));
}

TEST(ContainerCodec, InTheNodesNetworkNothingIsPublished) {
  ContainerRequest request = a_request();
  request.spec.network = NetworkMode::kHost;
  request.spec.ports = {{.host_port = 8080, .container_port = 80}};
  const json::object body = body_of(request);
  EXPECT_EQ(body.at("HostConfig").at("NetworkMode"), "host");
  EXPECT_FALSE(body.at("HostConfig").as_object().contains("PortBindings"));
  EXPECT_FALSE(body.contains("ExposedPorts"));
}

TEST(ContainerCodec, DevicesHaveTheirPathsAndPermissions) {
  ContainerRequest request = a_request();
  request.spec.devices = {
      {.host_path = "/dev/ttyUSB0", .container_path = "/dev/sensor", .permissions = "rw"}};
  EXPECT_EQ(body_of(request).at("HostConfig").at("Devices"),
            json::parse(R"([{"PathOnHost":"/dev/ttyUSB0","PathInContainer":"/dev/sensor",
                             "CgroupPermissions":"rw"}])"));
}

TEST(ContainerCodec, TheStopSignalIsTheSpecificationsOrElseTheImages) {
  ContainerRequest request = a_request();
  EXPECT_FALSE(body_of(request).contains("StopSignal"));
  EXPECT_EQ(body_of(request).at("StopTimeout"), 10);
  request.stop = {.signal = "SIGINT", .grace = 1500ms};
  EXPECT_EQ(body_of(request).at("StopSignal"), "SIGINT");
  EXPECT_EQ(body_of(request).at("StopTimeout"), 2);
}

TEST(ContainerCodec, ARunningContainerIsDescribed) {
  const auto inspected = decode_details(R"({"Name":"/hearth.node-1.heater-1.1",
    "State":{"Status":"paused","Paused":true,"Pid":4711,"ExitCode":0,
      "StartedAt":"2026-11-23T19:52:53.409937429Z","FinishedAt":"0001-01-01T00:00:00Z",
      "Health":{"Status":"unhealthy","Log":[{"Output":"first"},{"Output":"no answer\n"}]}},
    "HostConfig":{"NetworkMode":"default","Memory":33554432,"LogConfig":{"Type":"json-file"}},
    "NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2"},
      "other":{"IPAddress":"10.0.0.2"}}}})");
  ASSERT_TRUE(inspected) << inspected.error().message;
  EXPECT_EQ(inspected->pid, 4711);
  EXPECT_EQ(inspected->details,
            (ContainerDetails{.name = "hearth.node-1.heater-1.1",
                              .state = ContainerState::kRunning,
                              .paused = true,
                              .started_at = WallTime(std::chrono::milliseconds(1795463573409)),
                              .address = "172.17.0.2",
                              .health = ImageHealth::kUnhealthy,
                              .health_output = "no answer\n",
                              .exit = std::nullopt,
                              .memory_limit_bytes = 32 << 20,
                              .log_driver = "json-file"}));
}

TEST(ContainerCodec, TheOutputOfAHealthCheckIsCutToItsStart) {
  const auto inspected = decode_details(R"({"State":{"Status":"running","Health":{"Status":
    "starting","Log":[{"Output":")" + std::string(2000, 'x') +
                                        R"("}]}}})");
  ASSERT_TRUE(inspected);
  EXPECT_EQ(inspected->details.health_output.size(), 1024U);
  EXPECT_EQ(inspected->details.health, ImageHealth::kStarting);
}

TEST(ContainerCodec, AContainerInTheNodesNetworkHasNoAddress) {
  const auto inspected = decode_details(R"({"State":{"Status":"running"},
    "HostConfig":{"NetworkMode":"host"},
    "NetworkSettings":{"Networks":{"host":{"IPAddress":""}}}})");
  ASSERT_TRUE(inspected);
  EXPECT_EQ(inspected->details.address, "");
  EXPECT_EQ(inspected->details.health, ImageHealth::kNone);
}

// Goal: "out of memory" is said only of a container that it ended.
TEST(ContainerCodec, OnlyAKilledContainerRanOutOfMemoryItself) {
  const auto exit = [](int code, bool killed) {
    const json::object state{
        {"ExitCode", code}, {"OOMKilled", killed}, {"FinishedAt", "2026-11-23T19:52:53Z"}};
    const json::object answer{{"State", state}, {"HostConfig", {{"Memory", 1 << 20}}}};
    return decode_exit(json::serialize(answer)).value().value();
  };
  EXPECT_EQ(exit(137, true).out_of_memory, OutOfMemory::kMain);
  EXPECT_EQ(exit(137, false).out_of_memory, OutOfMemory::kNo);
  EXPECT_EQ(exit(0, true).out_of_memory, OutOfMemory::kChild);
  EXPECT_EQ(exit(0, false).out_of_memory, OutOfMemory::kNo);
  EXPECT_EQ(exit(0, false).memory_limit_bytes, 1U << 20);
}

// Goal: a number that is too large for a code does not become 0, a success.
TEST(ContainerCodec, WhatIsNoExitCodeOrProcessIdBecomesNeither) {
  const std::string ended = R"({"State":{"Status":"exited","FinishedAt":"2026-11-23T19:52:53Z",)"
                            R"("Pid":9223372036854775808,"ExitCode":4294967296}})";
  EXPECT_EQ(decode_exit(ended).value()->code, 255);
  EXPECT_GT(decode_details(ended)->pid, 0);
  EXPECT_EQ(decode_exec(R"({"Running":false,"ExitCode":18446744073709551615})").value(), 255);
}

TEST(ContainerCodec, ACommandHasACodeOnceItHasEnded) {
  EXPECT_EQ(decode_exec(R"({"Running":false,"ExitCode":3})").value(), 3);
  EXPECT_EQ(decode_exec(R"({"Running":true,"ExitCode":null})").value(), std::nullopt);
  EXPECT_EQ(decode_exec(R"({"Running":false,"ExitCode":null})").value(), std::nullopt);
  EXPECT_EQ(decode_exec("{}").error().code, ErrorCode::kCorrupt);
}

TEST(ContainerCodec, StatisticsOfBothCgroupVersionsGiveTheWorkingSet) {
  const auto v1 = decode_usage(R"({"memory_stats":{"usage":1000,"limit":5000,
      "stats":{"inactive_file":1,"total_inactive_file":300}},
    "pids_stats":{"current":7,"limit":512},"cpu_stats":{"cpu_usage":{"total_usage":2000000}}})");
  ASSERT_TRUE(v1);
  EXPECT_EQ(*v1, (ContainerUsage{.memory_bytes = 700,
                                 .memory_limit_bytes = 5000,
                                 .pids = 7,
                                 .pids_max = 512,
                                 .cpu_time = 2ms}));
  const auto v2 = decode_usage(R"({"memory_stats":{"usage":1000,"stats":{"inactive_file":1100}},
    "pids_stats":{"current":1,"limit":18446744073709551615},"cpu_stats":{}})");
  ASSERT_TRUE(v2);
  EXPECT_EQ(*v2, (ContainerUsage{.memory_bytes = 0, .pids = 1}));
  EXPECT_EQ(decode_usage("{}").error().code, ErrorCode::kCorrupt);
  const auto absurd = decode_usage(R"({"memory_stats":{},"pids_stats":{},
    "cpu_stats":{"cpu_usage":{"total_usage":9223372036854775808}}})");
  EXPECT_EQ(absurd->cpu_time, std::nullopt) << "not a negative time";
}

}  // namespace
}  // namespace hearth::docker
