#include "testing/disk/small_disk.h"

#include <fstream>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace hearth {
namespace {

constexpr int kNotPermittedExit = 77;

/// Root of a user namespace of our own, unless we are root already.
bool become_root() {
  const std::string user = std::to_string(::getuid());
  const std::string group = std::to_string(::getgid());
  if (user == "0") return ::unshare(CLONE_NEWNS) == 0;
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  return bool(std::ofstream("/proc/self/uid_map") << "0 " + user + " 1" << std::flush) &&
         bool(std::ofstream("/proc/self/gid_map") << "0 " + group + " 1" << std::flush);
}

bool mount_small(const std::filesystem::path& mount_point, std::size_t bytes) {
  const std::string options = "mode=0700,size=" + std::to_string(bytes);
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("small", mount_point.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

}  // namespace

SmallDisk::SmallDisk(std::filesystem::path mount_point) : mount_point_(std::move(mount_point)) {}

SmallDisk::Outcome SmallDisk::run(const std::filesystem::path& mount_point, std::size_t bytes,
                                  const std::function<bool(SmallDisk&)>& test) {
  const pid_t child = ::fork();
  HEARTH_CHECK(child >= 0);
  if (child == 0) {
    if (!become_root() || !mount_small(mount_point, bytes)) ::_exit(kNotPermittedExit);
    SmallDisk disk(mount_point);
    ::_exit(test(disk) ? 0 : 1);
  }
  int status = 0;
  HEARTH_CHECK(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotPermittedExit) return Outcome::kNotPermitted;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Outcome::kPassed : Outcome::kFailed;
}

std::size_t SmallDisk::fill() {
  const int file = ::open(ballast().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  HEARTH_CHECK(file >= 0);
  const std::string page(4096, 'x');
  std::size_t filled = 0;
  for (ssize_t written = 1; written > 0;) {
    written = ::write(file, page.data(), page.size());
    if (written > 0) filled += static_cast<std::size_t>(written);
  }
  ::close(file);
  return filled;
}

void SmallDisk::make_room() {
  std::filesystem::remove(ballast());
}

void SmallDisk::make_read_only() {
  HEARTH_CHECK(::mount(nullptr, mount_point_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) ==
               0);
}

}  // namespace hearth
