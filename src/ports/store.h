#pragma once

#include <cstdint>
#include <vector>

#include "model/record.h"
#include "ports/completion.h"

namespace hearth {

/// How a store is doing, as of its last call.
struct StoreCondition {
  /// Written but not yet in their final place: grows while a reader holds on to an older state. 0
  /// for a store without such a backlog.
  std::uint64_t backlog_bytes = 0;
  /// Events deleted before their time because the disk was full, since the store was opened.
  std::uint64_t events_dropped = 0;
};

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
  /// As much of the history as is kept.
  virtual Result<History> history_of(const WorkloadName& workload) = 0;
  virtual StoreCondition condition() const { return {}; }
};

}  // namespace hearth
