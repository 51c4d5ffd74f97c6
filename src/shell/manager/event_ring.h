#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "model/event.h"

namespace hearth {

/// The latest cluster events, for followers. Older ones are in the store.
class EventRing {
 public:
  static constexpr std::size_t kEventsMax = 1000;

  /// `last_seq`: the number of the last event before the ring starts.
  explicit EventRing(std::uint64_t last_seq) : last_seq_(last_seq) {}

  /// Numbers must be consecutive.
  void add(ClusterEvent event);
  std::uint64_t last_seq() const { return last_seq_; }
  /// Events after `seq`, `count_max` at most; nullopt if some of them are no longer in the ring.
  std::optional<std::vector<ClusterEvent>> after(std::uint64_t seq, std::size_t count_max) const;

 private:
  std::deque<ClusterEvent> events_;
  std::uint64_t last_seq_;
};

}  // namespace hearth
