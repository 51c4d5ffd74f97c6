#include "adapters/content/file_content_store.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/content/digest_writer.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class FileContentStoreTest : public testing::Test {
 protected:
  std::unique_ptr<FileContentStore> open() {
    return FileContentStore::open(folder_ / "content").value();
  }

  /// Writes `content` to a temporary file of `store` and tells its path.
  static fs::path write(FileContentStore& store, std::string_view content) {
    const fs::path path = store.make_temporary().value();
    DigestWriter writer = DigestWriter::create(path, 1000).value();
    EXPECT_TRUE(writer.write(content).has_value());
    return path;
  }

  const TemporaryDirectory folder_;
  const Digest abc_ = sha256_of("abc");
};

TEST_F(FileContentStoreTest, WhatWasAdoptedIsFoundAlsoByTheNextStart) {
  {
    const auto store = open();
    EXPECT_EQ(store->find(abc_), std::nullopt);
    const fs::path temporary = write(*store, "abc");
    ASSERT_TRUE(store->adopt(temporary, abc_, abc_).has_value());
    EXPECT_FALSE(fs::exists(temporary));
  }
  const std::optional<fs::path> found = open()->find(abc_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(read_file(*found, 100).value(), "abc");
}

TEST_F(FileContentStoreTest, OtherContentThanExpectedIsDropped) {
  const auto store = open();
  const fs::path temporary = write(*store, "abd");
  const Result<void> adopted = store->adopt(temporary, sha256_of("abd"), abc_);
  ASSERT_FALSE(adopted.has_value());
  EXPECT_EQ(adopted.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(adopted.error().message, HasSubstr(abc_.str()));
  EXPECT_FALSE(fs::exists(temporary));
  EXPECT_EQ(store->find(abc_), std::nullopt);
  EXPECT_EQ(store->find(sha256_of("abd")), std::nullopt);
}

TEST_F(FileContentStoreTest, AdoptingWhatIsThereAlreadyIsNoError) {
  const auto store = open();
  ASSERT_TRUE(store->adopt(write(*store, "abc"), abc_, abc_).has_value());
  const fs::path temporary = write(*store, "abc");
  EXPECT_TRUE(store->adopt(temporary, abc_, abc_).has_value());
  EXPECT_FALSE(fs::exists(temporary));
}

TEST_F(FileContentStoreTest, WhatACrashLeftHalfWrittenIsRemovedAtTheNextStart) {
  const fs::path temporary = write(*open(), "half");
  ASSERT_TRUE(fs::exists(temporary));
  (void)open();
  EXPECT_FALSE(fs::exists(temporary));
}

TEST_F(FileContentStoreTest, TemporaryFilesDoNotMeet) {
  const auto store = open();
  EXPECT_NE(store->make_temporary().value(), store->make_temporary().value());
}

TEST_F(FileContentStoreTest, ATemporaryFileThatIsGoneIsSaid) {
  const auto store = open();
  const Result<void> adopted = store->adopt(folder_ / "absent", abc_, abc_);
  ASSERT_FALSE(adopted.has_value());
  EXPECT_EQ(adopted.error().code, ErrorCode::kNotFound);
}

TEST_F(FileContentStoreTest, AFolderThatIsAFileIsSaid) {
  std::ofstream(folder_ / "content") << "x";
  const auto store = FileContentStore::open(folder_ / "content");
  ASSERT_FALSE(store.has_value());
  EXPECT_THAT(store.error().message, HasSubstr((folder_ / "content").string()));
}

}  // namespace
}  // namespace hearth
