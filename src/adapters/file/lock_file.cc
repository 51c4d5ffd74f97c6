#include "adapters/file/lock_file.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace hearth {
namespace {

constexpr std::size_t kHolderBytesMax = 64;

/// "process 4711 (hearthd)", as far as the file says.
std::string show_holder(File& file) {
  const std::string text = file.read(kHolderBytesMax).value_or("");
  const std::size_t space = text.find(' ');
  const std::size_t end = text.find('\n');
  if (space == std::string::npos || end == std::string::npos || end < space) {
    return "another process";
  }
  return fmt::format("process {} ({})", text.substr(0, space),
                     text.substr(space + 1, end - space - 1));
}

}  // namespace

Result<LockFile> LockFile::acquire(const std::filesystem::path& path) {
  Result<File> file = File::open(path, O_RDWR | O_CREAT);
  if (!file) return tl::unexpected(file.error());
  if (::flock(file->descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return tl::unexpected(file_error("cannot lock", path, errno));
    return fail(ErrorCode::kConflict,
                fmt::format("'{}' is in use by {}; stop that process or choose another folder",
                            path.parent_path().string(), show_holder(*file)));
  }
  // The holder's name is only for the error message, so a full disk must not keep us from starting.
  if (::ftruncate(file->descriptor(), 0) == 0) {
    (void)file->write(fmt::format("{} {}\n", ::getpid(), program_invocation_short_name));
  }
  return LockFile(*std::move(file));
}

}  // namespace hearth
