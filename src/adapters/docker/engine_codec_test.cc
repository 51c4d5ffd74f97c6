#include "adapters/docker/engine_codec.h"
#include "adapters/docker/container_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/prng.h"

namespace hearth::docker {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

const ContainerOwner kNode{.node = *NodeName::parse("node-1")};

std::string version_answer(std::string_view newest, std::string_view oldest) {
  return json::serialize(json::object{{"ApiVersion", newest}, {"MinAPIVersion", oldest}});
}

TEST(ApiVersion, TheNewestCommonVersionIsUsed) {
  EXPECT_EQ(choose_api_version(version_answer("1.41", "1.12")), (ApiVersion{1, 41}));
  EXPECT_EQ(choose_api_version(version_answer("1.43", "1.24")), (ApiVersion{1, 43}));
  EXPECT_EQ(choose_api_version(version_answer("1.52", "1.44")), kApiNewest);
  EXPECT_EQ(choose_api_version(R"({"ApiVersion":"1.41"})"), (ApiVersion{1, 41}));
}

TEST(ApiVersion, AnEngineWithoutACommonVersionIsReportedWithTheRemedy) {
  const auto old = choose_api_version(version_answer("1.39", "1.12"));
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(old.error().message, HasSubstr("install Docker 20.10 or newer"));
  const auto young = choose_api_version(version_answer("2.1", "1.60"));
  ASSERT_FALSE(young);
  EXPECT_THAT(young.error().message, HasSubstr("install a newer Hearth"));
}

// Goal: whatever an engine says, our report of it is bounded, keeps its end, and fits in a report.
TEST(EngineCodec, ALongReasonIsCutAtItsStart) {
  const auto reported = [](std::size_t bytes) {
    const std::string words = std::string(bytes - 5, 'w') + "cause";
    return refusal(500, json::serialize(json::object{{"message", words}}), "start it").message;
  };
  EXPECT_TRUE(reported(768).ends_with("wcause"));
  EXPECT_EQ(reported(768).find("…"), std::string::npos);
  EXPECT_TRUE(reported(769).ends_with("wcause"));
  EXPECT_NE(reported(769).find("…w"), std::string::npos);
  EXPECT_LT(reported(60'000).size(), 1024U);
}

TEST(EngineCodec, AnAnswerAgainstTheApiIsCorrupt) {
  for (const std::string_view answer :
       {"", "null", "[]", "{", R"({"ApiVersion":141})", R"({"ApiVersion":"1"})",
        R"({"ApiVersion":"1.x"})", R"({"ApiVersion":"1.41","MinAPIVersion":"-"})",
        R"({"Id":7,"State":{}})", R"({"State":{"ExitCode":"1","FinishedAt":"soon"}})",
        R"({"State":{"ExitCode":1,"FinishedAt":"2026-13-01T00:00:00Z"}})"}) {
    const auto corrupt = [&](const auto& result) {
      return !result && result.error().code == ErrorCode::kCorrupt;
    };
    EXPECT_TRUE(corrupt(choose_api_version(answer))) << answer;
    EXPECT_TRUE(corrupt(decode_new_id(answer))) << answer;
    EXPECT_TRUE(corrupt(decode_exit(answer))) << answer;
    if (answer != "[]") {
      EXPECT_TRUE(corrupt(decode_container_list(answer))) << answer;
      EXPECT_TRUE(corrupt(decode_image_list(answer))) << answer;
    }
  }
  EXPECT_FALSE(decode_container_list(std::string(100, '[') + std::string(100, ']')));
}

TEST(EngineCodec, ADeathCarriesItsExitCodeAndItsTime) {
  const auto event = decode_event(
      kNode, R"({"status":"die","id":"abc","Type":"container","Action":"die","Actor":{"ID":"abc",
      "Attributes":{"exitCode":"137","hearth.instance":"heater-1","hearth.node":"node-1",
      "hearth.cluster":"default"}},
      "scope":"local","time":1795463573,"timeNano":1795463573640413614})");
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->kind, EngineEvent::Kind::kDie);
  EXPECT_EQ((*event)->container.str(), "abc");
  EXPECT_EQ((*event)->instance.str(), "heater-1");
  EXPECT_EQ((*event)->exit_code, 137);
  EXPECT_EQ((*event)->at.time_since_epoch(), std::chrono::milliseconds(1795463573640));
}

