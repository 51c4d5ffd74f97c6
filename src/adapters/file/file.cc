#include "adapters/file/file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

namespace hearth {
namespace {

constexpr mode_t kOwnerOnly = 0600;

struct Cause {
  ErrorCode code;
  std::string_view remedy;
};

Cause cause_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: return {ErrorCode::kExhausted, "; free some space there"};
    case EFBIG: return {ErrorCode::kExhausted, "; raise the limit of file sizes"};
    case EMFILE:
    case ENFILE: return {ErrorCode::kExhausted, "; raise the limit of open files"};
    case ENOENT: return {ErrorCode::kNotFound, ""};
    case EACCES:
    case EPERM: return {ErrorCode::kUnavailable, "; allow this user to read and write it"};
    case EROFS: return {ErrorCode::kUnavailable, "; mount the file system writable"};
    default: return {ErrorCode::kUnavailable, ""};
  }
}

}  // namespace

Error file_error(std::string_view doing, const std::filesystem::path& path, int error_number) {
  const Cause cause = cause_of(error_number);
  std::string reason = std::generic_category().message(error_number);
  if (reason.size() > 1 && reason[1] >= 'a') reason[0] |= 0x20;  // Not "I/O" or "RPC".
  return Error{cause.code,
               fmt::format("{} '{}': {}{}", doing, path.string(), reason, cause.remedy)};
}

File::File(std::filesystem::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<File> File::open(const std::filesystem::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return tl::unexpected(file_error("cannot open", path, errno));
  return File(path, descriptor);
}

Result<void> File::write(std::string_view bytes) {
  HEARTH_CHECK(descriptor_ >= 0);
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return tl::unexpected(file_error("cannot write", path_, errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::string> File::read(std::size_t bytes_max) {
  HEARTH_CHECK(descriptor_ >= 0);
  constexpr std::size_t kChunkBytes = 64 * 1024;
  std::string content;
  while (content.size() < bytes_max) {
    const std::size_t had = content.size();
    const std::size_t wanted = std::min(bytes_max - had, kChunkBytes);
    content.resize(had + wanted);
    const ssize_t got = ::read(descriptor_, content.data() + had, wanted);
    content.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(file_error("cannot read", path_, errno));
    if (got == 0) break;
  }
  return content;
}

Result<void> File::sync() {
  HEARTH_CHECK(descriptor_ >= 0);
  if (::fsync(descriptor_) == 0) return {};
  return tl::unexpected(file_error("cannot write", path_, errno));
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  return File::open(directory, O_RDONLY | O_DIRECTORY).and_then([](File folder) {
    return folder.sync();
  });
}

Result<void> make_directory(const std::filesystem::path& directory) {
  std::error_code ec;
  if (std::filesystem::is_directory(directory, ec)) return {};
  const std::filesystem::path above = directory.parent_path();
  if (!above.empty() && above != directory) {
    if (Result<void> made = make_directory(above); !made) return made;
  }
  // 0700 from the start, which create_directories() cannot do.
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return tl::unexpected(file_error("cannot create the folder", directory, errno));
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::path fresh = path;
  fresh += ".new";
  const auto attempt = [&]() -> Result<void> {
    Result<File> file = File::open(fresh, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return tl::unexpected(file.error());
    if (Result<void> written = file->write(content); !written) return written;
    // Without this, a power cut after the rename could leave the new name with no content.
    if (Result<void> synced = file->sync(); !synced) return synced;
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
      return tl::unexpected(file_error("cannot write", path, errno));
    }
    return sync_directory(path.parent_path().empty() ? "." : path.parent_path());
  };
  Result<void> replaced = attempt();
  if (!replaced) ::unlink(fresh.c_str());  // On a full disk, half a file takes room from others.
  return replaced;
}

Result<std::optional<std::string>> read_file(const std::filesystem::path& path,
                                             std::size_t bytes_max) {
  Result<File> file = File::open(path, O_RDONLY);
  if (!file && file.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!file) return tl::unexpected(file.error());
  Result<std::string> content = file->read(bytes_max + 1);
  if (!content) return tl::unexpected(content.error());
  if (content->size() > bytes_max) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("'{}' is larger than the allowed {} bytes", path.string(), bytes_max));
  }
  return std::optional(*std::move(content));
}

}  // namespace hearth
