#include "adapters/file/lock_file.h"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::HasSubstr;

TEST(LockFile, ASecondHolderIsRefusedWithTheProcessOfTheFirst) {
  const TemporaryDirectory folder;
  const Result<LockFile> first = LockFile::acquire(folder / "lock");
  ASSERT_TRUE(first.has_value()) << first.error().message;

  const Result<LockFile> second = LockFile::acquire(folder / "lock");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid()) + " ("));
  EXPECT_THAT(second.error().message, HasSubstr(folder.path().string()));
}

TEST(LockFile, IsFreeAfterItsHolderReleasesIt) {
  const TemporaryDirectory folder;
  {
    ASSERT_TRUE(LockFile::acquire(folder / "lock").has_value());
  }
  EXPECT_TRUE(LockFile::acquire(folder / "lock").has_value());
}

TEST(LockFile, IsFreeAfterItsHolderIsKilled) {
  const TemporaryDirectory folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const Result<LockFile> lock = LockFile::acquire(folder / "lock");
    if (lock) (void)!::write(ready[1], "1", 1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(LockFile::acquire(folder / "lock").has_value());

  ::kill(holder, SIGKILL);
  ASSERT_EQ(::waitpid(holder, nullptr, 0), holder);
  EXPECT_TRUE(LockFile::acquire(folder / "lock").has_value());
  ::close(ready[0]);
}

TEST(LockFile, ContentDamagedByAPowerCutIsIgnored) {
  const TemporaryDirectory folder;
  for (const std::string& left : {std::string(), std::string(64, '\0'), std::string(9000, 'x')}) {
    std::ofstream(folder / "lock", std::ios::binary) << left;
    const Result<LockFile> lock = LockFile::acquire(folder / "lock");
    ASSERT_TRUE(lock.has_value()) << lock.error().message;
    EXPECT_THAT(LockFile::acquire(folder / "lock").error().message,
                HasSubstr("process " + std::to_string(::getpid()) + " ("));
  }
}

TEST(LockFile, AMissingFolderIsReported) {
  const TemporaryDirectory folder;
  const Result<LockFile> lock = LockFile::acquire(folder / "absent" / "lock");
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth
