#include "adapters/host/host_probe.h"

#include <gtest/gtest.h>

#include <fstream>

#include "testing/disk/temporary_directory.h"

namespace hearth::host {
namespace {

/// A /proc for one test.
class HostProbeTest : public testing::Test {
 protected:
  void SetUp() override {
    write("sys/kernel/random/boot_id", "2c1e6d1f-0000-4000-8000-000000000001\n");
    write("stat", "cpu  100 0 0 900 0 0 0 0 0 0\n");
    write("meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");
    write("pressure/cpu", "some avg10=1.50 avg60=0.00 avg300=0.00 total=0\n");
    write("pressure/memory", "some avg10=0.20 avg60=0.00 avg300=0.00 total=0\n");
    write("pressure/io", "some avg10=99.00 avg60=0.00 avg300=0.00 total=0\n");
  }

  void write(const std::filesystem::path& name, std::string_view text) {
    std::filesystem::create_directories((proc / name).parent_path());
    std::ofstream(proc / name) << text;
  }
  Result<HostProbe> open() {
    return HostProbe::open({.disks = {proc.path()}, .proc = proc.path()});
  }

  TemporaryDirectory proc;
};

TEST_F(HostProbeTest, ALoadIsReadFromTheKernelsFiles) {
  auto probe = open();
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->boot_id(), "2c1e6d1f-0000-4000-8000-000000000001");
  EXPECT_EQ(probe->capacity().memory_bytes, 1000U * 1024);
  EXPECT_GE(probe->capacity().cpu_millis, 1000U);
  const Load load = probe->sample();
  EXPECT_FALSE(load.cpu) << "a share of time needs two readings";
  EXPECT_EQ(load.memory, 600);
  EXPECT_TRUE(load.disk);
  EXPECT_EQ(load.cpu_stall, 15);
  EXPECT_EQ(load.memory_stall, 2);
  EXPECT_EQ(load.io_stall, 990);
}

TEST_F(HostProbeTest, PressureIsReadFromTheKernelsFiles) {
  write("pressure/memory",
        "some avg10=50.00 avg60=0.00 total=0\nfull avg10=20.10 avg60=0.00 total=0\n");
  auto probe = open();
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->sample_pressure(), (Pressure{.cpu_some = 15, .memory_full = 201}));
}

TEST_F(HostProbeTest, CpuUseIsMeasuredSinceThePreviousReading) {
  auto probe = open();
  ASSERT_TRUE(probe);
  probe->sample();
  write("stat", "cpu  150 0 0 950 0 0 0 0 0 0\n");
  EXPECT_EQ(probe->sample().cpu, 500);
  write("stat", "cpu  170 0 0 951 0 0 0 0 0 0\n");
  EXPECT_EQ(probe->sample().cpu, 500) << "21 ticks are too few to measure";
  write("stat", "cpu  200 0 0 1000 0 0 0 0 0 0\n");
  EXPECT_EQ(probe->sample().cpu, 500);
  write("stat", "cpu  300 0 0 1000 0 0 0 0 0 0\n");
  EXPECT_EQ(probe->sample().cpu, 1000);
}

TEST_F(HostProbeTest, TheFullestDiskCounts) {
  TemporaryDirectory elsewhere;
  auto probe = HostProbe::open({.disks = {elsewhere / "gone"}, .proc = proc.path()});
  ASSERT_TRUE(probe);
  EXPECT_FALSE(probe->sample().disk);
  EXPECT_FALSE(probe->sample(elsewhere / "gone").disk);
  EXPECT_TRUE(probe->sample(proc.path()).disk);
}

TEST_F(HostProbeTest, WhatTheKernelDoesNotReportIsAbsent) {
  std::filesystem::remove_all(proc / "pressure");
  write("stat", "garbage\n");
  write("meminfo", "");
  auto probe = HostProbe::open({.disks = {proc / "gone"}, .proc = proc.path()});
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->sample(), Load{});
  EXPECT_EQ(probe->sample_pressure(), Pressure{});
  EXPECT_EQ(probe->capacity().memory_bytes, 0U);
}

TEST_F(HostProbeTest, WithoutABootIdThereIsNoProbe) {
  write("sys/kernel/random/boot_id", "\n");
  const auto probe = open();
  ASSERT_FALSE(probe);
  EXPECT_EQ(probe.error().code, ErrorCode::kUnavailable);
}

TEST(HostProbe, ThisMachineCanBeRead) {
  auto probe = HostProbe::open({.disks = {"/"}});
  ASSERT_TRUE(probe) << probe.error().message;
  const Load load = probe->sample();
  ASSERT_TRUE(load.memory && load.disk);
  EXPECT_LE(*load.memory, 1000);
  EXPECT_LE(*load.disk, 1000);
  EXPECT_GT(probe->capacity().memory_bytes, 0U);
}

}  // namespace
}  // namespace hearth::host
