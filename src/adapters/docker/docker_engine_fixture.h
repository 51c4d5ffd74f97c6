#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_client.h"
#include "adapters/loop/coroutine.h"
#include "testing/disk/temporary_directory.h"

namespace hearth::docker {

using namespace std::chrono_literals;

/// The engine in DOCKER_HOST, else the machine's. Without one these tests fail; ./dev test docker
/// starts one.
inline std::filesystem::path engine_socket() {
  constexpr std::string_view kScheme = "unix://";
  const char* host = std::getenv("DOCKER_HOST");
  const std::string_view text = host == nullptr ? "" : host;
  return text.starts_with(kScheme) ? std::string(text.substr(kScheme.size()))
                                   : DockerConfig{.node = *NodeName::parse("x")}.socket.string();
}

/// A runtime of a node that no other test has, with a real engine. Containers and image are removed
/// at the end.
class DockerEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto taken = inventory();
    ASSERT_TRUE(taken) << taken.error().message;
    runtime->watch(
        {.on_notice = [this](const ContainerNotice& notice) { notices.push_back(notice); },
         .on_watching = [this] { watching = true; },
         .on_lost = [](const Error& error) { FAIL() << error.message; }});
    run_until([this] { return watching; });
  }

  void TearDown() override {
    if (const auto left = inventory()) {
      for (const Container& container : left->containers) remove(container.id);
    }
    wait_for<void>([&](const auto& done) { runtime->remove_image(image, done); });
    runtime.reset();
    engine.close();
    loop.restart();
    loop.run_for(10s);
    EXPECT_TRUE(loop.stopped()) << "something still waits on the loop";
  }

  void run_until(const std::function<bool()>& seen) {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!seen() && std::chrono::steady_clock::now() < give_up) {
      loop.restart();
      loop.run_one_for(100ms);
    }
    ASSERT_TRUE(seen()) << "waited in vain";
  }

  template <class T>
  Result<T> wait_for(const std::function<void(Completion<T>)>& call) {
    std::optional<Result<T>> ended;
    call([&](Result<T> result) { ended = std::move(result); });
    run_until([&] { return ended.has_value(); });
    return ended.has_value() ? *ended : fail(ErrorCode::kTimeout, "never completed");
  }

  Result<Inventory> inventory() {
    return wait_for<Inventory>([&](const auto& done) { runtime->inventory(done); });
  }
  Result<void> start(const ContainerId& container) {
    return wait_for<void>([&](const auto& done) { runtime->start(container, done); });
  }
  Result<void> stop(const ContainerId& container, Duration grace) {
    return wait_for<void>([&](const auto& done) { runtime->stop(container, grace, done); });
  }
  Result<void> remove(const ContainerId& container) {
    return wait_for<void>([&](const auto& done) { runtime->remove(container, done); });
  }

  Result<void> build_dockerfile(const std::string& dockerfile) {
    return wait_for<void>([&](const auto& done) { start_build(dockerfile, done); });
  }
  void start_build(const std::string& dockerfile, const Completion<void>& done) {
    const std::filesystem::path context = folder / "context";
    std::filesystem::create_directories(context);
    std::filesystem::copy_file("/bin/busybox", context / "busybox",
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream(context / "Dockerfile") << dockerfile;
    const std::string tar = folder / "context.tar";
    EXPECT_EQ(std::system(fmt::format("tar -C {} -cf {} .", context.string(), tar).c_str()), 0);
    build_log.clear();
    runtime->build(
        tar, image,
        [this](std::string_view text) {
          build_log += text;
          return true;
        },
        done);
  }

  /// An image whose containers run `script` in busybox's shell. It shares no layer with another
  /// test's: the engine might remove a cached layer for one test while building upon it for
  /// another.
  void build_script(const std::string& script) {
    const auto built = build_dockerfile(
        fmt::format("FROM scratch\nLABEL test={}\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n"
                    "CMD [\"/bin/sh\", \"-c\", \"{}\"]\n",
                    key, script));
    ASSERT_TRUE(built) << built.error().message << "\n" << build_log;
  }

  ContainerId create(const ContainerSpec& spec = {}, const StopSpec& stop = {}) {
    const ContainerRequest request{.instance = InstanceId{workload.str() + "-1"},
                                   .workload = workload,
                                   .generation = Generation{3},
                                   .restarts = 2,
                                   .image = image,
                                   .spec = spec,
                                   .stop = stop};
    const auto created =
        wait_for<ContainerId>([&](const auto& done) { runtime->create(request, done); });
    EXPECT_TRUE(created) << created.error().message;
    return created.value_or(ContainerId{});
  }
  ContainerId run(const ContainerSpec& spec = {}, const StopSpec& stop = {}) {
    ContainerId container = create(spec, stop);
    const auto started = start(container);
    EXPECT_TRUE(started) << started.error().message;
    return container;
  }

  ContainerExit wait_for_exit() {
    const auto is_exit = [](const ContainerNotice& notice) {
      return notice.kind == ContainerNotice::Kind::kExited;
    };
    run_until([&] { return std::any_of(notices.begin(), notices.end(), is_exit); });
    const auto found = std::find_if(notices.begin(), notices.end(), is_exit);
    return found == notices.end() ? ContainerExit{} : *found->exit;
  }

  /// Waits for the first notice of this kind since the test began.
  ContainerNotice wait_for_notice(ContainerNotice::Kind kind) {
    const auto is_it = [kind](const ContainerNotice& notice) { return notice.kind == kind; };
    run_until([&] { return std::any_of(notices.begin(), notices.end(), is_it); });
    const auto found = std::find_if(notices.begin(), notices.end(), is_it);
    return found == notices.end() ? ContainerNotice{} : *found;
  }

  /// What an operator does with the engine by hand.
  EngineAnswer ask_engine(std::string_view method, const std::string& target,
                          const std::string& body = {}) {
    std::optional<Result<EngineAnswer>> ended;
    start_coroutine(loop, [&](Coroutine& coroutine) {
      ended = engine.ask({.method = method,
                          .target = target,
                          .body = body,
                          .doing = target,
                          .patience = http::CallTimes::of(60s)},
                         coroutine);
    });
    run_until([&] { return ended.has_value(); });
    EXPECT_TRUE(ended && *ended) << target;
    return ended && *ended ? **ended : EngineAnswer{};
  }

  std::string logs(const LogRequest& request) {
    std::string log;
    const auto read = wait_for<void>([&](const auto& done) {
      runtime->logs(
          request,
          [&](std::string_view text) {
            log += text;
            return true;
          },
          done);
    });
    EXPECT_TRUE(read) << read.error().message;
    return log;
  }

  const std::string key = fmt::format("t{}-{:x}", ::getpid(),
                                      std::chrono::steady_clock::now().time_since_epoch().count());
  const NodeName node = *NodeName::parse(key);
  const WorkloadName workload = *WorkloadName::parse("w" + key);
  const std::string image = "hearth/" + workload.str() + ":1";
  TemporaryDirectory folder;
  boost::asio::io_context loop;
  std::unique_ptr<DockerRuntime> runtime =
      std::make_unique<DockerRuntime>(loop, DockerConfig{.node = node, .socket = engine_socket()});
  EngineClient engine{loop, engine_socket()};
  std::vector<ContainerNotice> notices;
  bool watching = false;
  std::string build_log;
};

}  // namespace hearth::docker
