#include "adapters/bundle/bundle.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::time_t kYear2000 = 946'684'800;  // Within the range of zip: from 1980 on.

struct Entry {
  std::string path;
  std::string content;  ///< Or the target of a link.
  unsigned mode = 0;
  bool operator==(const Entry&) const = default;
};

class BundleTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(context_); }

  void write(const std::string& path, std::string_view content, fs::perms mode = fs::perms(0644)) {
    const fs::path full = context_ / path;
    fs::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << content;
    fs::permissions(full, mode);
  }

  Result<Bundle> pack(const BundleLimits& limits = {}) {
    fs::remove(archive());
    return pack_bundle(context_, archive(), limits);
  }
  Bundle packed() {
    const Result<Bundle> bundle = pack();
    EXPECT_TRUE(bundle) << bundle.error().message;
    return *bundle;
  }
  std::string complaint(const BundleLimits& limits = {}) {
    const Result<Bundle> bundle = pack(limits);
    EXPECT_FALSE(bundle);
    EXPECT_FALSE(fs::exists(archive())) << "a failed pack leaves nothing behind";
    return bundle ? "" : bundle.error().message;
  }

  fs::path archive() const { return folder_ / "bundle.tar"; }

  /// The entries of the archive, in order.
  std::vector<Entry> entries() const {
    std::vector<Entry> found;
    archive_read_ptr tar(archive_read_new(), &archive_read_free);
    archive_read_support_format_tar(tar.get());
    EXPECT_EQ(archive_read_open_filename(tar.get(), archive().c_str(), 10240), ARCHIVE_OK);
    archive_entry* entry = nullptr;
    while (archive_read_next_header(tar.get(), &entry) == ARCHIVE_OK) {
      EXPECT_EQ(archive_entry_mtime(entry), kYear2000);
      EXPECT_EQ(archive_entry_uid(entry), 0);
      EXPECT_EQ(archive_entry_gid(entry), 0);
      Entry out{
          .path = archive_entry_pathname(entry), .content = {}, .mode = archive_entry_perm(entry)};
      if (const char* target = archive_entry_symlink(entry)) out.content = target;
      char buffer[512];
      for (la_ssize_t got = 0; (got = archive_read_data(tar.get(), buffer, sizeof buffer)) > 0;) {
        out.content.append(buffer, static_cast<std::size_t>(got));
      }
      found.push_back(std::move(out));
    }
    return found;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> out;
    for (const Entry& entry : entries()) out.push_back(entry.path);
    return out;
  }

  TemporaryDirectory folder_;
  fs::path context_ = folder_ / "context";

 private:
  using archive_read_ptr = std::unique_ptr<::archive, decltype(&archive_read_free)>;
};

TEST_F(BundleTest, PacksFilesFoldersAndLinksInOrderWithPlainModes) {
  write("Dockerfile", "FROM scratch\n", fs::perms(0600));
  write("bin/run", "#!/bin/sh\n", fs::perms(0700));
  fs::create_directory(context_ / "empty");
  fs::create_symlink("bin/run", context_ / "start");
  fs::create_symlink("/nowhere/at/all", context_ / "dangling");
  EXPECT_EQ(packed().files, 6U);
  EXPECT_THAT(entries(), ElementsAre(Entry{"Dockerfile", "FROM scratch\n", 0644},
                                     Entry{"bin/", "", 0755}, Entry{"bin/run", "#!/bin/sh\n", 0755},
                                     Entry{"dangling", "/nowhere/at/all", 0777},
                                     Entry{"empty/", "", 0755}, Entry{"start", "bin/run", 0777}));
}

// Goal: the digest depends only on what the image can see. Method: the same tree made twice, in
// another order, at another time, with other permissions for group and others.
TEST_F(BundleTest, EqualContentHasEqualDigestsAndDifferentContentDifferentOnes) {
  write("Dockerfile", "FROM scratch\n");
  write("a", "1");
  write("b", "2");
  const Bundle first = packed();
  fs::remove_all(context_);
  fs::create_directory(context_);
  write("b", "2", fs::perms(0600));
  write("a", "1");
  write("Dockerfile", "FROM scratch\n");
  fs::last_write_time(context_ / "a", fs::file_time_type::clock::now() - std::chrono::hours(99));
  const Bundle second = packed();
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(first.bytes, second.bytes);

  write("b", "3");
  EXPECT_NE(packed().digest, first.digest);
  write("b", "2", fs::perms(0700));
  EXPECT_NE(packed().digest, first.digest) << "whether a file may be executed matters";
}

TEST_F(BundleTest, TheDigestIsThatOfTheFile) {
  write("Dockerfile", "FROM scratch\n");
  const Bundle bundle = packed();
  EXPECT_EQ(bundle.bytes, fs::file_size(archive()));
  // A fixed digest on purpose: a change of the format makes every node rebuild every application.
  EXPECT_EQ(bundle.digest.str(),
            "sha256:3fb3b79e3811d16133923ea43db4a8c0ca8790d13bb138b105e15b14f864122e");
}

