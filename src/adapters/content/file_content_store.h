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
///     temporary/<number>        being written; what a crash left here is removed at the next start
///
/// Any thread may call it. One process at a time; the owner of the folder above sees to that.
/// Content stays until somebody removes its file, which is safe at any time: it is then simply not
/// found.
///
/// A file that was damaged since (a failing disk, a hand) is not handed out: what was not adopted
/// by this process, or has changed since, is read through once before it is found, and removed if
/// it is not what its name says. So it is asked for anew by whoever needs it, and whoever brings it
/// is not told that it is here.
///
/// adopt() blocks until the content is on the disk. A DigestWriter has had the disk begin long
/// before, so that this is short.
class FileContentStore : public ContentStore {
 public:
  /// `on_damage` is told of what was removed, on the thread that found it.
  static Result<std::unique_ptr<FileContentStore>> open(
      const std::filesystem::path& directory, std::function<void(const Error&)> on_damage = {});

  std::optional<std::filesystem::path> find(const Digest& digest) const override;
  Result<std::filesystem::path> make_temporary() override;
  Result<void> adopt(const std::filesystem::path& temporary, const Digest& digest,
                     const Digest& expected) override;

 private:
  /// What tells whether a file is still the one that was read.
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
  mutable std::mutex mutex_;  ///< Guards `whole_`, and that a file is read by one thread at a time.
  mutable std::map<Digest, Stamp> whole_;  ///< As they were when they were read through.
};

}  // namespace hearth
