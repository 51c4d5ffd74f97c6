#include "adapters/agent_store/file_work_folder.h"

#include <fstream>

#include <gtest/gtest.h>

#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class FileWorkFolderTest : public testing::Test {
 protected:
  static void put(const fs::path& file) { std::ofstream(file) << "image"; }
  TemporaryDirectory directory;
  FileWorkFolder folder{directory.path() / "work"};
};

TEST_F(FileWorkFolderTest, LeftoversOfAnInterruptedAttemptAreMovedAside) {
  EXPECT_FALSE(fs::exists(folder.clear())) << "there was none";
  ASSERT_TRUE(fs::is_directory(folder.path()));
  put(folder.path() / "image-1.tar");
  const fs::path aside = folder.clear();
  EXPECT_TRUE(fs::is_empty(folder.path()));
  EXPECT_TRUE(fs::exists(aside / "image-1.tar"));
  folder.remove(aside);
  EXPECT_FALSE(fs::exists(aside));
}

TEST_F(FileWorkFolderTest, AnOlderFolderAsideDoesNotPreventClearing) {
  folder.clear();
  put(folder.path() / "image-1.tar");
  folder.clear();
  put(folder.path() / "image-2.tar");
  const fs::path aside = folder.clear();
  EXPECT_TRUE(fs::is_empty(folder.path()));
  EXPECT_TRUE(fs::exists(aside / "image-1.tar"));
}

}  // namespace
}  // namespace hearth
