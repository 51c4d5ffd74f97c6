#pragma once

#include <optional>

#include "base/result.h"
#include "model/assignment.h"
#include "model/watch_memory.h"

namespace hearth {

/// What an agent keeps on its node's disk. Every call blocks for as long as a disk busy with an
/// image takes: what saves is called on its own thread, one call at a time, the others before the
/// loop runs.
class AgentStore {
 public:
  virtual ~AgentStore() = default;
  /// Counts this start: returns a number greater than all it returned in this boot of the machine,
  /// and `first` if it has none stored. A `first` that grows faster than starts can be counted,
  /// such as the seconds since the boot, keeps this true even if the disk was lost.
  virtual Result<std::uint64_t> count_start(const std::string& boot_id, std::uint64_t first) = 0;
  /// The last saved assignment; nullopt if there is none. kCorrupt if the file is damaged.
  virtual Result<std::optional<Assignment>> load() = 0;
  /// Durable when it returns; a crash during the call leaves the previous one intact.
  virtual Result<void> save(const Assignment& assignment) = 0;
  /// What was last known of the instances; empty if nothing is stored. kCorrupt if the file is
  /// damaged: then it counts as empty.
  virtual Result<WatchMemory> load_memory() = 0;
  /// As save().
  virtual Result<void> save_memory(const WatchMemory& memory) = 0;
};

}  // namespace hearth
