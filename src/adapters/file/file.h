#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth {

/// Files that must outlive a crash of the process and a cut of the power.
///
/// Everything here blocks for as long as the disk takes. Errors name the path and what would help:
/// kExhausted for a full disk or quota, kNotFound for a path that is not there, kUnavailable for
/// one that may not be written (permissions, a read-only file system) and for a failing disk.

/// What an `errno` of the operating system means: `doing` reads like "cannot write".
Error file_error(std::string_view doing, const std::filesystem::path& path, int error_number);

/// An open file: owns its descriptor, which is never passed on to a program that we start.
class File {
 public:
  /// `flags` as of open(2). A file that is made is readable by its owner only.
  static Result<File> open(const std::filesystem::path& path, int flags);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  /// Writes all of `bytes` at the file's position.
  Result<void> write(std::string_view bytes);
  /// Up to `bytes_max` bytes from the file's position on; fewer only at its end.
  Result<std::string> read(std::size_t bytes_max);
  /// Returns once what was written is on the disk.
  Result<void> sync();

  const std::filesystem::path& path() const { return path_; }
  int descriptor() const { return descriptor_; }

 private:
  File(std::filesystem::path path, int descriptor);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Makes names that were created, renamed or removed in a folder durable.
Result<void> sync_directory(const std::filesystem::path& directory);

/// Makes a folder that only its owner may enter, with those above it; one that is there stays as
/// it is.
Result<void> make_directory(const std::filesystem::path& directory);

/// Gives `path` new content: after a crash it has the old one or the new one, whole. Durable when
/// it returns. Uses the name `path` + ".new" beside it, which only one writer may do at a time.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content);

/// The whole content of a file; nullopt if there is none. kCorrupt if it is larger than
/// `bytes_max`: then it is not one of ours.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path,
                                             std::size_t bytes_max);

}  // namespace hearth
