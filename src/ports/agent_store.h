#pragma once

#include <optional>

#include "base/result.h"
#include "model/assignment.h"

namespace hearth {

/// What an agent keeps on its node's disk. Everything blocks, for as long as a disk may take that
/// is busy with an image: save() is called on a thread of its own, one call at a time, the others
/// before the loop runs.
class AgentStore {
 public:
  virtual ~AgentStore() = default;
  /// Counts this start: returns a number greater than every one it returned in this boot of the
  /// machine, and `first` where it remembers none. A `first` that grows faster than starts are
  /// counted, as the seconds since the boot do, makes that true even if the disk was lost.
  virtual Result<std::uint64_t> count_start(const std::string& boot_id, std::uint64_t first) = 0;
  /// The last saved assignment; nullopt if there is none. kCorrupt if the file is not what was
  /// saved.
  virtual Result<std::optional<Assignment>> load() = 0;
  /// Durable when it returns; a crash in between leaves the old one whole.
  virtual Result<void> save(const Assignment& assignment) = 0;
};

}  // namespace hearth
