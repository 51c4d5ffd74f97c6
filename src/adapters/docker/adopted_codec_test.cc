#include "adapters/docker/adopted_codec.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>

#include "adapters/docker/engine_json.h"

namespace hearth::docker {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kInspection = R"({
  "Id":"0123456789abcdef","Name":"/pg","Image":"sha256:aa",
  "State":{"Status":"running","Running":true,"Pid":7,"StartedAt":"2026-03-01T09:15:02.5Z",
           "FinishedAt":"0001-01-01T00:00:00Z","ExitCode":0},
  "Config":{"Hostname":"0123456789ab","Image":"postgres:15","Env":["A=b"],"Cmd":["postgres"],
            "Labels":{"com.docker.compose.project":"shop"},"Volumes":{"/var/lib/pg":{}},
            "ExposedPorts":{"5432/tcp":{}}},
  "HostConfig":{"NetworkMode":"shop_net","RestartPolicy":{"Name":"unless-stopped","MaximumRetryCount":0},
            "Binds":["/srv/conf:/etc/pg:ro","named:/named"],"Links":["/db:/pg/store"],
            "PortBindings":{"5432/tcp":[{"HostIp":"","HostPort":"5432"}]},
            "Mounts":[{"Type":"volume","Target":"/scratch"},{"Type":"tmpfs","Target":"/tmp"}]},
  "Mounts":[{"Type":"bind","Source":"/srv/conf","Destination":"/etc/pg","RW":false},
            {"Type":"volume","Name":"named","Destination":"/named","RW":true},
            {"Type":"volume","Name":"f00d","Destination":"/var/lib/pg","RW":true},
            {"Type":"volume","Name":"beef","Destination":"/scratch","RW":true}],
  "NetworkSettings":{"Networks":{
    "shop_net":{"IPAMConfig":{"IPv4Address":"10.9.0.7"},"Links":null,"Aliases":["pg","db","0123456789ab"],
                "DriverOpts":null,"NetworkID":"n1","EndpointID":"e1","IPAddress":"10.9.0.7","MacAddress":"02:42"},
    "other":{"IPAMConfig":{},"Aliases":null,"NetworkID":"n2","IPAddress":"10.8.0.3"}}}})";

json::value recreated(std::string_view inspection, Recreation& recreation) {
  const auto made = make_recreation(inspection, "postgres:15");
  EXPECT_TRUE(made);
  if (made) recreation = *made;
  return json::parse(recreation.body);
}

std::string changed(std::string_view text, std::string_view from, std::string_view to) {
  std::string copy(text);
  const std::size_t at = copy.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return copy.replace(at, from.size(), to);
}

TEST(AdoptedCodec, AContainerOfSomebodyElseIsRead) {
  const auto read = decode_foreign(kInspection);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id.str(), "0123456789abcdef");
  EXPECT_EQ(read->name, "pg");
  EXPECT_EQ(read->state, ContainerState::kRunning);
  EXPECT_EQ(read->image, "sha256:aa");
  EXPECT_EQ(read->image_reference, "postgres:15");
  EXPECT_EQ(read->restart_policy, R"({"Name":"unless-stopped","MaximumRetryCount":0})");
  EXPECT_THAT(read->objection, IsEmpty());
}

// Goal: the first line of a container belongs to its present run, though the engine noted the start
// after it; a line of its former run does not.
TEST(AdoptedCodec, ARunBeginsAMomentBeforeTheEngineNotesItButNotBeforeThePreviousEnd) {
  const auto seconds_before_start = [](std::string_view created, std::string_view finished) {
    const auto read = decode_foreign(fmt::format(
        R"({{"Id":"0123","Name":"/pg","Image":"sha256:aa","Created":"{}","State":{{"Status":"running",
            "StartedAt":"2026-03-01T09:15:10.5Z","FinishedAt":"{}"}}}})",
        created, finished));
    const auto started = parse_go_time("2026-03-01T09:15:10.5Z");
    if (!read || !read->runs_since || !started) return -1.0;
    return std::chrono::duration<double>(*started - *read->runs_since).count();
  };
  constexpr std::string_view kLongAgo = "2026-01-01T00:00:00Z";
  constexpr std::string_view kNever = "0001-01-01T00:00:00Z";
  EXPECT_EQ(seconds_before_start(kLongAgo, kNever), 2.0);
  EXPECT_EQ(seconds_before_start("2026-03-01T09:15:10Z", kNever), 0.5);
  EXPECT_EQ(seconds_before_start(kLongAgo, "2026-03-01T09:15:09.5Z"), 1.0);
  EXPECT_EQ(seconds_before_start(kLongAgo, "2026-03-01T09:15:20Z"), 2.0) << "it has ended since";
}

TEST(AdoptedCodec, WhatCannotBeAdoptedIsSaidInWords) {
  const auto objection = [](std::string_view from, std::string_view to) {
    const auto read = decode_foreign(changed(kInspection, from, to));
    return read ? read->objection : "unreadable";
  };
  constexpr std::string_view kLabels = R"("com.docker.compose.project":"shop")";
  EXPECT_THAT(objection(kLabels, R"("hearth.node":"n1","hearth.instance":"web-1")"),
              HasSubstr("Hearth's own, of instance 'web-1'"));
  EXPECT_THAT(objection(kLabels, R"("hearth.node":"n1","hearth.image":"sha256:other")"), IsEmpty())
      << "somebody made an image of one of Hearth's";
  EXPECT_THAT(
      objection(R"("NetworkMode":"shop_net")", R"("NetworkMode":"shop_net","AutoRemove":true)"),
      HasSubstr("--rm"));
  EXPECT_THAT(objection(kLabels, R"("com.docker.swarm.task.id":"t")"), HasSubstr("swarm"));
  EXPECT_THAT(objection(R"("Status":"running")", R"("Status":"removing")"),
              HasSubstr("being removed"));
}

