#pragma once

#include <memory>

#include "ports/content_store.h"

namespace hearth {

/// A ContentStore in a folder of its own:
///
///     sha256/<64 hex digits>    whole and checked
///     temporary/<number>        being written; what a crash left here is removed at the next start
///
/// One process at a time; the owner of the folder above sees to that. Content stays until somebody
/// removes its file, which is safe at any time: it is then simply not found.
///
/// adopt() blocks until the content is on the disk. A DigestWriter has had the disk begin long
/// before, so that this is short.
class FileContentStore : public ContentStore {
 public:
  static Result<std::unique_ptr<FileContentStore>> open(const std::filesystem::path& directory);

  std::optional<std::filesystem::path> find(const Digest& digest) const override;
  Result<std::filesystem::path> make_temporary() override;
  Result<void> adopt(const std::filesystem::path& temporary, const Digest& digest,
                     const Digest& expected) override;

 private:
  explicit FileContentStore(const std::filesystem::path& directory);
  Result<void> prepare();
  std::filesystem::path path_of(const Digest& digest) const;

  const std::filesystem::path content_;
  const std::filesystem::path temporary_;
  std::uint64_t next_temporary_ = 1;
};

}  // namespace hearth
