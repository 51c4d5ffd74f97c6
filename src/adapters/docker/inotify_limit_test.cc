#include "adapters/docker/inotify_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "testing/disk/temporary_directory.h"

namespace hearth::docker {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Proc {
  std::string warning_for(std::string_view content) const {
    std::filesystem::create_directories(folder / "sys/fs/inotify");
    std::ofstream(folder / "sys/fs/inotify/max_user_instances") << content;
    return inotify_warning(folder / "");
  }
  TemporaryDirectory folder;
};

TEST(InotifyLimit, IsWarnedOfIfItIsBelowTheLogsThatCanBeFollowed) {
  const Proc proc;
  EXPECT_THAT(proc.warning_for("128\n"), HasSubstr("allows a user 128 instances"));
  EXPECT_THAT(proc.warning_for("128\n"), HasSubstr("sysctl -w fs.inotify.max_user_instances=1024"));
  EXPECT_THAT(proc.warning_for("511\n"), HasSubstr("Up to 512 logs"));
  EXPECT_THAT(proc.warning_for("512\n"), IsEmpty());
  EXPECT_THAT(proc.warning_for("1024\n"), IsEmpty());
}

TEST(InotifyLimit, ThatIsNotKnownIsNotWarnedOf) {
  const Proc proc;
  EXPECT_THAT(inotify_warning(proc.folder / "nowhere"), IsEmpty());
  EXPECT_THAT(proc.warning_for("many\n"), IsEmpty());
}

}  // namespace
}  // namespace hearth::docker