TEST(AdoptedCodec, AnotherContainerLikeItIsAskedFor) {
  Recreation recreation;
  const json::value body = recreated(kInspection, recreation);
  EXPECT_EQ(body.at("Image"), "postgres:15");
  EXPECT_FALSE(body.as_object().contains("Hostname")) << "the engine chose it";
  EXPECT_EQ(body.at("Env"), json::parse(R"(["A=b"])"));
  EXPECT_EQ(body.at("Cmd"), json::parse(R"(["postgres"])"));
  EXPECT_EQ(body.at("Labels").at("com.docker.compose.project"), "shop");
  const json::value& host = body.at("HostConfig");
  EXPECT_EQ(host.at("RestartPolicy").at("Name"), "no");
  EXPECT_EQ(host.at("NetworkMode"), "shop_net");
  EXPECT_EQ(host.at("PortBindings").at("5432/tcp").at(0).at("HostPort"), "5432");
  EXPECT_EQ(host.at("Links"), json::parse(R"(["db:store"])"));
}

TEST(AdoptedCodec, ItGetsTheSameVolumesAlsoThoseWithoutAName) {
  Recreation recreation;
  const json::value body = recreated(kInspection, recreation);
  EXPECT_EQ(body.at("HostConfig").at("Binds"),
            json::parse(R"(["/srv/conf:/etc/pg:ro","named:/named","f00d:/var/lib/pg"])"));
  EXPECT_EQ(body.at("HostConfig").at("Mounts").at(0).at("Source"), "beef");
  EXPECT_EQ(body.at("HostConfig").at("Mounts").at(1),
            json::parse(R"({"Type":"tmpfs","Target":"/tmp"})"));
}

TEST(AdoptedCodec, ItGetsTheSameNetworksWithAliasesAndAddresses) {
  Recreation recreation;
  const json::value body = recreated(kInspection, recreation);
  const json::object& endpoints = body.at("NetworkingConfig").at("EndpointsConfig").as_object();
  ASSERT_EQ(endpoints.size(), 1U) << "an older engine accepts one only";
  const json::value& own = endpoints.at("shop_net");
  EXPECT_EQ(own.at("Aliases"), json::parse(R"(["pg","db"])"));
  EXPECT_EQ(own.at("IPAMConfig").at("IPv4Address"), "10.9.0.7");
  EXPECT_FALSE(own.as_object().contains("IPAddress"));
  EXPECT_FALSE(own.as_object().contains("MacAddress"));
  ASSERT_EQ(recreation.networks.size(), 1U);
  EXPECT_EQ(recreation.networks[0].network, "other");
  EXPECT_THAT(recreation.left_network, IsEmpty());
  const json::value connection =
      json::parse(encode_connection(ContainerId{"c2"}, recreation.networks[0]));
  EXPECT_EQ(connection.at("Container"), "c2");
  EXPECT_TRUE(connection.at("EndpointConfig").is_object());
}

TEST(AdoptedCodec, ANetworkThatItHasLeftIsLeftAgain) {
  Recreation recreation;
  recreated(changed(kInspection, R"("NetworkMode":"shop_net")", R"("NetworkMode":"bridge")"),
            recreation);
  EXPECT_EQ(recreation.left_network, "bridge");
  EXPECT_EQ(recreation.networks.size(), 2U);
}

TEST(AdoptedCodec, WithoutANetworkOfItsOwnItAsksForNone) {
  for (const char* mode : {"host", "none", "container:abc"}) {
    Recreation recreation;
    const json::value body = recreated(changed(kInspection, R"("NetworkMode":"shop_net")",
                                               std::string(R"("NetworkMode":")") + mode + R"(")"),
                                       recreation);
    EXPECT_FALSE(body.as_object().contains("NetworkingConfig")) << mode;
    EXPECT_THAT(recreation.networks, IsEmpty()) << mode;
    EXPECT_THAT(recreation.left_network, IsEmpty()) << mode;
    const bool of_another = std::string_view(mode).starts_with("container:");
    EXPECT_EQ(body.as_object().contains("ExposedPorts"), !of_another) << mode;
    EXPECT_EQ(body.at("HostConfig").as_object().contains("PortBindings"), !of_another) << mode;
  }
}

TEST(AdoptedCodec, AHostNameOfTheUsersIsKept) {
  Recreation recreation;
  const json::value body = recreated(
      changed(kInspection, R"("Hostname":"0123456789ab")", R"("Hostname":"db7")"), recreation);
  EXPECT_EQ(body.at("Hostname"), "db7");
}

TEST(AdoptedCodec, WhateverTheEngineSendsIsAValueOrCorrupt) {
  for (const char* text : {"", "7", "{}", R"({"Config":{"Image":"a"}})",
                           R"({"Config":7,"HostConfig":[],"NetworkSettings":1})"}) {
    EXPECT_FALSE(decode_foreign(text)) << text;
    EXPECT_FALSE(make_recreation(text, "i")) << text;
  }
  const std::string whole = kInspection;
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_FALSE(decode_foreign(whole.substr(0, size)));
    EXPECT_FALSE(make_recreation(whole.substr(0, size), "i"));
  }
}

TEST(AdoptedCodec, ARestartPolicyIsPutBackAsItWas) {
  EXPECT_EQ(encode_restart_policy(R"({"Name":"on-failure","MaximumRetryCount":5})"),
            R"({"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":5}})");
}

}  // namespace
}  // namespace hearth::docker
