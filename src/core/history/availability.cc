#include "core/history/availability.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/check.h"

namespace hearth::core {
namespace {

struct Step {
  WallTime at;
  Condition condition{};
};

/// The entries of the subject itself, at times that never run backwards.
std::vector<Step> steps_of(const std::vector<HistoryEntry>& entries) {
  std::vector<Step> steps;
  for (const HistoryEntry& entry : entries) {
    if (entry.instance) continue;
    const WallTime at = steps.empty() ? entry.at : std::max(entry.at, steps.back().at);
    steps.push_back({at, entry.condition});
  }
  return steps;
}

/// What holds from an instant that only grows.
class Cursor {
 public:
  explicit Cursor(std::vector<Step> steps) : steps_(std::move(steps)) {}

  /// The condition at `now`; nullopt before the first step.
  std::optional<Condition> at(WallTime now) {
    while (next_ < steps_.size() && steps_[next_].at <= now) ++next_;
    if (next_ == 0) return std::nullopt;
    return steps_[next_ - 1].condition;
  }
  /// When that ends, as of the last at(); nullopt: it lasts.
  std::optional<WallTime> end() const {
    if (next_ == steps_.size()) return std::nullopt;
    return steps_[next_].at;
  }

 private:
  std::vector<Step> steps_;
  std::size_t next_ = 0;
};

/// The oldest release of those that are kept.
const Release& oldest_of(const Workload& workload) {
  if (!workload.earlier.empty()) return workload.earlier.back();
  return workload.current ? *workload.current : workload.latest();
}

WallClock::duration& part_for(Availability& sum, std::optional<Condition> workload,
                              std::optional<Condition> manager) {
  if (!workload || !manager || *manager == Condition::kBlind) return sum.unknown;
  if (*workload == Condition::kAvailable) return sum.full;
  if (*workload == Condition::kReduced) return sum.reduced;
  if (*workload == Condition::kUnavailable) return sum.none;
  return sum.unwanted;
}

}  // namespace

Availability availability_of(const History& history, const Window& window,
                             std::optional<WallTime> first_deploy) {
  HEARTH_CHECK(window.begin <= window.end);
  const WallTime begin = std::clamp(first_deploy.value_or(window.begin), window.begin, window.end);
  Cursor workload(steps_of(history.workload));
  Cursor manager(steps_of(history.manager));
  Availability sum;
  for (WallTime now = begin; now < window.end;) {
    std::optional<Condition> condition = workload.at(now);
    if (!condition && first_deploy) condition = Condition::kUnwanted;
    WallClock::duration& part = part_for(sum, condition, manager.at(now));
    const WallTime next = std::min(
        {window.end, workload.end().value_or(window.end), manager.end().value_or(window.end)});
    part += next - now;
    now = next;
  }
  return sum;
}

std::optional<WallTime> first_deploy_of(const Workload& workload, const History& history) {
  const Release& oldest = oldest_of(workload);
  if (oldest.generation == Generation{1}) return oldest.deployed_at;
  // Of a workload with many releases, or one that has the name of a removed one.
  const bool is_whole = history.workload.size() < kHistoryOfWorkloadMax;
  if (history.workload.empty() || !is_whole) return std::nullopt;
  return std::min(history.workload.front().at, oldest.deployed_at);
}

}  // namespace hearth::core
