#include "core/memory_keeper/memory_keeper.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

static_assert(TimedPart<MemoryKeeper>);

void shift(std::optional<MonoTime>& instant, Duration by) {
  if (instant) *instant += by;
}

void shift(std::vector<MonoTime>& instants, Duration by) {
  for (MonoTime& instant : instants) instant += by;
}

void shift(InstanceMemory& instance, Duration by) {
  shift(instance.rules.started_at, by);
  for (RuleMemory& rule : instance.rules.rules) {
    shift(rule.counted, by);
    if (rule.last) rule.last->at += by;
  }
  shift(instance.probes.started_at, by);
  shift(instance.restart.running_since, by);
  shift(instance.restart.stops, by);
  instance.restart.next_start += by;
}

}  // namespace

std::optional<std::uint64_t> MemoryKeeper::tend(Unsaved unsaved, MonoTime now) {
  state_.unsaved = unsaved;
  if (state_.saving_since) {
    state_.is_late = state_.is_late || now >= *state_.saving_since + kDecisionWait;
    return std::nullopt;
  }
  if (state_.next_retry) {
    if (now < *state_.next_retry) return std::nullopt;
  } else if (unsaved == Unsaved::kNothing ||
             (unsaved == Unsaved::kProgress && now < state_.next_progress)) {
    return std::nullopt;
  }
  state_.next_retry.reset();
  state_.saving_since = now;
  state_.next_progress = now + kProgressPeriod;
  return ++state_.begun;
}

bool MemoryKeeper::on_saved(std::uint64_t number, const Result<void>& outcome, MonoTime now) {
  if (!state_.saving_since || number != state_.begun) return false;
  state_.saving_since.reset();
  state_.is_late = false;
  state_.failure = outcome ? std::string() : outcome.error().message;
  if (!outcome) state_.next_retry = now + kRetry;
  return outcome.has_value();
}

std::string MemoryKeeper::problem() const {
  const std::string why = state_.is_late ? "the disk does not answer" : state_.failure;
  if (why.empty()) return {};
  return "what it knows of its instances cannot be stored, so that a restart of its agent can "
         "repeat what was done: " +
         why;
}

std::optional<MonoTime> MemoryKeeper::next_deadline() const {
  if (state_.saving_since) {
    if (state_.is_late) return std::nullopt;
    return *state_.saving_since + kDecisionWait;
  }
  if (state_.next_retry) return state_.next_retry;
  return state_.unsaved == Unsaved::kNothing ? std::nullopt : std::optional(state_.next_progress);
}

void MemoryKeeper::check_invariants() const {
  HEARTH_CHECK(!state_.next_retry || !state_.saving_since);
  HEARTH_CHECK(!state_.is_late || state_.saving_since);
  HEARTH_CHECK(!state_.next_retry || !state_.failure.empty());
}

WatchMemory carried_over(WatchMemory stored, const std::string& boot_id, MonoTime now) {
  const bool is_of_this_boot = stored.boot_id == boot_id && stored.saved_at <= now;
  if (is_of_this_boot) return stored;
  const Duration back = -stored.saved_at.time_since_epoch();
  for (auto& [id, instance] : stored.instances) shift(instance, back);
  stored.boot_id = boot_id;
  stored.saved_at = MonoTime{};
  return stored;
}

}  // namespace hearth::core
