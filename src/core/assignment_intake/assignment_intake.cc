#include "core/assignment_intake/assignment_intake.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

static_assert(TimedPart<AssignmentIntake>);

AssignmentIntake::AssignmentIntake(NodeName node, std::optional<Assignment> stored, MonoTime now)
    : node_(std::move(node)) {
  state_.first_wait_ends = now + kFirstWait;
  if (stored && stored->node != node_) {
    ++state_.refused;
    return;
  }
  state_.in_force = std::move(stored);
}

AssignmentIntake::AssignmentIntake(NodeName node, State state)
    : node_(std::move(node)), state_(std::move(state)) {}

const Assignment* AssignmentIntake::newest_known() const {
  return state_.newest ? &*state_.newest : in_force();
}

void AssignmentIntake::on_received(const Assignment& assignment, MonoTime now) {
  const Assignment* known = newest_known();
  if (assignment.node != node_ || (known != nullptr && assignment.number < known->number)) {
    ++state_.refused;
    return;
  }
  if (known != nullptr && assignment.number == known->number) return;
  state_.newest = assignment;
  state_.next_save.reset();
  if (state_.topic_read_at) return;
  // The first assignment that the topic kept; it may be long out of date.
  state_.topic_read_at = now + kFirstWait;
  // A start also waits until the last of them is stored.
  if (state_.first_wait_ends && now < *state_.first_wait_ends) {
    state_.first_wait_ends = *state_.topic_read_at + kFirstWait;
  }
}

void AssignmentIntake::on_caught_up(MonoTime now) {
  state_.topic_read_at = std::min(state_.topic_read_at.value_or(now), now);
  if (!state_.newest) state_.first_wait_ends.reset();
}

const Assignment* AssignmentIntake::on_saved(const AssignmentNumber& number,
                                             const Result<void>& outcome, MonoTime now) {
  if (!state_.saving || state_.saving->number != number) return nullptr;
  Assignment saved = *std::move(state_.saving);
  state_.saving.reset();
  if (!outcome) {
    state_.save_error = outcome.error().message;
    state_.next_save = now + kSaveRetry;
    return nullptr;
  }
  state_.save_error.clear();
  if (state_.newest == saved) {
    state_.newest.reset();
    state_.first_wait_ends.reset();
  }
  return &state_.in_force.emplace(std::move(saved));
}

std::optional<Assignment> AssignmentIntake::still_wanted() const {
  if (state_.save_error.empty() || !state_.in_force || !state_.newest) return std::nullopt;
  Assignment wanted = *state_.in_force;
  std::erase_if(wanted.instances, [this](const AssignedInstance& one) {
    const std::vector<AssignedInstance>& newest = state_.newest->instances;
    return std::none_of(newest.begin(), newest.end(),
                        [&](const AssignedInstance& other) { return other.id == one.id; });
  });
  return wanted;
}

std::optional<Assignment> AssignmentIntake::tend(MonoTime now) {
  if (state_.first_wait_ends && now >= *state_.first_wait_ends) state_.first_wait_ends.reset();
  const bool was_topic_read = state_.topic_read_at && now >= *state_.topic_read_at;
  if (!state_.newest || state_.saving || !was_topic_read) return std::nullopt;
  if (state_.next_save && now < *state_.next_save) return std::nullopt;
  state_.next_save.reset();
  state_.saving = state_.newest;
  return state_.saving;
}

std::string AssignmentIntake::problem() const {
  if (state_.save_error.empty()) return {};
  return "its assignment cannot be stored: " + state_.save_error;
}

std::optional<MonoTime> AssignmentIntake::next_deadline() const {
  std::optional<MonoTime> next = state_.first_wait_ends;
  if (state_.newest && !state_.saving) {
    next = earlier(next, state_.next_save ? state_.next_save : state_.topic_read_at);
  }
  return next;
}

void AssignmentIntake::check_invariants() const {
  const State& is = state_;
  for (const std::optional<Assignment>& one : {is.in_force, is.newest, is.saving})
    HEARTH_CHECK(!one || one->node == node_);
  if (is.in_force && is.newest) HEARTH_CHECK(is.in_force->number < is.newest->number);
  HEARTH_CHECK(!is.newest || is.topic_read_at);
  HEARTH_CHECK(!is.next_save || (is.newest && !is.saving));
  if (is.saving) HEARTH_CHECK(is.newest && is.saving->number <= is.newest->number);
  if (is.saving && is.in_force) HEARTH_CHECK(is.in_force->number < is.saving->number);
}

}  // namespace hearth::core
