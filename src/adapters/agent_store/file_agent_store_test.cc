#include "adapters/agent_store/file_agent_store.h"

#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "adapters/file/file.h"
#include "testing/disk/small_disk.h"
#include "testing/disk/temporary_directory.h"
#include "testing/values/random_values.h"

namespace hearth {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class FileAgentStoreTest : public testing::Test {
 protected:
  std::string content(const fs::path& name) const {
    return read_file(folder_ / name, 1 << 20).value().value();
  }
  void write(const fs::path& name, std::string_view content) const {
    ASSERT_TRUE(replace_file(folder_ / name, content).has_value());
  }

  const TemporaryDirectory folder_;
  const Assignment assignment_ = RandomValues(1).assignment();
};

TEST_F(FileAgentStoreTest, ANewNodeHasNoAssignment) {
  FileAgentStore store(folder_ / "new");
  ASSERT_EQ(store.count_start("boot", 1), 1U);
  const Result<std::optional<Assignment>> loaded = store.load();
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(*loaded, std::nullopt);
}

TEST_F(FileAgentStoreTest, TheLastAssignmentIsLoadedUnchanged) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Assignment assignment = RandomValues(seed).assignment();
    ASSERT_TRUE(FileAgentStore(folder_.path()).save(assignment).has_value());
    EXPECT_EQ(FileAgentStore(folder_.path()).load().value(), assignment) << seed;
  }
}

TEST_F(FileAgentStoreTest, EachStartIncrementsTheCount) {
  for (std::uint64_t expected = 1; expected <= 12; ++expected) {
    EXPECT_EQ(FileAgentStore(folder_.path()).count_start("boot", 1), expected);
  }
}

// Goal: an agent that lost its folder during a boot is not mistaken for one of its earlier starts.
TEST_F(FileAgentStoreTest, WithoutAStoredCountItStartsAtTheGivenOne) {
  EXPECT_EQ(FileAgentStore(folder_.path()).count_start("boot", 100), 100U);
  EXPECT_EQ(FileAgentStore(folder_.path()).count_start("boot", 103), 101U);
  fs::remove(folder_ / "start_count");
  EXPECT_EQ(FileAgentStore(folder_.path()).count_start("boot", 105), 105U);
  // Each boot counts from its own uptime: a disk lost during this boot could not reach the count of
  // an earlier one.
  EXPECT_EQ(FileAgentStore(folder_.path()).count_start("next boot", 3), 3U);
  EXPECT_EQ(FileAgentStore(folder_.path()).count_start("next boot", 4), 4U);
}

TEST_F(FileAgentStoreTest, TwoAgentsCannotShareAFolder) {
  FileAgentStore first(folder_.path());
  ASSERT_TRUE(first.count_start("boot", 1).has_value());
  const Result<std::uint64_t> second = FileAgentStore(folder_.path()).count_start("boot", 1);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_EQ(first.count_start("boot", 1), 2U);
}

// Goal: damage of any kind is distinguished from absence, and never yields an assignment.
// Method: flip every single byte of a file, and cut the file at every length.
TEST_F(FileAgentStoreTest, ADamagedAssignmentIsCorruptWhereverTheDamageIs) {
  FileAgentStore store(folder_.path());
  ASSERT_TRUE(store.save(assignment_).has_value());
  const std::string whole = content("assignment");
  const auto expect_corrupt = [&](const std::string& damaged, std::size_t at) {
    fs::remove(folder_ / "assignment");  // ext4 flushes a truncated and refilled file: slow.
    std::ofstream(folder_ / "assignment", std::ios::binary) << damaged;
    const Result<std::optional<Assignment>> loaded = store.load();
    ASSERT_FALSE(loaded.has_value()) << at;
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt) << at;
    EXPECT_THAT(loaded.error().message, HasSubstr((folder_ / "assignment").string()));
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    expect_corrupt(flipped, at);
    expect_corrupt(whole.substr(0, at), at);
  }
}

TEST_F(FileAgentStoreTest, WhatIsKnownOfTheInstancesIsLoadedUnchanged) {
  EXPECT_EQ(FileAgentStore(folder_.path()).load_memory().value(), WatchMemory{});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const WatchMemory memory = RandomValues(seed).watch_memory();
    ASSERT_TRUE(FileAgentStore(folder_.path()).save_memory(memory).has_value());
    EXPECT_EQ(FileAgentStore(folder_.path()).load_memory().value(), memory) << seed;
  }
}

