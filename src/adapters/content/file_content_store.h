#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "ports/content_store.h"

namespace hearth {

/// A ContentStore in a folder of its own:
///
///     sha256/<64 hex digits>    whole and checked
///     temporary/<number>        being written; a crash's leftovers are removed at the next start
///
/// Any thread may call it. One process at a time; the owner of the parent folder ensures that.
/// Content stays until its file is removed, which is safe at any time: find() then simply fails.
///
/// A file damaged on the disk is not handed out. find() reads a file that this process has not
/// adopted, or that has changed since, through once, and removes it if its content does not match
/// its name. So a node that needs the content requests it again, and a peer that offers it is asked
/// to send it.
///
/// adopt() blocks until the content is on the disk. This is short, because a DigestWriter starts
/// the writeback long before.
class FileContentStore : public ContentStore {
 public:
  /// `on_damage` is called for every file removed, on the thread that found the damage.
  static Result<std::unique_ptr<FileContentStore>> open(
      const std::filesystem::path& directory, std::function<void(const Error&)> on_damage = {});

  std::optional<std::filesystem::path> find(const Digest& digest) const override;
  Result<std::filesystem::path> make_temporary() override;
  Result<void> adopt(const std::filesystem::path& temporary, const Digest& digest,
                     const Digest& expected) override;

 private:
  /// Shows whether a file has changed since it was read.
  struct Stamp {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };

  FileContentStore(const std::filesystem::path& directory,
                   std::function<void(const Error&)> on_damage);
  static std::optional<Stamp> stamp_of(const std::filesystem::path& path);
  Result<void> prepare();
  std::filesystem::path path_of(const Digest& digest) const;

  const std::filesystem::path content_;
  const std::filesystem::path temporary_;
  const std::function<void(const Error&)> on_damage_;
  std::atomic<std::uint64_t> next_temporary_ = 1;
  mutable std::mutex mutex_;  ///< Guards `whole_`; and only one thread at a time reads a file.
  mutable std::map<Digest, Stamp> whole_;  ///< As the files were when they were last read through.
};

}  // namespace hearth
