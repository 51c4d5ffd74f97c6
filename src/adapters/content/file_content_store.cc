#include "adapters/content/file_content_store.h"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "adapters/file/file.h"
#include "adapters/file/sha256.h"

namespace hearth {

namespace {

Result<Digest> digest_of(File& file) {
  constexpr std::size_t kPieceBytes = 256 * 1024;
  Sha256 sum;
  for (;;) {
    const Result<std::string> piece = file.read(kPieceBytes);
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) return sum.finish();
    sum.add(*piece);
  }
}

}  // namespace

FileContentStore::FileContentStore(const std::filesystem::path& directory,
                                   std::function<void(const Error&)> on_damage)
    : content_(directory / "sha256"),
      temporary_(directory / "temporary"),
      on_damage_(std::move(on_damage)) {}

Result<std::unique_ptr<FileContentStore>> FileContentStore::open(
    const std::filesystem::path& directory, std::function<void(const Error&)> on_damage) {
  std::unique_ptr<FileContentStore> store(new FileContentStore(directory, std::move(on_damage)));
  if (Result<void> ready = store->prepare(); !ready) return tl::unexpected(ready.error());
  return store;
}

Result<void> FileContentStore::prepare() {
  if (Result<void> made = make_directory(content_); !made) return made;
  if (Result<void> made = make_directory(temporary_); !made) return made;
  std::error_code ec;
  std::filesystem::directory_iterator left_over(temporary_, ec);
  while (!ec && left_over != std::filesystem::directory_iterator()) {
    if (std::filesystem::remove_all(left_over->path(), ec); ec) break;
    left_over.increment(ec);
  }
  if (ec) return tl::unexpected(file_error("cannot clean", temporary_, ec.value()));
  return {};
}

std::filesystem::path FileContentStore::path_of(const Digest& digest) const {
  return content_ / digest.hex();
}

std::optional<FileContentStore::Stamp> FileContentStore::stamp_of(
    const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  constexpr std::int64_t kSecond = 1'000'000'000;
  return Stamp{.inode = status.st_ino,
               .size = static_cast<std::uint64_t>(status.st_size),
               .changed_ns = status.st_ctim.tv_sec * kSecond + status.st_ctim.tv_nsec};
}

std::optional<std::filesystem::path> FileContentStore::find(const Digest& digest) const {
  std::filesystem::path path = path_of(digest);
  const std::lock_guard lock(mutex_);
  const std::optional<Stamp> stamp = stamp_of(path);
  if (!stamp) return std::nullopt;
  const auto known = whole_.find(digest);
  if (known != whole_.end() && known->second == *stamp) return path;
  Result<File> file = File::open(path, O_RDONLY);
  if (!file) return std::nullopt;  // Out of descriptors, or no permission: it may be whole.
  const Result<Digest> read = digest_of(*file);
  if (read && *read == digest) {
    whole_.insert_or_assign(digest, *stamp);
    return path;
  }
  whole_.erase(digest);
  std::error_code ec;
  std::filesystem::remove(path, ec);
  if (on_damage_) {
    on_damage_({ErrorCode::kCorrupt,
                fmt::format("'{}' was damaged and has been removed: {}; it will be requested again",
                            path.string(),
                            read ? "its digest is '" + read->str() + "'" : read.error().message)});
  }
  return std::nullopt;
}

Result<std::filesystem::path> FileContentStore::make_temporary() {
  std::filesystem::path path = temporary_ / fmt::format("{}", next_temporary_++);
  return File::open(path, O_WRONLY | O_CREAT | O_EXCL).map([&](File) { return std::move(path); });
}

Result<void> FileContentStore::adopt(const std::filesystem::path& temporary, const Digest& digest,
                                     const Digest& expected) {
  const auto attempt = [&]() -> Result<void> {
    if (digest != expected) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("the content does not match its digest: expected '{}', got '{}'",
                              expected.str(), digest.str()));
    }
    if (find(digest)) return {};
    Result<File> file = File::open(temporary, O_RDONLY);
    if (!file) return tl::unexpected(file.error());
    if (Result<void> synced = file->sync(); !synced) return synced;
    if (std::rename(temporary.c_str(), path_of(digest).c_str()) != 0) {
      return tl::unexpected(file_error("cannot keep", temporary, errno));
    }
    if (Result<void> synced = sync_directory(content_); !synced) return synced;
    if (const std::optional<Stamp> stamp = stamp_of(path_of(digest))) {
      const std::lock_guard lock(mutex_);
      whole_.insert_or_assign(digest, *stamp);
    }
    return {};
  };
  const Result<void> adopted = attempt();
  std::error_code ec;
  std::filesystem::remove(temporary, ec);  // It is gone already if it was adopted.
  return adopted;
}

}  // namespace hearth
