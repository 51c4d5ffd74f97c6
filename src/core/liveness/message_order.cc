#include "core/liveness/message_order.h"

#include <algorithm>

#include "base/check.h"

namespace hearth::core {

MessageOrder::MessageOrder(const State& state)
    : received_(state.received),
      former_boots_(state.former_boots),
      last_seq_(state.last_seq),
      age_(state.age) {}

MessageOrder::State MessageOrder::save() const {
  return {.received = received_,
          .former_boots = former_boots_,
          .last_seq = last_seq_,
          .age = age_.save()};
}

bool MessageOrder::admit(const Heartbeat& heartbeat, const Incarnation& accepted) {
  const Incarnation& incarnation = heartbeat.incarnation;
  if (!incarnation.known()) return true;
  if (incarnation == received_) return !is_repeated(heartbeat.seq);

  const Incarnation& last = received_.known() ? received_ : accepted;
  const bool same_boot = incarnation.boot_id == last.boot_id;
  if (same_boot && incarnation.start_count < last.start_count) return false;
  if (std::find(former_boots_.begin(), former_boots_.end(), incarnation.boot_id) !=
      former_boots_.end()) {
    return false;
  }
  if (last.known() && !same_boot) {
    former_boots_.push_back(last.boot_id);
    if (former_boots_.size() > kFormerBootsMax) former_boots_.pop_front();
  }
  received_ = incarnation;
  last_seq_ = heartbeat.seq;
  age_ = {};
  return true;
}

/// True for a duplicate, or a message out of order. Messages without a number have no order.
bool MessageOrder::is_repeated(std::optional<std::uint64_t> seq) {
  if (!seq) return false;
  if (last_seq_ && *seq <= *last_seq_) return true;
  last_seq_ = seq;
  return false;
}

Duration MessageOrder::age_of(const Heartbeat& heartbeat, MonoTime received_at) {
  return heartbeat.sent_at ? age_.age_of(*heartbeat.sent_at, received_at) : Duration::zero();
}

void MessageOrder::check_invariants() const {
  HEARTH_CHECK(former_boots_.size() <= kFormerBootsMax);
  HEARTH_CHECK(received_.known() || (!last_seq_ && former_boots_.empty()));
  HEARTH_CHECK(std::find(former_boots_.begin(), former_boots_.end(), received_.boot_id) ==
               former_boots_.end());
}

}  // namespace hearth::core