TEST(EngineCodec, WhatIsNoExitCodeOrSignalBecomesNeither) {
  const auto event_of = [](const std::string& action, const std::string& attribute) {
    return **decode_event(kNode, R"({"Type":"container","Action":")" + action +
                                     R"(","Actor":{"ID":"abc","Attributes":{)" + attribute +
                                     R"(}},"timeNano":1795463573640413614})");
  };
  EXPECT_EQ(event_of("die", R"("exitCode":"-1")").exit_code, 255);
  EXPECT_EQ(event_of("die", R"("exitCode":"4294967296")").exit_code, 255) << "not 0";
  EXPECT_EQ(event_of("kill", R"("signal":"-9")").signal, 0);
  EXPECT_EQ(event_of("kill", R"("signal":"65")").signal, 0);
  EXPECT_EQ(event_of("kill", R"("signal":"64")").signal, 64);
}

TEST(EngineCodec, EventsThatWeDidNotSubscribeToAreSkipped) {
  for (const std::string_view line :
       {R"({"Type":"network","Action":"connect"})", R"({"Type":"container","Action":"attach"})",
        "{}", "[1]", "7"}) {
    const auto event = decode_event(kNode, line);
    ASSERT_TRUE(event) << line;
    EXPECT_FALSE(*event) << line;
  }
}

TEST(EngineCodec, AnUnreadableEventIsCorrupt) {
  for (const std::string_view line :
       {"die", R"({"Type":"container","Action":"die"})",
        R"({"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{}},"timeNano":1})",
        R"({"Type":"container","Action":"start","Actor":{"ID":"a","Attributes":{}}})",
        R"({"Type":"container","Action":"start","Actor":{"Attributes":{}},"timeNano":1})"}) {
    const auto event = decode_event(kNode, line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().code, ErrorCode::kCorrupt);
  }
}

TEST(EngineCodec, AnEventOfAnothersContainerNamesNoInstance) {
  for (const std::string_view labels :
       {R"("hearth.instance":"heater-1")",
        R"("hearth.instance":"heater-1","hearth.node":"node-2","hearth.cluster":"default")",
        R"("hearth.instance":"heater-1","hearth.node":"node-1","hearth.cluster":"other")"}) {
    const auto event = decode_event(
        kNode, R"({"Type":"container","Action":"start","Actor":{"ID":"a","Attributes":{)" +
                   std::string(labels) + R"(}},"timeNano":1})");
    ASSERT_TRUE(event && *event) << labels;
    EXPECT_TRUE((*event)->instance.empty()) << labels;
    EXPECT_EQ((*event)->container.str(), "a");
  }
}

TEST(EngineCodec, EventsOfContainersAreReplayedSinceTheRequest) {
  const std::string target = events_target(WallTime(std::chrono::milliseconds(1795463573007)));
  EXPECT_THAT(target, testing::StartsWith("/events?since=1795463573.007&filters=%7B"));
  EXPECT_THAT(target, HasSubstr("container"));
  EXPECT_THAT(target, HasSubstr("die"));
}

ContainerRequest a_request() {
  return {.instance = InstanceId{"heater-3"},
          .workload = *WorkloadName::parse("heater"),
          .generation = Generation{2},
          .restarts = 4,
          .image = "hearth/heater:abc",
          .spec = {.environment = {{"MODE", "a=b"}, {"HEARTH_NODE", "elsewhere"}},
                   .resources = {.cpu_millis = 250, .memory_bytes = 64 << 20},
                   .pids_max = 32}};
}

