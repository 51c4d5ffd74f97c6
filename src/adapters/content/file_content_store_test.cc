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

  /// Writes `content` to a temporary file of `store` and returns its path.
  static fs::path write(FileContentStore& store, std::string_view content) {
    const fs::path path = store.make_temporary().value();
    DigestWriter writer = DigestWriter::create(path, 1000).value();
    EXPECT_TRUE(writer.write(content).has_value());
    return path;
  }

  const TemporaryDirectory folder_;
  const Digest abc_ = sha256_of("abc");
};

TEST_F(FileContentStoreTest, AdoptedContentIsFoundAfterARestart) {
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

TEST_F(FileContentStoreTest, ContentThatIsNotTheExpectedOneIsDropped) {
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

// Goal: a damaged file is neither handed to nodes, which would refuse it forever, nor reported as
// present to a sender of the same content.
TEST_F(FileContentStoreTest, DamagedContentIsRemovedReportedAndAcceptedAgain) {
  const fs::path file = folder_ / "content" / "sha256" / abc_.hex();
  for (const std::string& damaged : {std::string(), std::string("ab"), std::string(3, '\0'),
                                     std::string("abd"), std::string("abcd")}) {
    ASSERT_TRUE(open()->adopt(write(*open(), "abc"), abc_, abc_).has_value());
    std::ofstream(file, std::ios::binary) << damaged;
    std::vector<std::string> said;
    const auto store = FileContentStore::open(folder_ / "content", [&](const Error& error) {
                         said.push_back(error.message);
                       }).value();
    EXPECT_EQ(store->find(abc_), std::nullopt) << damaged;
    EXPECT_THAT(said, testing::ElementsAre(HasSubstr(file.string())));
    EXPECT_FALSE(fs::exists(file));
    ASSERT_TRUE(store->adopt(write(*store, "abc"), abc_, abc_).has_value());
    EXPECT_EQ(read_file(*store->find(abc_), 100).value(), "abc");
    EXPECT_EQ(said.size(), 1U);
  }
}

// Goal: damage is noticed while the store is open, too, although unchanged files are read only
// once.
TEST_F(FileContentStoreTest, AFileThatChangesOnTheDiskIsCheckedAgain) {
  const auto store = open();
  ASSERT_TRUE(store->adopt(write(*store, "abc"), abc_, abc_).has_value());
  const fs::path file = store->find(abc_).value();
  std::ofstream(file, std::ios::binary)
      << "abcd";  // Longer: the kernel's timestamps are too coarse to rely on.
  EXPECT_EQ(store->find(abc_), std::nullopt);
}

TEST_F(FileContentStoreTest, DamagedContentIsReplacedWhenItIsSentAgain) {
  const auto store = open();
  ASSERT_TRUE(store->adopt(write(*store, "abc"), abc_, abc_).has_value());
  std::ofstream(store->find(abc_).value(), std::ios::binary) << "x";
  ASSERT_TRUE(store->adopt(write(*store, "abc"), abc_, abc_).has_value());
  EXPECT_EQ(read_file(store->find(abc_).value(), 100).value(), "abc");
}

TEST_F(FileContentStoreTest, AdoptingContentThatIsPresentIsNoError) {
  const auto store = open();
  ASSERT_TRUE(store->adopt(write(*store, "abc"), abc_, abc_).has_value());
  const fs::path temporary = write(*store, "abc");
  EXPECT_TRUE(store->adopt(temporary, abc_, abc_).has_value());
  EXPECT_FALSE(fs::exists(temporary));
}

TEST_F(FileContentStoreTest, AHalfWrittenFileIsRemovedAtTheNextStart) {
  const fs::path temporary = write(*open(), "half");
  ASSERT_TRUE(fs::exists(temporary));
  (void)open();
  EXPECT_FALSE(fs::exists(temporary));
}

TEST_F(FileContentStoreTest, TemporaryFilesHaveDistinctNames) {
  const auto store = open();
  EXPECT_NE(store->make_temporary().value(), store->make_temporary().value());
}

TEST_F(FileContentStoreTest, AMissingTemporaryFileIsReported) {
  const auto store = open();
  const Result<void> adopted = store->adopt(folder_ / "absent", abc_, abc_);
  ASSERT_FALSE(adopted.has_value());
  EXPECT_EQ(adopted.error().code, ErrorCode::kNotFound);
}

TEST_F(FileContentStoreTest, AFileInPlaceOfTheFolderIsReported) {
  std::ofstream(folder_ / "content") << "x";
  const auto store = FileContentStore::open(folder_ / "content");
  ASSERT_FALSE(store.has_value());
  EXPECT_THAT(store.error().message, HasSubstr((folder_ / "content").string()));
}

}  // namespace
}  // namespace hearth
