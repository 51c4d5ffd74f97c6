#pragma once

#include <filesystem>

#include "adapters/file/file.h"

namespace hearth {

/// Keeps a second process out of a folder that one process must own alone.
///
/// An flock(2) lock on a file in that folder. It ends with the process, however the process dies,
/// so there is no stale lock to remove by hand. The file itself stays; its content, "<pid>
/// <program>", only serves the error message of the second process.
class LockFile {
 public:
  /// kConflict, naming the process that holds the lock, if there is one.
  static Result<LockFile> acquire(const std::filesystem::path& path);

 private:
  explicit LockFile(File file) : file_(std::move(file)) {}

  File file_;
};

}  // namespace hearth
