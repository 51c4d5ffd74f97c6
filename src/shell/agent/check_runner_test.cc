#include "shell/agent/check_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/idle/idle_container_runtime.h"

namespace hearth {
namespace {

using testing::ElementsAre;

/// Inspects at once: each container has an address of its own.
class FakeRuntime final : public IdleContainerRuntime {
 public:
  void inspect(const ContainerId& container, Completion<ContainerDetails> done) override {
    ContainerDetails details;
    details.address = "address of " + container.str();
    done(details);
  }
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
