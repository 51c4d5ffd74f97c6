#include "core/starvation/node_starvation.h"

#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

static_assert(TimedPart<NodeStarvation>);

/// Memory first: it causes the other two.
std::optional<Shortage> shortage_of(const Pressure& pressure) {
  if (pressure.memory_full.value_or(0) >= NodeStarvation::kMemoryFull) return Shortage::kMemory;
  if (pressure.io_full.value_or(0) >= NodeStarvation::kIoFull) return Shortage::kIo;
  if (pressure.cpu_some.value_or(0) >= NodeStarvation::kCpuSome) return Shortage::kCpu;
  return std::nullopt;
}

}  // namespace

void NodeStarvation::on_pressure(const Pressure& pressure, MonoTime now) {
  tend(now);
  const std::optional<Shortage> shortage = shortage_of(pressure);
  if (!shortage) return;
  state_.short_at = now;
  if (state_.shortage) return;
  state_.shortage = shortage;
  state_.began_at = now;
  state_.counts = !state_.ended_at || now - *state_.ended_at >= kPause;
  state_.is_reported = false;
}

void NodeStarvation::tend(MonoTime now) {
  HEARTH_CHECK(now >= state_.as_of);
  state_.as_of = now;
  if (!state_.shortage || now < state_.short_at + kCalm) return;
  state_.shortage.reset();
  state_.ended_at = state_.short_at;
}

bool NodeStarvation::holds() const {
  return state_.shortage && state_.counts && state_.as_of < state_.began_at + kHoldMax;
}

std::optional<Shortage> NodeStarvation::protects(const InstanceId& instance) const {
  if (!holds() || state_.largest == instance) return std::nullopt;
  return state_.shortage;
}

bool NodeStarvation::take_report() {
  return !std::exchange(state_.is_reported, true);
}

std::string NodeStarvation::words() const {
  if (!state_.shortage) return {};
  const std::string_view what = name_of(*state_.shortage);
  if (holds()) {
    return fmt::format(
        "it is short of {}: probes that fail and lines that are missing are not acted on", what);
  }
  return fmt::format("it is short of {}", what);
}

std::optional<MonoTime> NodeStarvation::next_deadline() const {
  if (!state_.shortage) return std::nullopt;
  const MonoTime calm = state_.short_at + kCalm;
  return holds() ? earlier(calm, state_.began_at + kHoldMax) : calm;
}

void NodeStarvation::check_invariants() const {
  HEARTH_CHECK(!state_.shortage || state_.began_at <= state_.short_at);
  HEARTH_CHECK(state_.short_at <= state_.as_of);
}

}  // namespace hearth::core
