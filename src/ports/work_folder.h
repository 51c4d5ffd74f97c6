#pragma once

#include <filesystem>

namespace hearth {

/// The folder of an agent for files that are on their way between the manager's content store and
/// the node's runtime. Nothing in it outlives the attempt that it belongs to.
class WorkFolder {
 public:
  virtual ~WorkFolder() = default;
  /// Makes it, or empties it of what attempts left that were cut off: that is moved aside, for to
  /// remove a large file takes a busy disk long, and no heartbeat leaves before this returns. The
  /// path that this returns is the caller's to remove(). Called before the loop runs.
  virtual std::filesystem::path clear() = 0;
  /// Blocks for as long as the disk wants: called by a worker. A path that is not there is removed
  /// already.
  virtual void remove(const std::filesystem::path& path) = 0;
  virtual const std::filesystem::path& path() const = 0;
};

}  // namespace hearth
