#include "core/slot_containers/slot_containers.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace hearth::core {
namespace {

int usefulness(ContainerState state) {
  switch (state) {
    case ContainerState::kRunning: return 2;
    case ContainerState::kCreated: return 1;
    case ContainerState::kExited: return 0;
  }
  HEARTH_CHECK(false);
}

}  // namespace

Container* SlotContainers::find(const ContainerId& container) {
  const auto found = state_.all.find(container);
  return found == state_.all.end() ? nullptr : &found->second;
}

const Container* SlotContainers::serving(Generation generation) const {
  const Container* best = nullptr;
  for (const auto& [id, container] : state_.all) {
    if (container.generation != generation) continue;
    if (state_.leaving.contains(id) || container.state == ContainerState::kExited) continue;
    if (state_.condemned.contains(id)) continue;
    if (best == nullptr || usefulness(container.state) > usefulness(best->state)) best = &container;
  }
  return best;
}

Container* SlotContainers::adopted() {
  const auto found = std::find_if(state_.all.begin(), state_.all.end(),
                                  [](const auto& entry) { return entry.second.adopted; });
  return found == state_.all.end() ? nullptr : &found->second;
}

bool SlotContainers::has_adopted() const {
  return std::any_of(state_.all.begin(), state_.all.end(),
                     [](const auto& entry) { return entry.second.adopted; });
}

bool SlotContainers::must_stop_first(bool only_one) const {
  return std::any_of(state_.all.begin(), state_.all.end(), [&](const auto& entry) {
    const bool must_stop = only_one && state_.condemned.contains(entry.first);
    return entry.second.state == ContainerState::kRunning &&
           (must_stop || state_.leaving.contains(entry.first));
  });
}

std::pair<Container&, bool> SlotContainers::add(const Container& seen) {
  const auto [entry, is_new] = state_.all.try_emplace(seen.id, seen);
  return {entry->second, is_new};
}

void SlotContainers::erase(const ContainerId& container) {
  state_.all.erase(container);
  state_.condemned.erase(container);
}

void SlotContainers::erase_all_but(const std::set<ContainerId>& kept) {
  std::erase_if(state_.all, [&](const auto& entry) { return !kept.contains(entry.first); });
  std::erase_if(state_.condemned,
                [&](const ContainerId& container) { return !kept.contains(container); });
}

void SlotContainers::reprieve(Container& container) {
  container.state = ContainerState::kCreated;
  state_.condemned.erase(container.id);
}

void SlotContainers::clear_out(const ContainerId& keep, const StopSpec& stop, MonoTime now,
                               OperationIds& ids, std::vector<ContainerAction>& actions) {
  if (now < state_.next_clearing) return;
  for (const auto& [id, container] : state_.all) {
    const bool is_condemned = state_.condemned.contains(id);
    if ((id == keep || container.adopted) && !is_condemned) continue;
    const bool runs = container.state == ContainerState::kRunning;
    if (container.adopted && !runs) continue;
    if (!state_.leaving.insert(id).second) continue;
    if (runs) {
      actions.emplace_back(StopContainer{ids.next(), id, stop.grace, stop.pre_stop});
    } else {
      actions.emplace_back(RemoveContainer{ids.next(), id});
    }
  }
}

void SlotContainers::leave(const StopSpec& stop, MonoTime now, OperationIds& ids,
                           std::vector<ContainerAction>& actions) {
  if (const Container* known = adopted()) return let_go(known->instance, now, ids, actions);
  clear_out(ContainerId{}, stop, now, ids, actions);
}

void SlotContainers::let_go(const InstanceId& instance, MonoTime now, OperationIds& ids,
                            std::vector<ContainerAction>& actions) {
  if (now < state_.next_clearing || !state_.leaving.empty()) return;
  for (const auto& [id, container] : state_.all) {
    if (container.adopted) state_.leaving.insert(id);
  }
  actions.emplace_back(LetGo{ids.next(), instance});
}

void SlotContainers::on_cleared(const ContainerAction& asked, const Result<void>& outcome,
                                MonoTime now) {
  if (!outcome) state_.next_clearing = now + kClearingRetry;
  if (const auto* stop = std::get_if<StopContainer>(&asked)) return on_cleared(*stop, outcome);
  if (const auto* remove = std::get_if<RemoveContainer>(&asked))
    return on_cleared(*remove, outcome);
  const auto* let_go = std::get_if<LetGo>(&asked);
  HEARTH_CHECK(let_go != nullptr);
  on_cleared(*let_go, outcome);
}

void SlotContainers::on_cleared(const StopContainer& stop, const Result<void>& outcome) {
  state_.leaving.erase(stop.container);
  Container* known = find(stop.container);
  if (outcome && known != nullptr) known->state = ContainerState::kExited;  // It is removed next.
  if (outcome) state_.is_unstoppable_reported = false;
  state_.unstoppable = outcome
                           ? std::string()
                           : "its previous container cannot be stopped: " + outcome.error().message;
}

std::optional<std::string> SlotContainers::take_unstoppable() {
  if (state_.unstoppable.empty() || std::exchange(state_.is_unstoppable_reported, true))
    return std::nullopt;
  return state_.unstoppable;
}

void SlotContainers::on_cleared(const RemoveContainer& remove, const Result<void>& outcome) {
  state_.leaving.erase(remove.container);
  if (outcome) erase(remove.container);
}

void SlotContainers::on_cleared(const LetGo&, const Result<void>& outcome) {
  state_.leaving.clear();
  if (!outcome) return;
  std::erase_if(state_.all, [](const auto& entry) { return entry.second.adopted; });
  std::erase_if(state_.condemned,
                [this](const ContainerId& container) { return !state_.all.contains(container); });
}

std::optional<MonoTime> SlotContainers::next_deadline(MonoTime now) const {
  return state_.next_clearing > now ? std::optional(state_.next_clearing) : std::nullopt;
}

void SlotContainers::check_invariants() const {
  for (const auto& [id, container] : state_.all) HEARTH_CHECK(container.id == id);
}

}  // namespace hearth::core
