#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "adapters/docker/docker_engine_fixture.h"

namespace hearth::docker {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A container made by hand, as `docker run` or compose would.
class DockerAdoptionTest : public DockerEngineTest {
 protected:
  void SetUp() override {
    begin_process();
    DockerEngineTest::SetUp();
    build_script("echo ready; while true; do sleep 1; done");
  }
  void TearDown() override {
    runtime->let_go(instance, [](const Result<void>&) {});
    for (const std::string& one : names)
      ask_engine("DELETE", "/containers/" + one + "?force=1&v=1");
    for (const std::string& one : networks) ask_engine("DELETE", "/networks/" + one);
    ask_engine("DELETE", "/volumes/" + key);
    DockerEngineTest::TearDown();
  }

  /// An agent starts: it knows what is on its disk.
  void begin_process() {
    watching = false;
    runtime = std::make_unique<DockerRuntime>(
        loop,
        DockerConfig{.node = node, .socket = engine_socket(), .adoption_book = folder / "adopted"});
  }

  void make_network(const std::string& network, const std::string& subnet) {
    networks.push_back(network);
    const auto made = ask_engine(
        "POST", "/networks/create",
        fmt::format(R"({{"Name":"{}","IPAM":{{"Config":[{{"Subnet":"{}"}}]}}}})", network, subnet));
    ASSERT_EQ(made.status, 201U) << made.body;
  }
  std::string make_by_hand(const std::string& body) {
    names.push_back(name);
    const auto made = ask_engine("POST", "/containers/create?name=" + name, body);
    EXPECT_EQ(made.status, 201U) << made.body;
    EXPECT_LT(ask_engine("POST", "/containers/" + name + "/start").status, 300U);
    return std::string(json::parse(made.body).at("Id").as_string());
  }
  json::value inspect_it() {
    const auto answer = ask_engine("GET", "/containers/" + name + "/json");
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return json::parse(answer.body);
  }
  std::string policy() {
    return std::string(inspect_it().at("HostConfig").at("RestartPolicy").at("Name").as_string());
  }
  std::string run_in_it(const ContainerId& container, const std::string& script) {
    const auto done = wait_for<ExecResult>([&](const auto& completion) {
      runtime->exec({.container = container, .command = {"/bin/sh", "-c", script}, .timeout = 30s},
                    completion);
    });
    EXPECT_TRUE(done) << done.error().message;
    return done ? done->output : "";
  }
  std::size_t of_this_name() {
    const auto answer = ask_engine("GET", "/containers/json?all=1");
    std::size_t count = 0;
    const json::value all = json::parse(answer.body);
    for (const json::value& one : all.as_array()) {
      for (const json::value& its : one.at("Names").as_array())
        count += its.as_string().find(name) != json::string::npos ? 1 : 0;
    }
    return count;
  }

  Result<Container> adopt(const std::string& by) {
    return wait_for<Container>([&](const auto& done) {
      runtime->adopt({.instance = instance, .workload = workload, .generation = {3}, .name = by},
                     done);
    });
  }
  Result<Container> adopt() { return adopt(name); }
  Result<Container> make_anew() {
    return wait_for<Container>([&](const auto& done) { runtime->recreate(instance, 1, done); });
  }
  Result<void> let_go() {
    return wait_for<void>([&](const auto& done) { runtime->let_go(instance, done); });
  }