TEST(EngineCodec, AContainerIsConfined) {
  const json::value body = json::parse(encode_container(kNode, "default", "sha256:1", a_request()));
  const json::object& host = body.at("HostConfig").as_object();
  EXPECT_EQ(host.at("CapDrop"), (json::array{"ALL"}));
  EXPECT_EQ(host.at("SecurityOpt"), (json::array{"no-new-privileges"}));
  EXPECT_EQ(host.at("PidsLimit"), 32);
  EXPECT_EQ(host.at("Memory"), 64 << 20);
  EXPECT_EQ(host.at("MemorySwap"), 64 << 20);
  EXPECT_EQ(host.at("NanoCpus"), 250'000'000);
  EXPECT_EQ(host.at("NetworkMode"), "default");
  EXPECT_EQ(host.at("RestartPolicy").at("Name"), "no");
  EXPECT_EQ(host.at("LogConfig").at("Config").at("max-size"), "10m");
  EXPECT_EQ(host.at("LogConfig").at("Config").at("max-file"), "3");
  for (const std::string_view forbidden :
       {"Binds", "Mounts", "Devices", "Privileged", "CapAdd", "PidMode", "VolumesFrom"}) {
    EXPECT_FALSE(host.contains({forbidden.data(), forbidden.size()})) << forbidden;
  }
}

TEST(EngineCodec, AContainerWithoutLimitsStillHasAPidLimit) {
  ContainerRequest request = a_request();
  request.spec.resources = {};
  request.spec.pids_max = 0;
  const json::value body = json::parse(encode_container(kNode, "none", "sha256:1", request));
  const json::object& host = body.at("HostConfig").as_object();
  EXPECT_EQ(host.at("PidsLimit"), ContainerSpec{}.pids_max);
  EXPECT_FALSE(host.contains("Memory"));
  EXPECT_FALSE(host.contains("NanoCpus"));
}

TEST(EngineCodec, AContainerIsLabelledAndKnowsItsIdentity) {
  const json::value body = json::parse(encode_container(kNode, "default", "sha256:1", a_request()));
  EXPECT_EQ(body.at("Image"), "sha256:1");
  EXPECT_EQ(body.at("Labels"), (json::object{{"hearth.cluster", "default"},
                                             {"hearth.node", "node-1"},
                                             {"hearth.instance", "heater-3"},
                                             {"hearth.workload", "heater"},
                                             {"hearth.generation", "2"},
                                             {"hearth.restarts", "4"},
                                             {"hearth.image", "sha256:1"}}));
  EXPECT_EQ(body.at("Env"), (json::array{"HEARTH_INSTANCE=heater-3", "HEARTH_NODE=node-1",
                                         "HEARTH_WORKLOAD=heater", "MODE=a=b"}));
}

TEST(EngineCodec, AListOfContainersKeepsTheReadableOnes) {
  const auto list = decode_container_list(R"([
    {"Id":"a","State":"running","Labels":{"hearth.node":"node-1","hearth.instance":"heater-1",
     "hearth.workload":"heater","hearth.generation":"1","hearth.restarts":"0"}},
    {"Id":"b","State":"removing","Labels":{"hearth.instance":"heater-2","hearth.workload":"heater",
     "hearth.generation":"2","hearth.restarts":"7"}},
    {"Id":"c","State":"running","Labels":{"hearth.node":"node-1"}},
    {"Id":"d","State":"levitating","Labels":{"hearth.instance":"x","hearth.workload":"heater",
     "hearth.generation":"2","hearth.restarts":"7"}},
    {"Id":"e","State":"running","Labels":{"hearth.instance":"x","hearth.workload":"heater",
     "hearth.generation":"-2","hearth.restarts":"7"}},
    17])");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->unreadable, 4U);
  ASSERT_EQ(list->containers.size(), 2U);
  EXPECT_EQ(list->containers[0].state, ContainerState::kRunning);
  EXPECT_EQ(list->containers[1].state, ContainerState::kExited);
  EXPECT_EQ(list->containers[1].restarts, 7U);
}

TEST(EngineCodec, AnInspectedContainerSaysHowItEnded) {
  const auto exit = decode_exit(
      R"({"State":{"ExitCode":137,"OOMKilled":true,"FinishedAt":"2026-11-23T19:52:53.409937429Z"}})");
  ASSERT_TRUE(exit && *exit);
  EXPECT_EQ((*exit)->code, 137);
  EXPECT_EQ((*exit)->out_of_memory, OutOfMemory::kMain);
  EXPECT_EQ((*exit)->at.time_since_epoch(), std::chrono::milliseconds(1795463573409));
  const auto never = decode_exit(R"({"State":{"ExitCode":0,"FinishedAt":"0001-01-01T00:00:00Z"}})");
  ASSERT_TRUE(never);
  EXPECT_FALSE(*never);
}

