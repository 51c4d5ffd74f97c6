#include "shell/api/build_logs.h"

#include <gmock/gmock.h>

namespace hearth {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(BuildLog, ContinuesFromAReadersOffset) {
  BuildLog log;
  std::uint64_t offset = 0;
  log.append("one\n");
  EXPECT_EQ(log.read_from(offset), "one\n");
  EXPECT_EQ(log.read_from(offset), "");
  log.append("two\n");
  EXPECT_EQ(log.read_from(offset), "two\n");
  EXPECT_EQ(offset, log.end());
}

// Goal: the end of a long log is kept, in whole lines, and a reader learns what it missed.
TEST(BuildLog, DropsItsOldestLinesAtItsBound) {
  BuildLog log;
  std::uint64_t late = 0;
  log.append("first\n");
  std::uint64_t early = 0;
  log.read_from(early);
  const std::string line(999, 'x');
  for (int i = 0; i < 2000; ++i) log.append(line + "\n");
  log.append("last\n");
  const std::string read = log.read_from(late);
  EXPECT_LE(read.size(), BuildLog::kBytesMax + 100);
  EXPECT_GE(read.size(), BuildLog::kBytesMax / 2);
  EXPECT_THAT(read, StartsWith("[hearth: "));
  EXPECT_THAT(read, EndsWith("x\nlast\n"));
  EXPECT_EQ((read.size() - read.find('\n') - 1 - 5) % 1000, 0U);
  EXPECT_EQ(late, log.end());
  EXPECT_THAT(log.read_from(early), StartsWith("[hearth: "));
}

TEST(BuildLog, SurvivesALineOverItsBound) {
  BuildLog log;
  log.append(std::string(2 * BuildLog::kBytesMax, 'x'));
  std::uint64_t offset = 0;
  EXPECT_LE(log.read_from(offset).size(), BuildLog::kBytesMax + 100);
  EXPECT_EQ(offset, 2 * BuildLog::kBytesMax);
}

TEST(BuildLogs, KeepTheMostRecentlyUsed) {
  const WorkloadName name = *WorkloadName::parse("a");
  BuildLogs logs;
  const auto first = logs.find_or_make(name, Generation{1});
  const auto second = logs.find_or_make(name, Generation{2});
  for (std::uint64_t i = 3; i <= BuildLogs::kLogsMax; ++i) logs.find_or_make(name, Generation{i});
  EXPECT_EQ(logs.find(name, Generation{1}), first);
  logs.find_or_make(name, Generation{1000});
  EXPECT_EQ(logs.find(name, Generation{1}), first);
  EXPECT_EQ(logs.find(name, Generation{2}), nullptr);
  EXPECT_EQ(second.use_count(), 1);
}

}  // namespace
}  // namespace hearth
