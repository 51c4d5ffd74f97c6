#include "core/fleet/fleet.h"

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

static_assert(TimedPart<Fleet>);

Fleet::Fleet(FleetSettings settings, State state)
    : settings_(std::move(settings)),
      bus_carries_(state.bus_carries),
      deadlines_(std::move(state.deadlines)) {
  for (NodeWatch::State& one : state.nodes) {
    const WatchSettings of_node = watch_settings(one.node.name);
    enter(NodeWatch(of_node, std::move(one)));
  }
  for (const auto& [deadline, name] : deadlines_) node(name).set_queued(deadline);
}

Fleet::State Fleet::save() const {
  State state{.nodes = {}, .deadlines = deadlines_, .bus_carries = bus_carries_};
  for (const auto& [name, watch] : watches_) state.nodes.push_back(watch.save());
  return state;
}

NodeWatch& Fleet::add(Node node, MonoTime now) {
  const WatchSettings of_node = watch_settings(node.name);
  return enter(NodeWatch(of_node, std::move(node), bus_carries_, now));
}

NodeWatch& Fleet::enter(NodeWatch watch) {
  NodeName name = watch.name();
  const auto [entry, is_new] = watches_.emplace(std::move(name), std::move(watch));
  HEARTH_CHECK(is_new);
  by_name_.emplace(entry->first.str(), &entry->second);
  return entry->second;
}

WatchSettings Fleet::watch_settings(const NodeName& node) const {
  return {.liveness = settings_.liveness,
          .recovery = settings_.recovery,
          .has_power = settings_.has_power(node)};
}

NodeWatch* Fleet::find(const NodeName& name) {
  const auto found = by_name_.find(name.str());
  return found == by_name_.end() ? nullptr : found->second;
}

const NodeWatch* Fleet::find(const NodeName& name) const {
  return const_cast<Fleet*>(this)->find(name);
}

NodeWatch& Fleet::node(const NodeName& name) {
  NodeWatch* found = find(name);
  HEARTH_CHECK(found != nullptr);
  return *found;
}

const NodeWatch& Fleet::node(const NodeName& name) const {
  return const_cast<Fleet*>(this)->node(name);
}

void Fleet::settle(NodeWatch& watch, std::optional<MonoTime> others, MonoTime now) {
  if (watch.take_changed()) changed_.insert(watch.name());
  const std::optional<MonoTime> next = earlier(watch.next_deadline(), others);
  std::optional<MonoTime> queued = watch.queued();
  if (queued && *queued <= now) {
    deadlines_.erase({*queued, watch.name()});
    queued.reset();
  }
  if (next && (!queued || *next < *queued)) {
    if (queued) deadlines_.erase({*queued, watch.name()});
    deadlines_.emplace(*next, watch.name());
    queued = next;
  }
  watch.set_queued(queued);
}

std::vector<NodeName> Fleet::take_due(MonoTime now) {
  std::vector<NodeName> due;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    due.push_back(deadlines_.begin()->second);
    node(due.back()).set_queued(std::nullopt);
    deadlines_.erase(deadlines_.begin());
  }
  return due;
}

std::optional<MonoTime> Fleet::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void Fleet::on_stall(Duration lateness, MonoTime now) {
  for (auto& [name, watch] : watches_) watch.on_stall(lateness, now);
}

void Fleet::on_bus_restored(MonoTime now) {
  bus_carries_ = true;
  for (auto& [name, watch] : watches_) watch.on_bus_restored(now);
}

void Fleet::on_bus_lost() {
  bus_carries_ = false;
  for (auto& [name, watch] : watches_) watch.on_bus_lost();
}

void Fleet::check_invariants() const {
  HEARTH_CHECK(by_name_.size() == watches_.size());
  std::size_t entries = 0;
  for (const auto& [name, watch] : watches_) {
    watch.check_invariants();
    HEARTH_CHECK(watch.name() == name && find(name) == &watch);
    const std::optional<MonoTime> next = watch.next_deadline();
    const std::optional<MonoTime> entry = watch.queued();
    HEARTH_CHECK(!next || (entry && *entry <= *next));
    if (!entry) continue;
    ++entries;
    HEARTH_CHECK(deadlines_.contains({*entry, name}));
  }
  HEARTH_CHECK(entries == deadlines_.size());
}

}  // namespace hearth::core
