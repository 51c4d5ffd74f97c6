#include "core/assignments/assignment_ledger.h"

#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

static_assert(TimedPart<AssignmentRecord>);
static_assert(TimedPart<AssignmentLedger>);

void AssignmentRecord::on_applied(const AssignmentNumber& applied, Epoch epoch, MonoTime now) {
  state_.applied = applied;
  if (is_followed(epoch)) {
    state_.unacknowledged_since.reset();
  } else if (!state_.unacknowledged_since) {
    state_.unacknowledged_since = now;  // It fell back: it lost its disk, for example.
  }
}

void AssignmentRecord::on_waiting(bool is_waiting, MonoTime now) {
  if (!is_waiting) {
    state_.next_sign.reset();
  } else if (!state_.next_sign) {
    state_.next_sign = now + kSignPeriod;
  }
}

bool AssignmentRecord::on_tick(bool has_agent, MonoTime now) {
  const bool is_unacknowledged =
      state_.unacknowledged_since && now - *state_.unacknowledged_since >= kResendAfter;
  const bool is_sign_due = state_.next_sign && now >= *state_.next_sign;
  if (!is_unacknowledged && !is_sign_due) return false;
  if (is_unacknowledged) state_.unacknowledged_since = now;
  if (is_sign_due) state_.next_sign = now + kSignPeriod;
  if (has_agent) state_.resend = true;
  return has_agent;
}

std::optional<Assignment> AssignmentRecord::publish(Assignment wanted, Epoch epoch, MonoTime now) {
  const bool resend = std::exchange(state_.resend, false);
  wanted.number = assigned();
  if (wanted == state_.published) return resend ? state_.published : std::nullopt;
  wanted.number = {epoch, wanted.number.revision.next()};
  state_.published = std::move(wanted);
  state_.unacknowledged_since = now;
  if (state_.next_sign) state_.next_sign = now + kSignPeriod;
  return state_.published;
}

std::optional<MonoTime> AssignmentRecord::next_deadline() const {
  if (!state_.unacknowledged_since) return state_.next_sign;
  return earlier(state_.next_sign, *state_.unacknowledged_since + kResendAfter);
}

void AssignmentRecord::check_invariants() const {
  HEARTH_CHECK(!state_.resend || state_.published);
  HEARTH_CHECK(!state_.published || state_.published->number > AssignmentNumber{});
}

AssignmentLedger::AssignmentLedger(Epoch epoch, const State& state) : epoch_(epoch) {
  for (const auto& [node, record] : state) records_.emplace(node, record);
}

AssignmentLedger::State AssignmentLedger::save() const {
  State state;
  for (const auto& [node, record] : records_) state.emplace(node, record.save());
  return state;
}

void AssignmentLedger::add_node(const NodeName& node) {
  const bool is_new = records_.try_emplace(node).second;
  HEARTH_CHECK(is_new);
}

const AssignmentRecord& AssignmentLedger::record(const NodeName& node) const {
  const auto found = records_.find(node);
  HEARTH_CHECK(found != records_.end());
  return found->second;
}

AssignmentRecord& AssignmentLedger::record(const NodeName& node) {
  return const_cast<AssignmentRecord&>(std::as_const(*this).record(node));
}

std::optional<Assignment> AssignmentLedger::publish(Assignment wanted, MonoTime now) {
  AssignmentRecord& of_node = record(wanted.node);
  return of_node.publish(std::move(wanted), epoch_, now);
}

void AssignmentLedger::on_stall(Duration lateness, MonoTime now) {
  for (auto& [node, record] : records_) record.on_stall(lateness, now);
}

void AssignmentLedger::on_bus_restored(MonoTime now) {
  for (auto& [node, record] : records_) record.on_bus_restored(now);
}

void AssignmentLedger::check_invariants() const {
  for (const auto& [node, record] : records_) {
    record.check_invariants();
    const std::optional<Assignment>& published = record.save().published;
    HEARTH_CHECK(!published || published->node == node);
    HEARTH_CHECK(record.assigned().epoch <= epoch_);
  }
}

}  // namespace hearth::core
