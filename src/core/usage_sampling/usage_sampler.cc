#include "core/usage_sampling/usage_sampler.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/fnv_hash.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

static_assert(TimedPart<UsageSampler>);

/// Its own time within a period.
Duration phase_of(const ContainerId& container) {
  const auto period = static_cast<std::uint64_t>(UsageSampler::kPeriod.count());
  return Duration(static_cast<Duration::rep>(fnv_hash_of(container.str()) % period));
}

/// In thousandths of a core; nullopt if the time was not counted on: it was started again.
std::optional<std::uint32_t> cpu_permille(std::optional<Duration> before,
                                          std::optional<Duration> after, Duration elapsed) {
  if (!before || !after || *after < *before || elapsed <= Duration::zero()) return std::nullopt;
  const double share =
      static_cast<double>((*after - *before).count()) / static_cast<double>(elapsed.count());
  constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(share * 1000, kMost));
}

}  // namespace

bool UsageSampler::on_sampled(const UsageSampled& answer, MonoTime now) {
  const auto found = state_.instances.find(answer.instance);
  if (found == state_.instances.end()) return false;
  Sampled& of = found->second;
  if (of.container != answer.container || of.number != answer.number) return false;
  of.number.reset();
  of.next = std::max(now, of.next - kTimeout + kPeriod);
  if (!answer.usage) return false;
  const ContainerUsage& usage = *answer.usage;
  of.usage =
      InstanceUsage{.cpu_permille = cpu_permille(of.cpu_time, usage.cpu_time, now - of.sampled_at),
                    .memory_bytes = usage.memory_bytes,
                    .memory_limit_bytes = usage.memory_limit_bytes,
                    .processes = usage.pids,
                    .processes_max = usage.pids_max,
                    .open_files = usage.open_files,
                    .open_files_max = usage.open_files_max};
  of.cpu_time = usage.cpu_time;
  of.sampled_at = now;
  return true;
}

std::vector<SampleUsage> UsageSampler::tend(const std::function<Running()>& running, MonoTime now) {
  if (now >= state_.next_look) {
    look(running(), now);
    state_.next_look = now + kLookPeriod;
  }
  std::vector<SampleUsage> requests;
  while (std::optional<SampleUsage> request = next_request(now))
    requests.push_back(*std::move(request));
  return requests;
}

void UsageSampler::look(const Running& running, MonoTime now) {
  std::erase_if(state_.instances, [&](const auto& entry) {
    const auto found = running.find(entry.first);
    return found == running.end() || found->second != entry.second.container;
  });
  for (const auto& [instance, container] : running) {
    if (state_.instances.contains(instance)) continue;
    state_.instances.emplace(instance,
                             Sampled{.container = container, .next = now + phase_of(container)});
  }
}

std::size_t UsageSampler::in_flight(MonoTime now) const {
  return static_cast<std::size_t>(std::count_if(
      state_.instances.begin(), state_.instances.end(),
      [now](const auto& entry) { return entry.second.number && entry.second.next > now; }));
}

/// The one that has waited the longest: those that do not answer must not keep the others waiting.
std::optional<SampleUsage> UsageSampler::next_request(MonoTime now) {
  const auto longest = std::min_element(
      state_.instances.begin(), state_.instances.end(),
      [](const auto& one, const auto& other) { return one.second.next < other.second.next; });
  if (longest == state_.instances.end() || longest->second.next > now) return std::nullopt;
  if (in_flight(now) >= kInFlightMax) return std::nullopt;
  Sampled& of = longest->second;
  of.number = ++state_.requests;
  of.next = now + kTimeout;
  return SampleUsage{of.container, longest->first, state_.requests};
}

UsageSampler::Usages UsageSampler::usages() const {
  Usages usages;
  for (const auto& [instance, of] : state_.instances) {
    if (of.usage) usages.emplace(instance, *of.usage);
  }
  return usages;
}

void UsageSampler::check_invariants() const {
  for (const auto& [instance, of] : state_.instances) {
    HEARTH_CHECK(!of.number || *of.number <= state_.requests);
  }
}

}  // namespace hearth::core
