#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/docker/docker_runtime.h"
#include "testing/disk/temporary_directory.h"
#include "testing/engine/fake_engine.h"

namespace hearth::docker {

using namespace std::chrono_literals;

inline constexpr std::string_view kId =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
inline const ContainerId kContainer{std::string(kId)};

/// A runtime with a fake engine, on a loop that the test runs.
class DockerRuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    engine.on("/images/hearth%2Fheater%3A1/json", {answer(200, R"({"Id":"sha256:1"})")});
  }
  void TearDown() override {
    runtime.reset();
    engine.stop();
    loop.restart();
    loop.run_for(10s);
    EXPECT_TRUE(loop.stopped()) << "something still waits on the loop";
  }

  DockerConfig config() {
    return {.node = *NodeName::parse("node-1"), .socket = folder / "docker.sock"};
  }
  void recreate(const DockerConfig& changed) {
    runtime = std::make_unique<DockerRuntime>(loop, changed);
  }

  void run_until(const std::function<bool()>& seen) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!seen() && std::chrono::steady_clock::now() < give_up) {
      loop.restart();
      loop.run_one_for(100ms);
    }
    ASSERT_TRUE(seen()) << "waited in vain";
  }

  /// Runs the loop until the verb completes; checks that this is after the call has returned.
  template <class T>
  Result<T> wait_for(const std::function<void(Completion<T>)>& call) {
    std::optional<Result<T>> ended;
    bool called_back_inside = true;
    call([&](Result<T> result) {
      EXPECT_FALSE(called_back_inside);
      EXPECT_FALSE(ended.has_value());
      ended = std::move(result);
    });
    called_back_inside = false;
    run_until([&] { return ended.has_value(); });
    return ended.has_value() ? *ended : fail(ErrorCode::kTimeout, "never completed");
  }

  Result<void> start() {
    return wait_for<void>([&](const auto& done) { runtime->start(kContainer, done); });
  }
  Result<Inventory> inventory() {
    return wait_for<Inventory>([&](const auto& done) { runtime->inventory(done); });
  }
  Result<ContainerId> create() {
    const ContainerRequest request{.instance = InstanceId{"heater-1"},
                                   .workload = *WorkloadName::parse("heater"),
                                   .generation = Generation{1},
                                   .restarts = 0,
                                   .image = "hearth/heater:1",
                                   .spec = {}};
    return wait_for<ContainerId>([&](const auto& done) { runtime->create(request, done); });
  }

  void watch() {
    runtime->watch(
        {.on_notice = [this](const ContainerNotice& notice) { notices.push_back(notice); },
         .on_watching = [this] { ++watching; },
         .on_missed = [this](const Error& error) { missed.push_back(error); },
         .on_lost = [this](const Error& error) { lost.push_back(error); }});
  }

  std::filesystem::path write_file(const std::string& name, std::string_view content) {
    const std::filesystem::path path = folder / name;
    std::ofstream(path) << content;
    return path;
  }

  TemporaryDirectory folder;
  boost::asio::io_context loop;
  FakeEngine engine{loop, folder / "docker.sock"};
  std::unique_ptr<DockerRuntime> runtime = std::make_unique<DockerRuntime>(loop, config());
  std::vector<ContainerNotice> notices;
  std::vector<Error> missed;
  std::vector<Error> lost;
  int watching = 0;
};

}  // namespace hearth::docker
