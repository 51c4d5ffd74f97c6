#include "core/warm_images/warm_images.h"

#include <utility>

#include "base/check.h"
#include "model/instance.h"

namespace hearth::core {
namespace {

bool wants_holder(const Workload* workload) {
  if (workload == nullptr || !keeps_running(*workload)) return false;
  const Release& release = workload->current_release();
  return release.built_image().archive && release.spec.instances > 0;
}

PlacementRequest request_of(const Workload& workload) {
  const Release& release = workload.current_release();
  const Reservation reservation = reservation_of(release);
  return {.workload = workload.name,
          .resources = reservation.resources,
          .assignment_bytes = reservation.assignment_bytes,
          .image = release.built_image().reference,
          .beside_itself = Beside::kNever};
}

}  // namespace

WarmImages::WarmImages(State state) : state_(std::move(state)) {
  for (const auto& [name, node] : state_.holders) held_by_[node].insert(name);
}

std::set<NodeName> WarmImages::review(const WorkloadName& name, const Workload* workload,
                                      const View& view) {
  std::set<NodeName> touched;
  const bool wanted = wants_holder(workload);
  if (const std::optional<NodeName> holder = holder_of(name)) {
    touched.insert(*holder);  // The image may belong to a new release.
    const bool good = wanted && view.is_live(*holder) && !view.instances.keeps_on(name, *holder);
    if (good) return touched;
    drop(name, *holder);
  }
  state_.lacking.erase(name);
  if (!wanted) return touched;
  const std::optional<NodeName> found = view.capacity.find(request_of(*workload));
  if (!found) {
    state_.lacking.insert(name);
    return touched;
  }
  state_.holders.emplace(name, *found);
  held_by_[*found].insert(name);
  touched.insert(*found);
  return touched;
}

void WarmImages::drop(const WorkloadName& name, const NodeName& node) {
  state_.holders.erase(name);
  const auto held = held_by_.find(node);
  held->second.erase(name);
  if (held->second.empty()) held_by_.erase(held);
}

std::optional<NodeName> WarmImages::holder_of(const WorkloadName& name) const {
  const auto found = state_.holders.find(name);
  return found == state_.holders.end() ? std::nullopt : std::optional(found->second);
}

const std::set<WorkloadName>& WarmImages::held_by(const NodeName& node) const {
  static const std::set<WorkloadName> kNone;
  const auto found = held_by_.find(node);
  return found == held_by_.end() ? kNone : found->second;
}

void WarmImages::check_invariants() const {
  std::size_t held = 0;
  for (const auto& [node, names] : held_by_) {
    held += names.size();
    for (const WorkloadName& name : names) HEARTH_CHECK(state_.holders.at(name) == node);
  }
  HEARTH_CHECK(held == state_.holders.size());
  for (const WorkloadName& name : state_.lacking) HEARTH_CHECK(!state_.holders.contains(name));
}

}  // namespace hearth::core