  const InstanceId instance{workload.str() + "-1"};
  const std::string name = key + "_pg.1";
  std::vector<std::string> names, networks;
};

/// What an operator would see in an inspection, without what differs between any two containers.
json::value comparable(json::value inspection) {
  json::object kept;
  json::object& config = inspection.at("Config").as_object();
  config.erase("Hostname");
  // The image's own volume has its name among the binds of the one that was recreated.
  json::object& host = inspection.at("HostConfig").as_object();
  host.erase("Binds");
  kept["Config"] = config;
  kept["HostConfig"] = host;
  kept["Name"] = inspection.at("Name");
  kept["Image"] = inspection.at("Image");
  std::map<std::string, std::string> mounts;
  for (const json::value& mount : inspection.at("Mounts").as_array()) {
    mounts.emplace(mount.at("Destination").as_string(),
                   std::string(mount.at("Type").as_string()) + " " +
                       std::string(mount.at("Source").as_string()) + " " +
                       (mount.at("RW").as_bool() ? "rw" : "ro"));
  }
  kept["Mounts"] = json::value_from(mounts);
  json::object networks;
  for (const auto& [network, endpoint] :
       inspection.at("NetworkSettings").at("Networks").as_object()) {
    json::object of_it;
    of_it["IPAMConfig"] = endpoint.at("IPAMConfig");
    std::set<std::string> aliases;
    const std::string id(inspection.at("Id").as_string());
    if (endpoint.at("Aliases").is_array()) {
      for (const json::value& alias : endpoint.at("Aliases").as_array()) {
        if (alias.as_string() != id.substr(0, 12)) aliases.emplace(alias.as_string());
      }
    }
    of_it["Aliases"] = json::value_from(aliases);
    networks[network] = std::move(of_it);
  }
  kept["Networks"] = std::move(networks);
  return kept;
}

TEST_F(DockerAdoptionTest, KilledItComesBackTheSameAndLetGoItIsAsItWas) {
  const std::string bridge = key + "-net", other = key + "-other";
  const unsigned block = static_cast<unsigned>(::getpid()) % 200;
  make_network(bridge, fmt::format("10.211.{}.0/24", block));
  make_network(other, fmt::format("10.212.{}.0/24", block));
  std::filesystem::create_directory(folder / "conf");
  const std::string first = make_by_hand(fmt::format(
      R"({{"Image":"{0}","Env":["PGDATA=/data","ODD=a \"b\" = c"],"Volumes":{{"/anonymous":{{}}}},
          "Labels":{{"com.docker.compose.project":"shop","com.docker.compose.service":"db"}},
          "HostConfig":{{"NetworkMode":"{1}","RestartPolicy":{{"Name":"unless-stopped"}},
            "Binds":["{2}:/conf:ro","{3}:/data"],"Memory":67108864,"CapDrop":["NET_RAW"],
            "Mounts":[{{"Type":"tmpfs","Target":"/scratch"}}]}},
          "NetworkingConfig":{{"EndpointsConfig":{{"{1}":{{"Aliases":["db","store"],
            "IPAMConfig":{{"IPv4Address":"10.211.{4}.77"}}}}}}}}}})",
      image, bridge, (folder / "conf").string(), key, block));
  ask_engine("POST", "/networks/" + other + "/connect",
             fmt::format(R"({{"Container":"{}","EndpointConfig":{{"Aliases":["aside"]}}}})", name));
  const json::value before = inspect_it();

  const auto adopted = adopt();
  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ(adopted->id.str(), first);
  EXPECT_EQ(policy(), "no");
  run_in_it(adopted->id, "echo kept > /data/a; echo kept > /anonymous/b");
  EXPECT_EQ(inventory()->containers.at(0).id.str(), first);

  ask_engine("POST", "/containers/" + name + "/kill");
  EXPECT_EQ(wait_for_exit().code, 137);
  const auto fresh = make_anew();
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_NE(fresh->id.str(), first);
  ASSERT_TRUE(start(fresh->id));
  EXPECT_EQ(of_this_name(), 1U);
  EXPECT_EQ(run_in_it(fresh->id, "cat /data/a /anonymous/b"), "kept\nkept\n");
  EXPECT_THAT(run_in_it(fresh->id, "env"), HasSubstr("ODD=a \"b\" = c"));

  ASSERT_TRUE(let_go());
  EXPECT_EQ(policy(), "unless-stopped");
  EXPECT_EQ(json::serialize(comparable(inspect_it())), json::serialize(comparable(before)));
  EXPECT_EQ(inspect_it().at("State").at("Running"), true);
  EXPECT_THAT(inventory()->containers, IsEmpty());
}

TEST_F(DockerAdoptionTest, InTheNetworkOfItsNodeOrOfAnotherContainerItIsRecreatedToo) {
  make_by_hand(fmt::format(R"({{"Image":"{}","HostConfig":{{"NetworkMode":"host",
      "RestartPolicy":{{"Name":"on-failure","MaximumRetryCount":7}}}}}})",
                           image));
  for (const bool of_another : {false, true}) {
    ASSERT_TRUE(adopt());
    ask_engine("POST", "/containers/" + name + "/kill");
    wait_for_exit();
    notices.clear();
    const auto fresh = make_anew();
    ASSERT_TRUE(fresh) << fresh.error().message;
    ASSERT_TRUE(start(fresh->id));
    ASSERT_TRUE(let_go());
    if (of_another) break;
    EXPECT_EQ(inspect_it().at("HostConfig").at("RestartPolicy").at("MaximumRetryCount"), 7);
    const std::string host = name + "-host";
    ask_engine("POST", "/containers/" + name + "/rename?name=" + host);
    names.push_back(host);
    make_by_hand(fmt::format(R"({{"Image":"{}","HostConfig":{{"NetworkMode":"container:{}"}}}})",
                             image, host));
  }
}

TEST_F(DockerAdoptionTest, AnAgentThatStartsAgainKnowsItAndLetsItGo) {
  make_by_hand(fmt::format(
      R"({{"Image":"{}","HostConfig":{{"RestartPolicy":{{"Name":"always"}}}}}})", image));
  const auto adopted = adopt(std::string(inspect_it().at("Id").as_string()).substr(0, 12));
  ASSERT_TRUE(adopted) << adopted.error().message;
  begin_process();
  const auto listed = inventory();
  ASSERT_TRUE(listed);
  ASSERT_THAT(listed->containers, SizeIs(1));
  EXPECT_EQ(listed->containers[0], *adopted);
  EXPECT_EQ(policy(), "no");
  ASSERT_TRUE(let_go());
  EXPECT_EQ(policy(), "always");
}

TEST_F(DockerAdoptionTest, OneThatTheEngineRemovesItselfIsRefused) {
  make_by_hand(fmt::format(R"({{"Image":"{}","HostConfig":{{"AutoRemove":true}}}})", image));
  const auto adopted = adopt();
  ASSERT_FALSE(adopted);
  EXPECT_THAT(adopted.error().message, HasSubstr("--rm"));
}

TEST_F(DockerAdoptionTest, OneThatComposeMadeAgainIsFoundByItsName) {
  make_by_hand(fmt::format(R"({{"Image":"{}"}})", image));
  ASSERT_TRUE(adopt());
  ask_engine("DELETE", "/containers/" + name + "?force=1");
  wait_for_notice(ContainerNotice::Kind::kRemoved);
  const std::string second = make_by_hand(fmt::format(
      R"({{"Image":"{}","HostConfig":{{"RestartPolicy":{{"Name":"always"}}}}}})", image));
  const auto adopted = adopt();
  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ(adopted->id.str(), second);
  ASSERT_TRUE(let_go());
  EXPECT_EQ(policy(), "always");
}

}  // namespace
}  // namespace hearth::docker
