#include "adapters/sqlite/disk_reserve.h"

#include <gtest/gtest.h>

#include "testing/disk/small_disk.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

TEST(DiskReserve, IsHeldAcrossARestartAndReleasedOnce) {
  const TemporaryDirectory folder;
  {
    DiskReserve reserve(folder / "reserve");
    EXPECT_FALSE(reserve.is_held());
    EXPECT_TRUE(reserve.restore());
    EXPECT_EQ(fs::file_size(folder / "reserve"), DiskReserve::kBytes);
  }
  DiskReserve reserve(folder / "reserve");
  EXPECT_TRUE(reserve.is_held());
  EXPECT_TRUE(reserve.release());
  EXPECT_FALSE(reserve.release()) << "there is nothing left to release";
  EXPECT_FALSE(fs::exists(folder / "reserve"));
}

TEST(DiskReserve, IsNotTakenFromANearlyFullDisk) {
  const TemporaryDirectory folder;
  const auto passed = [](SmallDisk& disk) {
    DiskReserve reserve(disk.path() / "reserve");
    EXPECT_TRUE(reserve.restore());
    EXPECT_TRUE(reserve.is_needed());
    disk.fill();
    EXPECT_TRUE(reserve.release());
    EXPECT_FALSE(reserve.restore()) << "it would take all the space left";
    disk.make_room();
    EXPECT_FALSE(reserve.is_needed());
    EXPECT_TRUE(reserve.restore());
    return !testing::Test::HasFailure();
  };
  EXPECT_NE(SmallDisk::run(folder.path(), DiskReserve::kBytes * 3 / 2, passed),
            SmallDisk::Outcome::kFailed);
}

}  // namespace
}  // namespace hearth
