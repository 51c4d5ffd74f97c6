#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth {

/// Files that must survive a crash of the process and a power cut.
///
/// Every call blocks for as long as the disk takes. Errors name the path and the remedy: kExhausted
/// for a full disk or quota, kNotFound for a missing path, kUnavailable for a path that cannot be
/// written (permissions, a read-only file system) and for a failing disk.

/// Maps an `errno` to an Error. `doing` reads like "cannot write".
Error file_error(std::string_view doing, const std::filesystem::path& path, int error_number);

/// An open file. Owns its descriptor, which is closed in programs that we start.
class File {
 public:
  /// `flags` as for open(2). A new file is readable by its owner only.
  static Result<File> open(const std::filesystem::path& path, int flags);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  /// Writes all of `bytes` at the file's position.
  Result<void> write(std::string_view bytes);
  /// Reads up to `bytes_max` bytes from the file's position; fewer only at the end of the file.
  Result<std::string> read(std::size_t bytes_max);
  /// Returns once everything written is on the disk.
  Result<void> sync();

  const std::filesystem::path& path() const { return path_; }
  int descriptor() const { return descriptor_; }

 private:
  File(std::filesystem::path path, int descriptor);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Makes the creation, renaming and removal of names in a folder durable.
Result<void> sync_directory(const std::filesystem::path& directory);

/// Creates a folder that only its owner can enter, and its missing parents likewise. An existing
/// folder is left as it is.
Result<void> make_directory(const std::filesystem::path& directory);

/// Replaces the content of `path` atomically: after a crash it is the old or the new content,
/// whole. Durable on return. Writes `path` + ".new" first, so only one writer at a time is allowed.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content);

/// The whole content of a file; nullopt if there is none. kCorrupt if it is larger than
/// `bytes_max`: then Hearth did not write it.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path,
                                             std::size_t bytes_max);

}  // namespace hearth
