#include "cli/dev/dev_files.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/config/manager_config.h"
#include "adapters/config/operator_file.h"
#include "testing/disk/temporary_directory.h"

namespace hearth::cli {
namespace {

DevFacts facts_in(const std::filesystem::path& state) {
  return {.state = state,
          .cluster = "0123abcd",
          .manager = {"127.0.0.1", 7700},
          .power_socket = state / "power.sock",
          .docker_socket = "/run/docker.sock",
          .nodes = {*NodeName::parse("node-1"), *NodeName::parse("node-2")}};
}

TEST(DevFacts, AreReadAsWritten) {
  const TemporaryDirectory state;
  const DevFacts facts = facts_in(state.path());
  ASSERT_TRUE(save_facts(facts));
  const Result<DevFacts> read = load_facts(state.path());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->cluster, facts.cluster);
  EXPECT_EQ(read->manager, facts.manager);
  EXPECT_EQ(read->power_socket, facts.power_socket);
  EXPECT_EQ(read->docker_socket, facts.docker_socket);
  EXPECT_EQ(read->nodes, facts.nodes);
  const TemporaryDirectory empty;
  EXPECT_EQ(load_facts(empty.path()).error().code, ErrorCode::kNotFound);
}

TEST(ClusterId, IsUniqueToTheFolderAndStable) {
  const TemporaryDirectory one;
  const TemporaryDirectory other;
  const Result<std::string> id = ensure_cluster_id(one.path());
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(id->size(), 8U);
  EXPECT_EQ(*ensure_cluster_id(one.path()), *id);
  EXPECT_NE(*ensure_cluster_id(other.path()), *id);
}

// The topics and containers of the forgotten cluster must not be taken for the new one's.
TEST(ClusterId, ChangesOnceTheClusterIsForgotten) {
  const TemporaryDirectory state;
  EXPECT_EQ(*forget_cluster(state.path()), "");
  const std::string id = *ensure_cluster_id(state.path());
  ASSERT_TRUE(save_facts(facts_in(state.path())));
  std::filesystem::create_directories(state / "manager" / "content");
  EXPECT_EQ(*forget_cluster(state.path()), id);
  EXPECT_FALSE(std::filesystem::exists(state / "manager"));
  EXPECT_FALSE(load_facts(state.path()));
  EXPECT_NE(*ensure_cluster_id(state.path()), id);
}

TEST(SocketPath, MovesOutOfAFolderWhosePathIsTooLong) {
  const TemporaryDirectory state;
  EXPECT_EQ(*choose_socket_path(state.path(), "0123abcd"), state / "power.sock");
  const auto moved = choose_socket_path(state / std::string(100, 'x'), "0123abcd");
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->parent_path().filename(), "hearth-dev-0123abcd");
  std::filesystem::remove_all(moved->parent_path());
}

TEST(ChoosePort, TakesThePreferredOneUnlessItIsTakenOnAnyAddress) {
  const Result<std::uint16_t> any = choose_port({"127.0.0.1", "127.0.0.12"}, 0);
  ASSERT_TRUE(any);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  ::inet_pton(AF_INET, "127.0.0.12", &name.sin_addr);
  socklen_t size = sizeof name;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), size), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  const std::uint16_t taken = ntohs(name.sin_port);
  const Result<std::uint16_t> other = choose_port({"127.0.0.1", "127.0.0.12"}, taken);
  ASSERT_TRUE(other);
  EXPECT_NE(*other, taken);
  EXPECT_EQ(*choose_port({"127.0.0.13"}, taken), taken);
  ::close(fd);
}

// Goal: hearthd accepts the files written for it. Method: its own reader.
TEST(ManagerFiles, AreWhatHearthdReads) {
  const TemporaryDirectory state;
  const DevFacts facts = facts_in(state.path());
  ASSERT_TRUE(write_manager_files(facts, "embedded", 7755, "/opt/hearth"));
  const Result<ManagerConfig> config = load_manager_config(state / "config.json");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->listen, facts.manager);
  EXPECT_EQ(config->state_dir, state / "manager");
  EXPECT_TRUE(config->kafka.embedded());
  EXPECT_EQ(config->agent_port, 7755);
  EXPECT_EQ(config->power.nodes.at(facts.nodes[1]),
            PowerDriverConfig(
                ExecPower{{"/opt/hearth", "dev", "fence", "--state", state.path().string()}}));
  const auto nodes = load_server_details(*config->server_details, config->agent_port);
  ASSERT_TRUE(nodes) << nodes.error().message;
  ASSERT_EQ(nodes->size(), 2U);
  EXPECT_EQ((*nodes)[1].agent, (Endpoint{"127.0.0.12", 7755}));

  ASSERT_TRUE(write_manager_files(facts, "kafka:9092", 7755, "/opt/hearth"));
  EXPECT_EQ(load_manager_config(state / "config.json")->kafka.topic_prefix, facts.topic_prefix())
      << "each dev cluster on a broker has topics of its own";
}

}  // namespace
}  // namespace hearth::cli
