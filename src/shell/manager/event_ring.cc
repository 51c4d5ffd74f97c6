#include "shell/manager/event_ring.h"

#include "base/check.h"

namespace hearth {

void EventRing::add(ClusterEvent event) {
  HEARTH_CHECK(event.seq == last_seq_ + 1);
  last_seq_ = event.seq;
  events_.push_back(std::move(event));
  if (events_.size() > kEventsMax) events_.pop_front();
}

std::optional<std::vector<ClusterEvent>> EventRing::after(std::uint64_t seq,
                                                          std::size_t count_max) const {
  if (seq >= last_seq_) return std::vector<ClusterEvent>{};
  if (events_.empty() || seq + 1 < events_.front().seq) return std::nullopt;
  std::vector<ClusterEvent> found;
  for (std::size_t i = seq + 1 - events_.front().seq;
       i < events_.size() && found.size() < count_max; ++i) {
    found.push_back(events_[i]);
  }
  return found;
}

}  // namespace hearth
