#pragma once

#include <filesystem>

#include "adapters/file/file.h"

namespace hearth {

/// Keeps a second process away from a folder that one process must own alone.
///
/// A lock of the operating system (flock) on a file in that folder: it ends with the process,
/// however that dies, so there is no stale lock to remove by hand. The file itself stays; its
/// content, "<pid> <program>", only serves the message to the second one.
class LockFile {
 public:
  /// kConflict naming the holder's process if another one has it.
  static Result<LockFile> acquire(const std::filesystem::path& path);

 private:
  explicit LockFile(File file) : file_(std::move(file)) {}

  File file_;
};

}  // namespace hearth
