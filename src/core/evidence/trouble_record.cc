#include "core/evidence/trouble_record.h"

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

static_assert(TimedPart<TroubleRecord>);

bool TroubleRecord::on_trouble(Bus bus, MonoTime now) {
  const MonoTime give_up_at = state_.give_up_at.value_or(now + grace_);
  state_.give_up_at = give_up_at;
  if (bus == Bus::kDoesNot || state_.given_up || now < give_up_at) return false;
  state_.given_up = true;
  return true;
}

void TroubleRecord::on_stall(Duration lateness, MonoTime now) {
  if (!state_.give_up_at) return;
  const Stall stall{.lateness = lateness, .ended_at = now};
  state_.give_up_at = state_.margin.put_off(*state_.give_up_at, stall, grace_ / 4);
}

void TroubleRecord::on_bus_restored(MonoTime now) {
  state_.margin.renew();
  if (state_.give_up_at) state_.give_up_at = now + grace_;
}

void TroubleRecord::check_invariants() const {
  HEARTH_CHECK(!state_.given_up || state_.give_up_at);
}

}  // namespace hearth::core
