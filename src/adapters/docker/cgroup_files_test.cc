#include "adapters/docker/cgroup_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "testing/disk/temporary_directory.h"

namespace hearth::docker {
namespace {

using namespace std::chrono_literals;

const ContainerId kContainer{"0123abc"};
constexpr std::int64_t kPid = 42;

/// A kernel's files, in a folder of the test's.
class CgroupFilesTest : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& content) const {
    const std::filesystem::path file = folder / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  void write_process(const std::string& groups) const {
    write("proc/42/cgroup", groups);
    write("proc/42/limits",
          "Limit        Soft Limit  Hard Limit  Units\n"
          "Max open files            1024                 4096       files\n");
    for (const char* number : {"0", "1", "2"}) write(std::string("proc/42/fd/") + number, "");
  }
  void write_v1() const {
    write_process(
        "12:pids:/docker/0123abc\n4:cpu,cpuacct:/docker/0123abc\n"
        "2:memory:/docker/0123abc\n0::/docker/0123abc\n");
    write("cgroup/memory/docker/0123abc/memory.usage_in_bytes", "1000\n");
    write("cgroup/memory/docker/0123abc/memory.stat", "inactive_file 1\ntotal_inactive_file 300\n");
    write("cgroup/memory/docker/0123abc/memory.limit_in_bytes", "5000\n");
    write("cgroup/memory/docker/0123abc/memory.max_usage_in_bytes", "4000\n");
    write("cgroup/pids/docker/0123abc/pids.current", "7\n");
    write("cgroup/pids/docker/0123abc/pids.max", "512\n");
    write("cgroup/cpuacct/docker/0123abc/cpuacct.usage", "2000000\n");
  }
  void write_v2() const {
    const std::string group = "cgroup/system.slice/docker-0123abc.scope/";
    write_process("0::/system.slice/docker-0123abc.scope\n");
    write(group + "memory.current", "1000\n");
    write(group + "memory.stat", "anon 5\ninactive_file 300\n");
    write(group + "memory.max", "max\n");
    write(group + "pids.current", "7\n");
    write(group + "pids.max", "max\n");
    write(group + "cpu.stat", "usage_usec 2000\nuser_usec 1\n");
  }

  TemporaryDirectory folder;
  CgroupFiles::Roots roots{folder / "cgroup", folder / "proc"};
};

TEST_F(CgroupFilesTest, OfVersionOneAreRead) {
  write_v1();
  const auto files = CgroupFiles::find(roots, kContainer, kPid);
  ASSERT_TRUE(files);
  EXPECT_EQ(files->usage(), (ContainerUsage{.memory_bytes = 700,
                                            .memory_limit_bytes = 5000,
                                            .pids = 7,
                                            .pids_max = 512,
                                            .cpu_time = 2ms,
                                            .open_files = 3,
                                            .open_files_max = 1024}));
  EXPECT_EQ(files->memory_peak(), 4000U);
}

TEST_F(CgroupFilesTest, OfVersionTwoAreReadAndTheirAbsentLimitsAreNone) {
  write_v2();
  const auto files = CgroupFiles::find(roots, kContainer, kPid);
  ASSERT_TRUE(files);
  EXPECT_EQ(files->usage(), (ContainerUsage{.memory_bytes = 700,
                                            .memory_limit_bytes = std::nullopt,
                                            .pids = 7,
                                            .pids_max = std::nullopt,
                                            .cpu_time = 2ms,
                                            .open_files = 3,
                                            .open_files_max = 1024}));
  EXPECT_EQ(files->memory_peak(), std::nullopt);
}

TEST_F(CgroupFilesTest, AreGuessedWhereEnginesPutThem) {
  EXPECT_FALSE(CgroupFiles::guess(roots, kContainer));
  write_v2();
  EXPECT_FALSE(CgroupFiles::guess(roots, kContainer)->memory_limit());
  write_v1();
  EXPECT_EQ(CgroupFiles::guess(roots, kContainer)->memory_limit(), 5000U);
}

// Goal: the numbers are never those of another process or container.
TEST_F(CgroupFilesTest, OfAnotherContainerAreNotTaken) {
  write_v1();
  EXPECT_FALSE(CgroupFiles::find(roots, ContainerId{"999"}, kPid));
  EXPECT_FALSE(CgroupFiles::find(roots, kContainer, 43));
  EXPECT_FALSE(CgroupFiles::find(roots, kContainer, 0));
  const auto files = CgroupFiles::find(roots, kContainer, kPid);
  ASSERT_TRUE(files);
  write("proc/42/cgroup", "2:memory:/user.slice\n");  // The number has a new owner.
  EXPECT_EQ(files->usage(), std::nullopt);
}

TEST_F(CgroupFilesTest, OfAnEndedContainerHaveNoUsage) {
  write_v1();
  const auto files = CgroupFiles::find(roots, kContainer, kPid);
  ASSERT_TRUE(files);
  std::filesystem::remove_all(folder / "cgroup");
  EXPECT_EQ(files->usage(), std::nullopt);
}

}  // namespace
}  // namespace hearth::docker