TEST_F(BundleTest, LongNamesAreKeptByteForByte) {
  write("Dockerfile", "FROM scratch\n");
  const std::string deep = std::string(200, 'd') + "/" + std::string(200, 'f');
  write(deep, "x");
  write("grün", "x");
  write("odd\xFFname", "x");
  packed();
  EXPECT_THAT(paths(),
              ElementsAre("Dockerfile", std::string(200, 'd') + "/", deep, "grün", "odd\xFFname"));
}

TEST_F(BundleTest, IgnoredFilesAreLeftOutAndExceptionsIncludeTheirFolders) {
  write(".dockerignore", "out\n!out/deep/keep\n*.log\n");
  write("Dockerfile", "FROM scratch\n");
  write("build.log", "x");
  write("out/deep/keep", "x");
  write("out/deep/other", "x");
  write("out/nothing/here", "x");
  packed();
  EXPECT_THAT(paths(),
              ElementsAre(".dockerignore", "Dockerfile", "out/", "out/deep/", "out/deep/keep"));
}

TEST_F(BundleTest, TheDockerfileIsIncludedEvenIfIgnored) {
  write(".dockerignore", "**\n");
  write("Dockerfile", "FROM scratch\n");
  write("other", "x");
  packed();
  EXPECT_THAT(paths(), ElementsAre(".dockerignore", "Dockerfile"));
}

TEST_F(BundleTest, AnArchiveWithinTheContextDoesNotPackItself) {
  write("Dockerfile", "FROM scratch\n");
  const fs::path inside = context_ / "bundle.tar";
  const Bundle outside = packed();
  const Result<Bundle> bundle = pack_bundle(context_, inside);
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->digest, outside.digest);
}

TEST_F(BundleTest, AnInvalidBuildContextIsRefusedWithTheReason) {
  EXPECT_THAT(complaint(), HasSubstr("context' is empty; it must hold a Dockerfile"));
  write("dockerfile", "FROM scratch\n");
  EXPECT_THAT(complaint(), HasSubstr("there is no Dockerfile in"));
  context_ /= "dockerfile";
  EXPECT_THAT(complaint(), HasSubstr("is not a folder; name the folder that holds the Dockerfile"));
  context_ = folder_ / "absent";
  EXPECT_THAT(complaint(), HasSubstr("there is no folder"));
}

TEST_F(BundleTest, SocketsAndPipesAreRefusedUnlessIgnored) {
  write("Dockerfile", "FROM scratch\n");
  ASSERT_EQ(::mkfifo((context_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(complaint(), HasSubstr("context/pipe' is a named pipe"));
  fs::remove(context_ / "pipe");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (context_ / "sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  EXPECT_THAT(complaint(), HasSubstr("context/sock' is a socket"));
  write(".dockerignore", "sock\n");
  packed();
}

TEST_F(BundleTest, AnUnreadableFileIsNamed) {
  write("Dockerfile", "FROM scratch\n");
  write("secret", "x", fs::perms::none);
  fs::permissions(folder_.path(), fs::perms::all);
  const uid_t user = ::geteuid();
  constexpr uid_t kNobody = 65534;
  ASSERT_TRUE(user != 0 || ::seteuid(kNobody) == 0) << "root reads everything";
  EXPECT_THAT(complaint(), HasSubstr("context/secret': permission denied"));
  ASSERT_EQ(::seteuid(user), 0);
}

TEST_F(BundleTest, AnInvalidIgnoreFileIsReportedWithItsLine) {
  write("Dockerfile", "FROM scratch\n");
  write(".dockerignore", "ok\n[a\n");
  EXPECT_THAT(complaint(), HasSubstr("line 2: a '[' is not closed"));
}

TEST_F(BundleTest, TheBoundOfBytesIsEnforced) {
  write("Dockerfile", "FROM scratch\n");
  write("large", std::string(3 << 20, 'x'));
  EXPECT_THAT(complaint({.bytes_max = 2 << 20}), HasSubstr("larger than 2 MiB"));
  const Bundle bundle = packed();
  EXPECT_TRUE(pack({.bytes_max = bundle.bytes}));
  EXPECT_FALSE(pack({.bytes_max = bundle.bytes - 1}));
}

TEST_F(BundleTest, TheBoundOfFilesIsEnforced) {
  write("Dockerfile", "FROM scratch\n");
  write("one", "");
  write("two", "");
  EXPECT_THAT(complaint({.files_max = 2}), HasSubstr("has more than 2 files"));
  EXPECT_TRUE(pack({.files_max = 3}));
}

TEST_F(BundleTest, AnArchiveThatCannotBeWrittenIsNamed) {
  write("Dockerfile", "FROM scratch\n");
  const Result<Bundle> bundle = pack_bundle(context_, "/proc/bundle.tar");
  ASSERT_FALSE(bundle);
  EXPECT_THAT(bundle.error().message, HasSubstr("/proc/bundle.tar"));
}

}  // namespace
}  // namespace hearth
