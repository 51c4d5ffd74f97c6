// Against a real engine, see docker_engine_fixture.h.

#include <utility>

#include <gmock/gmock.h>

#include "adapters/docker/docker_engine_fixture.h"

namespace hearth::docker {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST_F(DockerEngineTest, AContainerIsBuiltRunStoppedAndRemoved) {
  build_script(
      "trap 'exit 7' TERM; echo I am $HEARTH_INSTANCE; while :; do /bin/busybox sleep 0.05; done");
  EXPECT_THAT(build_log, HasSubstr("Step 1/5 : FROM scratch\n"));

  const ContainerId container = create();
  auto seen = inventory();
  ASSERT_TRUE(seen && seen->containers.size() == 1);
  EXPECT_TRUE(std::exchange(seen->containers[0].created_at, std::nullopt));
  EXPECT_EQ(seen->containers[0], (Container{.id = container,
                                            .instance = InstanceId{workload.str() + "-1"},
                                            .workload = workload,
                                            .generation = Generation{3},
                                            .restarts = 2,
                                            .state = ContainerState::kCreated,
                                            .exit = std::nullopt}));
  EXPECT_THAT(seen->images, Contains(image));

  EXPECT_TRUE(start(container));
  EXPECT_TRUE(start(container)) << "starting a running container is a success";
  run_until([&] { return notices.size() == 1; });
  EXPECT_EQ(notices[0].kind, ContainerNotice::Kind::kStarted);
  EXPECT_EQ(notices[0].container, container);
  const std::string greeting = "I am " + workload.str() + "-1\n";
  run_until([&] { return logs({.container = container}) == greeting; });

  EXPECT_TRUE(stop(container, 20s));
  EXPECT_TRUE(stop(container, 20s)) << "stopping a stopped container is a success";
  EXPECT_EQ(wait_for_exit().code, 7);
  seen = inventory();
  ASSERT_TRUE(seen && seen->containers.size() == 1);
  EXPECT_EQ(seen->containers[0].state, ContainerState::kExited);
  EXPECT_EQ(seen->containers[0].exit->code, 7);
  EXPECT_LT(std::chrono::abs(seen->containers[0].exit->at - notices[1].exit->at), 10s);

