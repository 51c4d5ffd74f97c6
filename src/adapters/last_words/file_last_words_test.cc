#include "adapters/last_words/file_last_words.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/disk/small_disk.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

const InstanceId kApp{"app-1"};
constexpr WallTime kNow{1'772'355'600'050ms};

class FileLastWordsTest : public testing::Test {
 protected:
  static LastWords words(const std::string& container, const std::string& text,
                         WallTime at = kNow) {
    return {.instance = kApp, .container = {container}, .at = at, .text = text};
  }
  void keep(const LastWords& words, WallTime now = kNow) {
    const Result<void> kept = store_.keep(words, now);
    ASSERT_TRUE(kept) << kept.error().message;
  }
  std::string latest(const std::string& but_not = "", WallTime now = kNow,
                     const InstanceId& instance = kApp) {
    const auto found = store_.latest(instance, ContainerId{but_not}, now);
    return found && *found ? (*found)->text : "none";
  }
  fs::path folder() const { return folder_ / "last_words"; }
  std::ptrdiff_t count() const {
    return std::distance(fs::directory_iterator(folder()), fs::directory_iterator());
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder() / name) << content;
  }

  const TemporaryDirectory folder_;
  std::vector<std::string> skipped_;
  FileLastWords store_{folder(), [this](const Error& error) { skipped_.push_back(error.message); }};
};

TEST_F(FileLastWordsTest, TheLatestOfAnInstanceAreReturnedUnchanged) {
  EXPECT_EQ(latest(), "none") << "no folder yet";
  const std::string bytes("FATAL \0\x1b[2J\xff\n", 12);
  keep(words("c2", bytes, kNow));
  keep(words("c1", "older\n", kNow - 1ms));
  FileLastWords other(folder());  // Another start of the agent.
  EXPECT_EQ(other.latest(kApp, {}, kNow).value(), words("c2", bytes));
  EXPECT_EQ(latest("c2"), "older\n") << "all but those of the container that runs";
  EXPECT_EQ(latest("", kNow, InstanceId{"app-2"}), "none");
  keep(words("c2", "again\n"));
  EXPECT_EQ(latest(), "again\n");
  EXPECT_EQ(count(), 2);
}

TEST_F(FileLastWordsTest, OfALongTextTheEndIsKept) {
  keep(words("c1", std::string(LastWords::kBytesMax, 'x')));
  EXPECT_EQ(latest(), std::string(LastWords::kBytesMax, 'x'));
  keep(words("c1", "y" + std::string(LastWords::kBytesMax - 1, 'x') + "z"));
  EXPECT_EQ(latest(), std::string(LastWords::kBytesMax - 1, 'x') + "z");
}

TEST_F(FileLastWordsTest, BeyondTheCountTheOldestAreDropped) {
  for (std::size_t i = 0; i < LastWordsStore::kCountMax; ++i) {
    keep(words("c" + std::to_string(i), std::to_string(i), kNow + std::chrono::milliseconds(i)));
  }
  EXPECT_EQ(count(), static_cast<std::ptrdiff_t>(LastWordsStore::kCountMax));
  EXPECT_TRUE(fs::exists(folder() / "app-1@c0.words"));
  keep(words("c0", "replaced", kNow));
  EXPECT_TRUE(fs::exists(folder() / "app-1@c1.words")) << "a replaced file takes no more room";
  keep(words("another", "newest", kNow + 1s));
  EXPECT_EQ(count(), static_cast<std::ptrdiff_t>(LastWordsStore::kCountMax));
  EXPECT_FALSE(fs::exists(folder() / "app-1@c0.words"));
  EXPECT_TRUE(fs::exists(folder() / "app-1@c1.words"));
  EXPECT_EQ(latest(), "newest");
}

TEST_F(FileLastWordsTest, WhatIsTooOldIsNotShownAndIsDropped) {
  keep(words("c1", "old"));
  EXPECT_EQ(latest("", kNow + LastWordsStore::kAgeMax), "old");
  EXPECT_EQ(latest("", kNow + LastWordsStore::kAgeMax + 1ms), "none");
  const WallTime later = kNow + LastWordsStore::kAgeMax + 1ms;
  keep(words("c2", "fresh", later), later);
  EXPECT_EQ(count(), 1);
}

TEST_F(FileLastWordsTest, DamagedAndForeignFilesAreSkippedAndReportedOnce) {
  keep(words("c1", "whole", kNow - 1s));
  keep(words("c2", "damaged", kNow));
  write("app-1@c2.words", "hearth-last-words 1 sha256:00\ndamaged");
  write("notes.txt", "of somebody else");
  write("app-1.words", "without a container");
  write("%61pp-1@c3.words", "not as Hearth writes names");
  EXPECT_EQ(latest(), "whole");
  EXPECT_EQ(latest(), "whole");
  EXPECT_EQ(skipped_.size(), 4U);
  EXPECT_THAT(skipped_, testing::Contains(
                            AllOf(HasSubstr("app-1@c2.words"),
                                  HasSubstr("is skipped: its content does not match its digest"))));
  keep(words("c4", "more"));
  EXPECT_TRUE(fs::exists(folder() / "notes.txt")) << "it is not ours to remove";
  EXPECT_EQ(skipped_.size(), 4U);
}

TEST_F(FileLastWordsTest, DamageIsReportedForABoundedNumberOfFiles) {
  fs::create_directories(folder());
  for (std::size_t i = 0; i <= LastWordsStore::kCountMax; ++i) write(std::to_string(i), "");
  EXPECT_EQ(latest(), "none");
  EXPECT_EQ(skipped_.size(), LastWordsStore::kCountMax);
}

TEST_F(FileLastWordsTest, WhatAPowerCutLeftOfAFileIsRemoved) {
  keep(words("c1", "whole"));
  write("app-1@c2.words.new", "hearth-last-w");
  EXPECT_EQ(latest(), "whole");
  EXPECT_EQ(count(), 1);
  EXPECT_THAT(skipped_, IsEmpty());
}

TEST_F(FileLastWordsTest, IdsOfAnyBytesAreNamesOfFilesUnlessTooLong) {
  const InstanceId strange{"../a@b/\n"};
  keep({.instance = strange, .container = {"x/y"}, .at = kNow, .text = "here"});
  EXPECT_EQ(latest("", kNow, strange), "here");
  EXPECT_EQ(count(), 1);
  // "app-1@" and ".words" take 12 of the 250 bytes.
  keep(words(std::string(238, 'c'), "at the bound", kNow + 1ms));
  EXPECT_EQ(latest(), "at the bound");
  const Result<void> refused = store_.keep(words(std::string(239, 'c'), "too long"), kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(FileLastWordsTest, AFullDiskIsReportedAndKeepsWhatIsThere) {
  const auto outcome = SmallDisk::run(folder_.path(), 256 * 1024, [](SmallDisk& disk) {
    FileLastWords store(disk.path() / "last_words");
    if (!store.keep(words("c1", "first"), kNow)) return false;
    disk.fill();
    const Result<void> kept =
        store.keep(words("c2", std::string(LastWords::kBytesMax, 'x'), kNow + 1s), kNow);
    const auto found = store.latest(kApp, {}, kNow);
    return !kept && kept.error().code == ErrorCode::kExhausted && found && *found &&
           (*found)->text == "first";
  });
  if (outcome == SmallDisk::Outcome::kNotPermitted) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(outcome, SmallDisk::Outcome::kPassed);
}

}  // namespace
}  // namespace hearth