TEST_F(FileAgentStoreTest, ADamagedMemoryIsCorruptWhereverTheDamageIs) {
  FileAgentStore store(folder_.path());
  ASSERT_TRUE(store.save_memory(RandomValues(3).watch_memory()).has_value());
  const std::string whole = content("memory");
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    for (const std::string& damaged : {flipped, whole.substr(0, at)}) {
      fs::remove(folder_ / "memory");
      std::ofstream(folder_ / "memory", std::ios::binary) << damaged;
      const Result<WatchMemory> loaded = store.load_memory();
      ASSERT_FALSE(loaded.has_value()) << at;
      EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt) << at;
    }
  }
}

TEST_F(FileAgentStoreTest, AnAssignmentOfAnotherVersionIsCorrupt) {
  write("assignment", "hearth-assignment 2 something\n{}");
  EXPECT_EQ(FileAgentStore(folder_.path()).load().error().code, ErrorCode::kCorrupt);
}

// Goal: a file damaged by a power cut does not keep a node down. An agent that refused to start
// would have its node judged dead, power-cycled and quarantined.
TEST_F(FileAgentStoreTest, ADamagedCountIsTreatedAsMissingAndReportedOnce) {
  std::uint64_t uptime = 100;
  EXPECT_EQ(FileAgentStore(folder_.path()).count_start("boot", uptime), 100U);
  const std::string whole = content("start_count");
  for (const std::string& damaged :
       {std::string(), std::string("7\n"), std::string(whole.size(), '\0'), std::string(47, '9'),
        whole.substr(0, 20), whole + std::string(4000, '\0')}) {
    std::ofstream(folder_ / "start_count", std::ios::binary) << damaged;
    std::vector<std::string> said;
    const auto say = [&](const Error& error) { said.push_back(error.message); };
    uptime += 10;
    EXPECT_EQ(FileAgentStore(folder_.path(), say).count_start("boot", uptime), uptime);
    EXPECT_THAT(said, ElementsAre(AllOf(HasSubstr((folder_ / "start_count").string()),
                                        HasSubstr("counting continues from the uptime"))));
    EXPECT_EQ(content("start_count").size(), whole.size());
    EXPECT_EQ(FileAgentStore(folder_.path(), say).count_start("boot", uptime + 1), uptime + 1);
    EXPECT_EQ(said.size(), 1U);
  }
}

TEST_F(FileAgentStoreTest, AnAssignmentOfZerosOrNothingIsCorrupt) {
  FileAgentStore store(folder_.path());
  ASSERT_TRUE(store.save(assignment_).has_value());
  for (const std::string& damaged : {std::string(), std::string(4096, '\0')}) {
    std::ofstream(folder_ / "assignment", std::ios::binary) << damaged;
    EXPECT_EQ(store.load().error().code, ErrorCode::kCorrupt);
    ASSERT_TRUE(store.save(assignment_).has_value());
    EXPECT_EQ(store.load().value(), assignment_);
  }
}

// Goal: a node with a full disk keeps its assignment, and its agent can be restarted.
TEST_F(FileAgentStoreTest, AFullDiskKeepsTheOldAssignmentAndStillCountsStarts) {
  const auto on_full_disk = [&](SmallDisk& disk) {
    {
      FileAgentStore store(disk.path());
      EXPECT_EQ(store.count_start("boot", 1), 1U);
      EXPECT_TRUE(store.save(assignment_).has_value());
    }
    disk.fill();
    {
      EXPECT_EQ(FileAgentStore(disk.path()).count_start("boot", 1), 2U);
      const std::size_t size = read_file(disk.path() / "start_count", 1000).value()->size();
      Result<File> file = File::open(disk.path() / "start_count", O_WRONLY);
      EXPECT_TRUE(file && file->write(std::string(size, '\0')));
    }
    FileAgentStore store(disk.path());
    EXPECT_EQ(store.count_start("boot", 7), 7U) << "zeros, and no room for another file";
    const Result<void> saved = store.save(RandomValues(2).assignment());
    EXPECT_FALSE(saved.has_value());
    EXPECT_EQ(saved.error().code, ErrorCode::kExhausted);
    EXPECT_THAT(saved.error().message,
                AllOf(HasSubstr(disk.path().string()), HasSubstr("free some space there")));
    EXPECT_EQ(store.load().value(), assignment_);
    disk.make_room();
    EXPECT_TRUE(store.save(RandomValues(2).assignment()).has_value());
    return !HasFailure();
  };
  switch (SmallDisk::run(folder_.path(), 1 << 20, on_full_disk)) {
    case SmallDisk::Outcome::kPassed: break;
    case SmallDisk::Outcome::kFailed: FAIL();
    case SmallDisk::Outcome::kNotPermitted:
      GTEST_SKIP() << "needs a small disk, and this user may not mount one";
  }
}

}  // namespace
}  // namespace hearth