  EXPECT_TRUE(remove(container));
  run_until([&] { return notices.size() == 3; });
  EXPECT_EQ(notices[2].kind, ContainerNotice::Kind::kRemoved);
  EXPECT_TRUE(remove(container));
  EXPECT_TRUE(stop(container, 1s));
  EXPECT_EQ(start(container).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(inventory()->containers.empty());
}

TEST_F(DockerEngineTest, AContainerThatIgnoresTheSignalIsKilledAfterItsGrace) {
  build_script("trap '' TERM; while :; do /bin/busybox sleep 1; done");
  const ContainerId container = run();
  EXPECT_TRUE(stop(container, 1s));
  EXPECT_EQ(wait_for_exit().code, 137);
}

TEST_F(DockerEngineTest, ADeathForLackOfMemoryIsReported) {
  build_script("x=0123456789abcdef; while :; do x=$x$x; done");
  run({.environment = {}, .resources = {.cpu_millis = 0, .memory_bytes = 16 << 20}});
  const ContainerExit reported = wait_for_exit();
  EXPECT_EQ(reported.code, 137);
  EXPECT_EQ(reported.out_of_memory, OutOfMemory::kMain);
  EXPECT_EQ(reported.memory_limit_bytes, 16U << 20);
  const auto seen = inventory();
  ASSERT_TRUE(seen && seen->containers.size() == 1);
  EXPECT_EQ(seen->containers[0].exit->out_of_memory, OutOfMemory::kMain);
}

TEST_F(DockerEngineTest, AContainerIsConfined) {
  build_script(
      "/bin/busybox cat /proc/self/status; /bin/busybox ls -la /var/run; "
      "/bin/busybox mount; /bin/busybox cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max");
  const ContainerId container = run({.environment = {}, .resources = {}, .pids_max = 33});
  wait_for_exit();
  const std::string log = logs({.container = container});
  EXPECT_THAT(log, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(log, HasSubstr("CapBnd:\t0000000000000000"));
  EXPECT_THAT(log, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(log, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(log, HasSubstr("\n33\n"));
  EXPECT_THAT(log, Not(HasSubstr("docker.sock")));
}

TEST_F(DockerEngineTest, ALogIsFollowedToItsEnd) {
  build_script(
      "for i in 1 2 3 4 5; do echo line $i; echo oops $i >&2; /bin/busybox sleep 0.1; done; exit "
      "3");
  const ContainerId container = run();
  const std::string log = logs({.container = container, .follow = true});
  EXPECT_THAT(log, HasSubstr("line 1\n"));
  EXPECT_THAT(log, HasSubstr("oops 5\n"));
  EXPECT_EQ(wait_for_exit().code, 3);
  EXPECT_THAT(logs({.container = container, .tail_lines = 2}), Not(HasSubstr("4")));
}

TEST_F(DockerEngineTest, AnImageIsSavedAndLoadedAsAFile) {
  build_script("echo here");
  const std::filesystem::path file = folder / "image.tar";
  const auto saved =
      wait_for<Digest>([&](const auto& done) { runtime->save_image(image, file, done); });
  ASSERT_TRUE(saved) << saved.error().message;
  const auto sum = folder / "sum";
  ASSERT_EQ(std::system(fmt::format("sha256sum < {} > {}", file.string(), sum.string()).c_str()),
            0);
  std::string hex;
  std::ifstream(sum) >> hex;
  EXPECT_EQ(saved->hex(), hex);

  ASSERT_TRUE(wait_for<void>([&](const auto& done) { runtime->remove_image(image, done); }));
  EXPECT_THAT(inventory()->images, Not(Contains(image)));
  const auto loaded = wait_for<void>([&](const auto& done) { runtime->load_image(file, done); });
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_THAT(inventory()->images, Contains(image));
  const ContainerId container = run();
  wait_for_exit();
  EXPECT_EQ(logs({.container = container}), "here\n");
}

TEST_F(DockerEngineTest, AFileThatIsNotAnImageIsRefused) {
  const std::filesystem::path file = folder / "image.tar";
  std::ofstream(file) << std::string(100'000, 'x');
  const auto loaded = wait_for<void>([&](const auto& done) { runtime->load_image(file, done); });
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kFailed) << loaded.error().message;
}

TEST_F(DockerEngineTest, AFailedBuildReportsTheEnginesReason) {
  const auto failed =
      build_dockerfile("FROM scratch\nCOPY busybox /bin/sh\nRUN echo before; exit 9\n");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kFailed);
  EXPECT_THAT(failed.error().message, HasSubstr("returned a non-zero code: 9"));
  EXPECT_THAT(build_log, HasSubstr("before\n"));

  const auto unreadable = build_dockerfile("FORM scratch\n");
  ASSERT_FALSE(unreadable);
  EXPECT_EQ(unreadable.error().code, ErrorCode::kFailed);
  EXPECT_THAT(unreadable.error().message, HasSubstr("FORM"));
  EXPECT_THAT(build_log, HasSubstr("FORM"));
}

/// Whether a process of this machine has the argument.
bool has_process_with(const std::string& argument) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    for (std::string one; std::getline(file, one, '\0');) {
      if (one == argument) return true;
    }
  }
  return false;
}

// Goal: a hanging build is ended in the engine, too, and the next one need not wait for it.
TEST_F(DockerEngineTest, ACancelledBuildEndsInTheEngineAndTheNextOneSucceeds) {
  const std::string long_time = fmt::format("36{}", ::getpid());
  std::optional<Result<void>> hung;
  start_build(fmt::format("FROM scratch\nLABEL test={}\nCOPY busybox /bin/busybox\n"
                          "RUN [\"/bin/busybox\", \"sleep\", \"{}\"]\n",
                          key, long_time),
              [&](Result<void> result) { hung = std::move(result); });
  run_until([&] { return has_process_with(long_time); });
  EXPECT_FALSE(hung);
  const auto cancelled_at = std::chrono::steady_clock::now();
  runtime->cancel_build(image);
  run_until([&] { return hung.has_value(); });
  ASSERT_FALSE(*hung);
  EXPECT_LT(std::chrono::steady_clock::now() - cancelled_at, 5s);
  EXPECT_TRUE(build_dockerfile("FROM scratch\nCOPY busybox /bin/busybox\n")) << build_log;
  run_until([&] { return !has_process_with(long_time); });
}

TEST_F(DockerEngineTest, BuildKitOnlySyntaxIsReportedWithARemedy) {
  for (const char* line : {"COPY --chmod=755 busybox /b", "COPY --link busybox /b",
                           "RUN --mount=type=cache,target=/x true", "COPY <<EOF /b\nhello\nEOF"}) {
    const auto failed =
        build_dockerfile(fmt::format("FROM scratch\nCOPY busybox /bin/sh\n{}\n", line));
    ASSERT_FALSE(failed) << line;
    EXPECT_EQ(failed.error().code, ErrorCode::kFailed) << line;
    EXPECT_THAT(failed.error().message, HasSubstr("classic builder")) << line;
  }
}

TEST_F(DockerEngineTest, TheDataRootIsKnownAfterAnInventory) {
  EXPECT_TRUE(std::filesystem::is_directory(runtime->data_root())) << runtime->data_root();
}

TEST_F(DockerEngineTest, AnUnrunnableContainerReportsTheReason) {
  ASSERT_TRUE(
      build_dockerfile("FROM scratch\nCOPY busybox /bin/busybox\nCMD [\"/bin/nothing\"]\n"));
  const auto started = start(create());
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("/bin/nothing"));

  const ContainerRequest request{.instance = InstanceId{"x-1"},
                                 .workload = workload,
                                 .generation = Generation{1},
                                 .restarts = 0,
                                 .image = "hearth/no-such:1",
                                 .spec = {}};
  const auto created =
      wait_for<ContainerId>([&](const auto& done) { runtime->create(request, done); });
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kNotFound);
}

TEST_F(DockerEngineTest, ContainersOfOtherNodesAreIgnored) {
  build_script("exit 0");
  DockerRuntime other(loop, {.node = *NodeName::parse("o" + key), .socket = engine_socket()});
  int foreign = 0;
  bool ready = false;
  other.watch({.on_notice = [&](const ContainerNotice&) { ++foreign; },
               .on_watching = [&] { ready = true; },
               .on_lost = [](const Error& error) { FAIL() << error.message; }});
  run_until([&] { return ready; });
  run();
  wait_for_exit();
  const auto seen = wait_for<Inventory>([&](const auto& done) { other.inventory(done); });
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->containers.empty());
  EXPECT_EQ(foreign, 0);
}

}  // namespace
}  // namespace hearth::docker
