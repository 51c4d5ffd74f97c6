#pragma once

#include <cstdint>
#include <vector>

#include "model/record.h"
#include "ports/completion.h"

namespace hearth {

/// What the manager must not forget. Every call blocks: made on the store's own thread only, never
/// on the loop.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<Snapshot> load() = 0;
  /// Commits all of `writes`, in order, or none. Durable when it returns.
  virtual Result<void> commit(const std::vector<Write>& writes) = 0;
  /// Events after `seq` in order, `count_max` at most.
  virtual Result<std::vector<ClusterEvent>> events_after(std::uint64_t seq,
                                                         std::size_t count_max) = 0;
  /// The bytes that are written but not yet in their final place: they grow as long as a reader
  /// holds on to an older state. 0 for a store without such a backlog.
  virtual std::uint64_t backlog_bytes() const { return 0; }
};

}  // namespace hearth
