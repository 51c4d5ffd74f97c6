#include "shell/agent/check_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hearth {
namespace {

using testing::ElementsAre;

/// Inspects at once: each container has an address of its own.
class FakeRuntime final : public ContainerRuntime {
 public:
  void inspect(const ContainerId& container, Completion<ContainerDetails> done) override {
    ContainerDetails details;
    details.address = "address of " + container.str();
    done(details);
  }
  void logs(LogRequest, ChunkSink, Completion<void>) override {}
  std::unique_ptr<LogFollower> follow_log(LogFollowRequest, LogHandlers) override { return {}; }
  void watch(Handlers) override {}
  void inventory(Completion<Inventory>) override {}
  void create(ContainerRequest, Completion<ContainerId>) override {}
  void start(const ContainerId&, Completion<void>) override {}
  void stop(const ContainerId&, Duration, Completion<void>) override {}
  void remove(const ContainerId&, Completion<void>) override {}
  void adopt(AdoptRequest, Completion<Container>) override {}
  void recreate(const InstanceId&, std::uint32_t, Completion<Container>) override {}
  void let_go(const InstanceId&, Completion<void>) override {}
  void exec(ExecRequest, Completion<ExecResult>) override {}
  void usage(const ContainerId&, Completion<ContainerUsage>) override {}
  void build(const std::filesystem::path&, const std::string&, ChunkSink,
             Completion<void>) override {}
  void cancel_build(const std::string&) override {}
  void save_image(const std::string&, const std::filesystem::path&, Completion<Digest>) override {}
  void load_image(const std::filesystem::path&, Completion<void>) override {}
  void remove_image(const std::string&, Completion<void>) override {}
};

struct FakeProber final : Prober {
  void run(ProbeRequest request, std::function<void(ProbeResult)>) override {
    addresses.push_back(request.address);
  }
  std::vector<std::string> addresses;
};

class CheckRunnerTest : public testing::Test {
 protected:
  static InstanceId instance(std::size_t number) { return {"app-" + std::to_string(number)}; }
  static ContainerId container(std::size_t number) { return {"c" + std::to_string(number)}; }
  void inspect(std::size_t number) { checks.inspect({container(number), instance(number)}); }
  std::string address_for(std::size_t number) {
    core::RunCheck check{.container = container(number), .instance = instance(number)};
    checks.run(check);
    return prober.addresses.back();
  }

  FakeRuntime runtime;
  FakeProber prober;
  CheckRunner checks{runtime, prober, [](const core::AgentEvent&) {}};
};

TEST_F(CheckRunnerTest, ChecksTheAddressOfTheContainerUntilItIsRemoved) {
  inspect(1);
  EXPECT_EQ(address_for(1), "address of c1");
  checks.forget(container(2), instance(1));
  EXPECT_EQ(address_for(1), "address of c1") << "another container of it was removed";
  checks.forget(container(1), instance(1));
  EXPECT_EQ(address_for(1), "");
}

TEST_F(CheckRunnerTest, RemembersABoundedNumberOfInstancesTheLatest) {
  for (std::size_t i = 0; i < CheckRunner::kKnownMax; ++i) inspect(i);
  inspect(0);  // Again: its container was started again.
  inspect(CheckRunner::kKnownMax);
  EXPECT_EQ(address_for(1), "") << "the oldest";
  EXPECT_EQ(address_for(0), "address of c0");
  EXPECT_EQ(address_for(2), "address of c2");
  EXPECT_NE(address_for(CheckRunner::kKnownMax), "");
}

}  // namespace
}  // namespace hearth
