#include "cli/dev/bounded_log.h"

#include <gtest/gtest.h>

#include "testing/disk/temporary_directory.h"

namespace hearth::cli {
namespace {

TEST(BoundedLog, KeepsTheCurrentFileAndThePreviousOne) {
  const TemporaryDirectory folder;
  BoundedLog log(folder / "log", 100);
  for (int i = 0; i < 100; ++i) log.append("nineteen characters\n");
  EXPECT_LE(std::filesystem::file_size(folder / "log"), 100U);
  EXPECT_LE(std::filesystem::file_size(folder / "log.1"), 100U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(BoundedLog, AppendsToTheFileOfAnEarlierRun) {
  const TemporaryDirectory folder;
  BoundedLog(folder / "log").append("before\n");
  BoundedLog(folder / "log").append("after\n");
  EXPECT_EQ(read_file(folder / "log", 100)->value(), "before\nafter\n");
}

TEST(BoundedLog, ReturnsTheLastLine) {
  const TemporaryDirectory folder;
  BoundedLog log(folder / "log");
  EXPECT_EQ(log.last_line(), "");
  log.append("first\nsec");
  EXPECT_EQ(log.last_line(), "sec");
  log.append("ond\n\n");
  EXPECT_EQ(log.last_line(), "second");
}

TEST(BoundedLog, AFullDiskCostsOnlyLines) {
  BoundedLog log("/proc/nowhere/log");
  log.append("words\n");
  EXPECT_EQ(log.last_line(), "words");
}

}  // namespace
}  // namespace hearth::cli
