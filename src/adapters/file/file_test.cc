#include "adapters/file/file.h"

#include <cerrno>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

TEST(File, ReplacedContentIsReadBack) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(replace_file(folder / "assignment", "first").has_value());
  ASSERT_TRUE(replace_file(folder / "assignment", "second").has_value());
  EXPECT_EQ(read_file(folder / "assignment", 100).value(), "second");
  EXPECT_FALSE(fs::exists(folder / "assignment.new"));
}

TEST(File, WrittenFilesAreReadableByTheirOwnerOnly) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(make_directory(folder / "a" / "b").has_value());
  ASSERT_TRUE(replace_file(folder / "a" / "b" / "assignment", "x").has_value());
  EXPECT_EQ(fs::status(folder / "a" / "b").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(folder / "a" / "b" / "assignment").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST(File, AnAbsentFileIsNoError) {
  const TemporaryDirectory folder;
  const Result<std::optional<std::string>> content = read_file(folder / "absent", 100);
  ASSERT_TRUE(content.has_value());
  EXPECT_EQ(*content, std::nullopt);
}

TEST(File, AFileTooLargeToBeOursIsNotRead) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(replace_file(folder / "assignment", std::string(101, 'x')).has_value());
  EXPECT_EQ(read_file(folder / "assignment", 100).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(read_file(folder / "assignment", 101).value()->size(), 101U);
}

TEST(File, AFailedReplacementLeavesTheOldContentAndNoTemporaryFile) {
  const TemporaryDirectory folder;
  fs::create_directory(folder / "taken");
  const Result<void> replaced = replace_file(folder / "taken", "x");
  ASSERT_FALSE(replaced.has_value());
  EXPECT_TRUE(fs::is_directory(folder / "taken"));
  EXPECT_FALSE(fs::exists(folder / "taken.new"));
}

// /dev/full refuses every write, as a full disk does.
TEST(File, AFullDiskIsExhaustedAndNamesTheRemedy) {
  Result<File> full = File::open("/dev/full", O_WRONLY);
  ASSERT_TRUE(full.has_value());
  const Result<void> written = full->write("x");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(written.error().message,
            "cannot write '/dev/full': no space left on device; free some space there");
}

TEST(File, EachSystemErrorHasItsCode) {
  EXPECT_EQ(file_error("cannot open", "/x", ENOENT).code, ErrorCode::kNotFound);
  EXPECT_EQ(file_error("cannot open", "/x", EMFILE).code, ErrorCode::kExhausted);
  EXPECT_EQ(file_error("cannot open", "/x", EACCES).code, ErrorCode::kUnavailable);
  EXPECT_THAT(file_error("cannot write", "/x", EROFS).message, HasSubstr("read-only file system"));
  EXPECT_EQ(file_error("cannot read", "/x", EIO).message, "cannot read '/x': input/output error");
}

TEST(File, AnExistingFolderIsLeftAsItIs) {
  const TemporaryDirectory folder;
  fs::create_directory(folder / "open");
  fs::permissions(folder / "open", fs::perms::all);
  EXPECT_TRUE(make_directory(folder / "open").has_value());
  EXPECT_EQ(fs::status(folder / "open").permissions(), fs::perms::all);
  EXPECT_TRUE(make_directory(folder / "new/../.").has_value());
}

}  // namespace
}  // namespace hearth
