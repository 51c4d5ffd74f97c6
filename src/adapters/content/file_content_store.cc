#include "adapters/content/file_content_store.h"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "adapters/file/file.h"

namespace hearth {

FileContentStore::FileContentStore(const std::filesystem::path& directory)
    : content_(directory / "sha256"), temporary_(directory / "temporary") {}

Result<std::unique_ptr<FileContentStore>> FileContentStore::open(
    const std::filesystem::path& directory) {
  std::unique_ptr<FileContentStore> store(new FileContentStore(directory));
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

std::optional<std::filesystem::path> FileContentStore::find(const Digest& digest) const {
  std::filesystem::path path = path_of(digest);
  std::error_code ec;
  if (!std::filesystem::is_regular_file(path, ec)) return std::nullopt;
  return path;
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
                  fmt::format("the content is not what it was said to be: expected '{}', got '{}'",
                              expected.str(), digest.str()));
    }
    if (find(digest)) return {};
    Result<File> file = File::open(temporary, O_RDONLY);
    if (!file) return tl::unexpected(file.error());
    if (Result<void> synced = file->sync(); !synced) return synced;
    if (std::rename(temporary.c_str(), path_of(digest).c_str()) != 0) {
      return tl::unexpected(file_error("cannot keep", temporary, errno));
    }
    return sync_directory(content_);
  };
  const Result<void> adopted = attempt();
  std::error_code ec;
  std::filesystem::remove(temporary, ec);  // Not there any more if it was adopted.
  return adopted;
}

}  // namespace hearth
