// Against a real engine, see docker_engine_fixture.h.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "adapters/docker/docker_engine_fixture.h"

namespace hearth::docker {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Kind = ContainerNotice::Kind;

const std::string kForEverScript =
    "trap 'exit 7' TERM; trap 'exit 5' INT; while :; do /bin/busybox sleep 0.05; done";

class DockerVerbsTest : public DockerEngineTest {
 protected:
  Result<ExecResult> exec(const ContainerId& container, std::vector<std::string> command,
                          Duration timeout = 30s) {
    const ExecRequest request{
        .container = container, .command = std::move(command), .timeout = timeout};
    return wait_for<ExecResult>([&](const auto& done) { runtime->exec(request, done); });
  }
  Result<ContainerDetails> inspect(const ContainerId& container) {
    return wait_for<ContainerDetails>([&](const auto& done) { runtime->inspect(container, done); });
  }
  EngineAnswer by_hand(const ContainerId& container, const std::string& verb) {
    return ask_engine("POST", "/containers/" + container.str() + verb);
  }
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A port that nobody has, a moment ago.
std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// What the port sends to whoever connects.
std::string greeting_of(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  std::string text(64, '\0');
  ssize_t size = 0;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    size = ::recv(socket, text.data(), text.size(), 0);
  }
  ::close(socket);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return text;
}

TEST_F(DockerVerbsTest, APublishedPortLeadsToTheContainer) {
  build_script("while :; do echo hello | /bin/busybox nc -l -p 7000; done");
  const std::uint16_t port = free_port();
  run({.ports = {{.host_port = port, .container_port = 7000, .host_address = "127.0.0.1"}}});
  std::string greeting;
  run_until([&] {
    if (greeting.empty()) greeting = greeting_of(port);
    return !greeting.empty();
  });
  EXPECT_EQ(greeting, "hello\n");
}

TEST_F(DockerVerbsTest, ADeviceCanBeOpenedAndOthersCannot) {
  build_script("echo x > /dev/sensor && echo opened; /bin/busybox ls /dev");
  const ContainerId container =
      run({.devices = {{.host_path = "/dev/null", .container_path = "/dev/sensor"}}});
  EXPECT_EQ(wait_for_exit().code, 0);
  const std::string log = logs({.container = container});
  EXPECT_THAT(log, AllOf(HasSubstr("opened\n"), HasSubstr("sensor\n")));
  EXPECT_THAT(log, testing::Not(HasSubstr("mem\n")));
}

TEST_F(DockerVerbsTest, AContainerIsStoppedByTheSignalOfItsSpecification) {
  build_script(kForEverScript);
  const ContainerId container = run({}, {.signal = "SIGINT"});
  EXPECT_TRUE(stop(container, 20s));
  EXPECT_EQ(wait_for_exit().code, 5);
}

TEST_F(DockerVerbsTest, ACommandRunsInAContainer) {
  build_script(kForEverScript);
  const ContainerId container = run();
  EXPECT_EQ(exec(container, {"/bin/sh", "-c", "echo out; echo err >&2; exit 3"})->code, 3);
  const auto long_output =
      exec(container,
           {"/bin/sh", "-c", "while :; do echo 0123456789; done | /bin/busybox head -n 99999"});
  ASSERT_TRUE(long_output) << long_output.error().message;
  EXPECT_EQ(long_output->output.size(), kExecOutputBytesMax);

  const auto unknown = exec(container, {"nothing"});
  ASSERT_FALSE(unknown) << unknown->code << unknown->output;
  EXPECT_EQ(unknown.error().code, ErrorCode::kFailed);
  EXPECT_THAT(unknown.error().message, HasSubstr("nothing"));
  EXPECT_EQ(exec(container, {"/bin/sh", "-c", "nothing"})->code, 127);
  EXPECT_EQ(exec(container, {"/proc"}).error().code, ErrorCode::kFailed);
}

TEST_F(DockerVerbsTest, ACommandThatHangsIsReportedAndHoldsUpNothing) {
  build_script(kForEverScript);
  const ContainerId container = run();
  EXPECT_EQ(exec(container, {"/bin/busybox", "sleep", "1000"}, 300ms).error().code,
            ErrorCode::kTimeout);
  const auto behind =
      exec(container, {"/bin/sh", "-c", "/bin/busybox sleep 1000 & echo begun"}, 1s);
  ASSERT_TRUE(behind) << behind.error().message;
  EXPECT_EQ(*behind, (ExecResult{.code = 0, .output = "begun\n"}));
  EXPECT_TRUE(stop(container, 20s));
  EXPECT_EQ(wait_for_exit().code, 7);
}

TEST_F(DockerVerbsTest, ACommandNeedsAContainerThatRuns) {
  build_script(kForEverScript);
  const ContainerId container = create();
  EXPECT_EQ(exec(container, {"/bin/busybox", "true"}).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(start(container));
  by_hand(container, "/pause");
  EXPECT_EQ(exec(container, {"/bin/busybox", "true"}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(exec(ContainerId{"none"}, {"true"}).error().code, ErrorCode::kNotFound);
}

TEST_F(DockerVerbsTest, AContainerIsInspected) {
  build_script("trap 'exit 7' TERM; while :; do /bin/busybox sleep 0.05; done");
  const ContainerId container = run({.resources = {.cpu_millis = 0, .memory_bytes = 64 << 20}});
  const auto running = inspect(container);
  ASSERT_TRUE(running) << running.error().message;
  EXPECT_EQ(running->state, ContainerState::kRunning);
  EXPECT_THAT(running->name, testing::StartsWith("hearth." + key + "."));
  EXPECT_THAT(running->address, HasSubstr("."));
  EXPECT_EQ(running->health, ImageHealth::kNone);
  EXPECT_EQ(running->memory_limit_bytes, 64U << 20);
  EXPECT_EQ(running->log_driver, "json-file");
  ASSERT_TRUE(running->started_at);
  EXPECT_TRUE(stop(container, 20s));
  const auto exited = inspect(container);
  ASSERT_TRUE(exited && exited->exit);
  EXPECT_EQ(exited->exit->code, 7);
  EXPECT_EQ(exited->address, "");
  EXPECT_EQ(inspect(ContainerId{"none"}).error().code, ErrorCode::kNotFound);
}

TEST_F(DockerVerbsTest, AContainerInTheNodesNetworkHasNoAddressOfItsOwn) {
  build_script(kForEverScript);
  const ContainerId container = run({.network = NetworkMode::kHost});
  const auto details = inspect(container);
  ASSERT_TRUE(details) << details.error().message;
  EXPECT_EQ(details->address, "");
  EXPECT_EQ(details->state, ContainerState::kRunning);
}

TEST_F(DockerVerbsTest, TheHealthOfAnImageIsFollowed) {
  ASSERT_TRUE(build_dockerfile(fmt::format(
      "FROM scratch\nLABEL test={}\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n"
      "HEALTHCHECK --interval=200ms --retries=1 CMD echo looked; ! /bin/busybox test -e /tmp/ill\n"
      "CMD [\"/bin/sh\", \"-c\", \"{}\"]\n",
      key, kForEverScript)))
      << build_log;
  const ContainerId container = run();
  const auto says = [&](ImageHealth health) {
    return std::any_of(notices.begin(), notices.end(), [health](const ContainerNotice& notice) {
      return notice.kind == Kind::kHealth && notice.health == health;
    });
  };
  run_until([&] { return says(ImageHealth::kHealthy); });
  EXPECT_EQ(inspect(container)->health, ImageHealth::kHealthy);
  EXPECT_EQ(inspect(container)->health_output, "looked\n");
  EXPECT_EQ(exec(container, {"/bin/sh", "-c", "/bin/busybox mkdir -p /tmp; echo > /tmp/ill"})->code,
            0);
  run_until([&] { return says(ImageHealth::kUnhealthy); });
  EXPECT_EQ(inspect(container)->health, ImageHealth::kUnhealthy);
}

TEST_F(DockerVerbsTest, WhatAnOperatorDoesByHandIsGivenNoticeOf) {
  build_script(kForEverScript);
  const ContainerId container = run();
  by_hand(container, "/pause");
  wait_for_notice(Kind::kPaused);
  EXPECT_TRUE(inventory()->containers.at(0).paused);
  by_hand(container, "/unpause");
  wait_for_notice(Kind::kUnpaused);
  EXPECT_FALSE(inventory()->containers.at(0).paused);
  by_hand(container, "/rename?name=by-hand-" + key);
  EXPECT_EQ(wait_for_notice(Kind::kRenamed).name, "by-hand-" + key);
  by_hand(container, "/restart?t=20");
  wait_for_notice(Kind::kRestarted);
  ask_engine("DELETE", "/containers/" + container.str() + "?force=1");
  wait_for_notice(Kind::kRemoved);
}

// Goal: a container whose child is killed for lack of memory goes on, and later ends for a reason
// of its own, which is reported as such.
TEST_F(DockerVerbsTest, AChildKilledForLackOfMemoryIsNotTheContainersDeath) {
  build_script(
      "(x=0123456789abcdef; while :; do x=$x$x; done); trap 'exit 0' TERM; "
      "while :; do /bin/busybox sleep 0.05; done");
  const ContainerId container = run({.resources = {.cpu_millis = 0, .memory_bytes = 16 << 20}});
  EXPECT_EQ(wait_for_notice(Kind::kChildOutOfMemory).container, container);
  EXPECT_TRUE(stop(container, 20s));
  const ContainerExit exit = wait_for_exit();
  EXPECT_EQ(exit.code, 0);
  EXPECT_EQ(exit.out_of_memory, OutOfMemory::kChild);
  EXPECT_EQ(exit.memory_limit_bytes, 16U << 20);
  EXPECT_EQ(inspect(container)->exit->out_of_memory, OutOfMemory::kChild);
}

TEST_F(DockerVerbsTest, WhatAContainerUsesIsKnownFromKernelAndEngine) {
  build_script(kForEverScript);
  const ContainerId container =
      run({.resources = {.cpu_millis = 0, .memory_bytes = 64 << 20}, .pids_max = 33});
  const auto use = [&](DockerRuntime& of) {
    return wait_for<ContainerUsage>([&](const auto& done) { of.usage(container, done); });
  };
  DockerRuntime by_engine(loop, {.node = node,
                                 .socket = engine_socket(),
                                 .cgroup_root = folder / "nothing",
                                 .proc_root = folder / "nothing"});
  for (DockerRuntime* one : {runtime.get(), runtime.get(), &by_engine}) {
    const auto usage = use(*one);
    ASSERT_TRUE(usage) << usage.error().message;
    EXPECT_GT(usage->memory_bytes.value_or(0), 0U);
    EXPECT_LT(usage->memory_bytes.value_or(0), 64U << 20);
    EXPECT_EQ(usage->memory_limit_bytes, 64U << 20);
    EXPECT_GE(usage->pids.value_or(0), 1U);
    EXPECT_EQ(usage->pids_max, 33U);
    EXPECT_GT(usage->cpu_time.value_or(Duration::zero()), Duration::zero());
  }
  EXPECT_TRUE(stop(container, 20s));
  EXPECT_EQ(use(*runtime).error().code, ErrorCode::kConflict);
}

// Goal: the labels of a container, which an image made of it passes on, are not enough to be ours.
TEST_F(DockerVerbsTest, AContainerOfAnImageMadeOfOursIsNeitherAdoptedNorTouched) {
  build_script(kForEverScript);
  const ContainerId ours = run();
  const std::string copied = "copied-" + key;
  ASSERT_EQ(ask_engine("POST", "/commit?container=" + ours.str() + "&repo=" + copied).status, 201U);
  const std::string name = "stranger-" + key;
  ASSERT_EQ(
      ask_engine("POST", "/containers/create?name=" + name, R"({"Image":")" + copied + R"("})")
          .status,
      201U);
  ASSERT_EQ(ask_engine("POST", "/containers/" + name + "/start").status, 204U);
  run_until([&] { return !inventory()->strangers.empty() || runtime->counters().strangers > 0; });
  const auto seen = inventory();
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->containers.size(), 1U);
  EXPECT_EQ(seen->containers[0].id, ours);
  for (const ContainerNotice& notice : notices) EXPECT_EQ(notice.container, ours);
  EXPECT_TRUE(remove(ours));
  EXPECT_THAT(ask_engine("GET", "/containers/" + name + "/json").body,
              HasSubstr("\"Running\":true"));
  ask_engine("DELETE", "/containers/" + name + "?force=1");
  ask_engine("DELETE", "/images/" + copied);
}

}  // namespace
}  // namespace hearth::docker
