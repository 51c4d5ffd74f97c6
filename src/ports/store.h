#pragma once

#include <cstdint>
#include <vector>

#include "model/record.h"
#include "ports/completion.h"

namespace hearth {

/// What the manager must not forget. Blocking: called on the store's own thread only, never on the
/// loop.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<Snapshot> load() = 0;
  /// All of `writes`, in order, or none of them. Durable when it returns.
  virtual Result<void> commit(const std::vector<Write>& writes) = 0;
  /// Events after `seq` in order, `count_max` at most.
  virtual Result<std::vector<ClusterEvent>> events_after(std::uint64_t seq,
                                                         std::size_t count_max) = 0;
  /// What was written and is not yet where it belongs, in bytes: it grows as long as somebody who
  /// reads holds on to a former state. 0 where there is no such thing.
  virtual std::uint64_t backlog_bytes() const { return 0; }
};

}  // namespace hearth
