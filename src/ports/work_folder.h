#pragma once

#include <filesystem>

namespace hearth {

/// The agent's folder for files in transit between the manager's content store and the node's
/// runtime. No file outlives the attempt that it belongs to.
class WorkFolder {
 public:
  virtual ~WorkFolder() = default;
  /// Creates the folder, or empties it of the files of interrupted attempts by moving them aside:
  /// removing a large file keeps a disk busy for long, and no heartbeat is sent before this
  /// returns. The caller must remove() the returned path. Called before the loop runs.
  virtual std::filesystem::path clear() = 0;
  /// Blocks for as long as the disk takes: called by a worker. Succeeds if the path does not exist.
  virtual void remove(const std::filesystem::path& path) = 0;
  virtual const std::filesystem::path& path() const = 0;
};

}  // namespace hearth