TEST(EngineCodec, ImagesAreOursByName) {
  const auto images = decode_image_list(
      R"([{"RepoTags":["hearth/b:1","other/x:1"]},{"RepoTags":null},{"RepoTags":["hearth/a:1"]}])");
  ASSERT_TRUE(images);
  EXPECT_THAT(*images, ElementsAre("hearth/a:1", "hearth/b:1"));
}

TEST(EngineCodec, ProgressBecomesPlainText) {
  const auto text = [](std::string_view line) { return decode_progress(line).value().text; };
  EXPECT_EQ(text(R"({"stream":"Step 1/3 : FROM scratch\n"})"), "Step 1/3 : FROM scratch\n");
  EXPECT_EQ(text(R"({"status":"Pulling from x","id":"1"})"), "1: Pulling from x\n");
  EXPECT_EQ(text(R"({"status":"Downloading","progress":"[=>  ]","id":"1"})"), "");
  EXPECT_EQ(text(R"({"aux":{"ID":"sha256:1"}})"), "");
  EXPECT_EQ(decode_progress(R"({"errorDetail":{"message":"no"},"error":"no"})").value().error,
            "no");
  EXPECT_FALSE(decode_progress("Step 1/3"));
}

TEST(EngineCodec, ARefusalHasItsCodeAndTheEnginesReason) {
  const auto code = [](unsigned status, std::string_view words) {
    return refusal(status, json::serialize(json::object{{"message", words}}), "start it").code;
  };
  EXPECT_EQ(code(400, "x"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(404, "x"), ErrorCode::kNotFound);
  EXPECT_EQ(code(409, "x"), ErrorCode::kConflict);
  EXPECT_EQ(code(500, "x"), ErrorCode::kFailed);
  EXPECT_EQ(code(503, "x"), ErrorCode::kUnavailable);
  EXPECT_EQ(code(500, "write /var: no space left on device"), ErrorCode::kExhausted);
  EXPECT_EQ(refusal(404, R"({"message":"No such container: x"})", "start it").message,
            "the Docker engine refused to start it: No such container: x");
  EXPECT_EQ(refusal(500, "<html>", "start it").message,
            "the Docker engine failed to start it: HTTP status 500");
}

TEST(EngineCodec, ALongMessageKeepsItsCause) {
  std::string words(5000, 'x');
  words += "é the cause\n";
  const std::string message = failure(words, "build").message;
  EXPECT_LT(message.size(), 1200U);
  EXPECT_THAT(message, testing::EndsWith("é the cause"));
}

// The texts are an engine's own.
TEST(EngineCodec, AFullDiskIsRecognisedByTheEnginesMessage) {
  const std::string create =
      "write /var/lib/docker/overlay2/f99-init/link: no space left on device\n";
  const std::string start =
      "failed to update store for object type *libnetwork.endpoint: write "
      "/var/lib/docker/network/files/local-kv.db: no space left on device\n";
  const std::string load =
      "Error processing tar file(exit status 1): write /c5f/layer.tar: no space left on device";
  const auto body = [](const std::string& words) {
    return json::serialize(json::object{{"message", words}});
  };
  EXPECT_EQ(refusal(500, body(create), "create it").code, ErrorCode::kExhausted);
  EXPECT_EQ(refusal(500, body(start), "start it").code, ErrorCode::kExhausted);
  EXPECT_EQ(refusal(400, body(start), "start it").code, ErrorCode::kExhausted);
  EXPECT_EQ(failure(load, "load it").code, ErrorCode::kExhausted);
  EXPECT_EQ(failure("mkdir /var/lib/docker/tmp: disk quota exceeded", "load it").code,
            ErrorCode::kExhausted);
}

// Goal: the author of a Dockerfile for BuildKit learns why it does not build. The texts are an
// engine's own.
TEST(EngineCodec, ADockerfileThatNeedsBuildKitGetsARemedy) {
  const auto refused = [](const std::string& words) {
    return refusal(400, json::serialize(json::object{{"message", words}}), "build it").message;
  };
  const std::string option =
      "the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to "
      "learn how to build images with BuildKit enabled";
  EXPECT_THAT(failure(option, "build it").message, HasSubstr("classic builder"));
  EXPECT_THAT(
      failure("failed to parse platform : \"\" is an invalid component", "build it").message,
      HasSubstr("TARGETARCH"));
  EXPECT_THAT(refused("dockerfile parse error line 4: Unknown flag: link"), HasSubstr("--link"));
  EXPECT_THAT(refused("dockerfile parse error line 5: unknown instruction: ECHO"),
              HasSubstr("heredoc"));
  EXPECT_THAT(refused("No such container: x"), testing::Not(HasSubstr("BuildKit")));
}

TEST(EngineCodec, TheDataRootIsAnAbsolutePathOrNotKnown) {
  EXPECT_EQ(decode_data_root(R"({"ID":"x","DockerRootDir":"/data/docker"})"), "/data/docker");
  for (const char* odd : {"", "[]", "{}", R"({"DockerRootDir":7})", R"({"DockerRootDir":"x"})"}) {
    EXPECT_EQ(decode_data_root(odd), "") << odd;
  }
}

// Goal: any text makes a decoder return a value or an error, and do nothing else. Method: real
// answers with bytes flipped, removed and inserted.
TEST(EngineCodec, DamagedTextGivesAValueOrAnError) {
  const std::vector<std::string> whole{
      version_answer("1.41", "1.12"),
      R"({"Type":"container","Action":"die","Actor":{"ID":"abc",
          "Attributes":{"exitCode":"137","hearth.instance":"heater-1"}},"timeNano":1795463573640})",
      R"([{"Id":"a","State":"running","Labels":{"hearth.instance":"heater-1",
          "hearth.workload":"heater","hearth.generation":"1","hearth.restarts":"0"}}])",
      R"({"State":{"ExitCode":137,"OOMKilled":true,"FinishedAt":"2026-11-23T19:52:53.4099Z"}})",
      R"([{"RepoTags":["hearth/b:1",null]},{"RepoTags":null}])",
      R"({"Name":"/x","State":{"Status":"exited","Pid":4,"ExitCode":1,"StartedAt":
          "2026-11-23T19:52:53Z","FinishedAt":"2026-11-23T19:52:53Z","Health":{"Status":"healthy",
          "Log":[{"Output":"x"}]}},"HostConfig":{"NetworkMode":"default","Memory":1},
          "NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2"}}}})",
      R"({"Id":"e1","Running":false,"ExitCode":3})",
      R"({"memory_stats":{"usage":1000,"stats":{"inactive_file":300}},"pids_stats":{"current":7},
          "cpu_stats":{"cpu_usage":{"total_usage":2000000}}})",
      R"({"errorDetail":{"message":"no"},"error":"no","stream":"x","status":"y","id":"1"})"};
  Prng prng(20'10);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole[prng.below(whole.size())];
    for (std::uint64_t change = 0; change <= prng.below(3); ++change) {
      const std::size_t at = prng.below(text.size());
      const char byte = static_cast<char>(prng.below(256));
      const std::uint64_t kind = prng.below(3);
      if (kind == 0) {
        text[at] = byte;
      } else if (kind == 1) {
        text.erase(at, 1 + prng.below(9));
      } else {
        text.insert(at, 1 + prng.below(3), byte);
      }
      if (text.empty()) break;
    }
    choose_api_version(text);
    decode_event(kNode, text);
    decode_new_id(text);
    decode_image_id(text);
    decode_details(text);
    decode_exec(text);
    decode_usage(text);
    decode_container_list(text);
    decode_exit(text);
    decode_image_list(text);
    decode_data_root(text);
    decode_progress(text);
    refusal(500, text, "start it");
  }
}

}  // namespace
}  // namespace hearth::docker
