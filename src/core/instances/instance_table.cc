#include "core/instances/instance_table.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::core {
namespace {

/// Ids of one workload differ only in their number: the longer one is the later one.
bool comes_before(const InstanceId& one, const InstanceId& other) {
  return std::pair(one.str().size(), one) < std::pair(other.str().size(), other);
}

constexpr std::string_view kLastTry =
    "; it was in a crash loop on another node, too, and needs an operator";

template <class Index, class Key>
const typename Index::mapped_type& found_or_empty(const Index& index, const Key& key) {
  static const typename Index::mapped_type kEmpty;
  const auto found = index.find(key);
  return found == index.end() ? kEmpty : found->second;
}

}  // namespace

InstanceTable::InstanceTable(State state) {
  std::sort(state.rows.begin(), state.rows.end(), [](const Instance& one, const Instance& other) {
    return comes_before(one.id, other.id);
  });
  for (Instance& instance : state.rows) (void)add(std::move(instance));
}

InstanceTable::State InstanceTable::save() const {
  State state;
  for (const auto& [id, instance] : rows_) state.rows.push_back(instance);
  return state;
}

const Instance* InstanceTable::find(const InstanceId& id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : &found->second;
}

const Instance& InstanceTable::instance(const InstanceId& id) const {
  const Instance* found = find(id);
  HEARTH_CHECK(found != nullptr);
  return *found;
}

Instance& InstanceTable::row(const InstanceId& id) {
  return const_cast<Instance&>(std::as_const(*this).instance(id));
}

const std::vector<InstanceId>& InstanceTable::of_workload(const WorkloadName& workload) const {
  return found_or_empty(of_workload_, workload);
}

std::vector<const Instance*> InstanceTable::rows_of(const WorkloadName& workload) const {
  std::vector<const Instance*> rows;
  for (const InstanceId& id : of_workload(workload)) rows.push_back(&instance(id));
  return rows;
}

const std::set<InstanceId>& InstanceTable::on_node(const NodeName& node) const {
  return found_or_empty(on_node_, node);
}

bool InstanceTable::keeps_on(const WorkloadName& workload, const NodeName& node) const {
  const std::vector<InstanceId>& ids = of_workload(workload);
  return std::any_of(ids.begin(), ids.end(), [&](const InstanceId& id) {
    const Instance& one = instance(id);
    return one.node == node && one.desired_state != DesiredState::kStop;
  });
}

InstanceChange InstanceTable::add(Instance instance) {
  InstanceId id = instance.id;
  const auto [row, is_new] = rows_.emplace(std::move(id), std::move(instance));
  HEARTH_CHECK(is_new);
  index(row->second);
  return {.before = std::nullopt, .after = row->second};
}

void InstanceTable::index(const Instance& instance) {
  of_workload_[instance.workload].push_back(instance.id);
  if (instance.node) {
    on_node_[*instance.node].insert(instance.id);
  } else {
    unplaced_.insert(instance.id);
  }
}

InstanceChange InstanceTable::place(const InstanceId& id, const NodeName& node, WallTime now) {
  Instance& instance = row(id);
  HEARTH_CHECK(!instance.node);
  InstanceChange change{.before = instance, .after = std::nullopt};
  instance.node = node;
  instance.status.state = InstanceState::kAssigned;
  instance.status.reason.clear();
  instance.changed_at = now;
  unplaced_.erase(id);
  on_node_[node].insert(id);
  change.after = instance;
  return change;
}

std::optional<InstanceChange> InstanceTable::note_waiting(const InstanceId& id,
                                                          std::string reason) {
  Instance& instance = row(id);
  HEARTH_CHECK(!instance.node);
  if (instance.status.reason == reason) return std::nullopt;
  InstanceChange change{.before = instance, .after = std::nullopt};
  instance.status.reason = std::move(reason);
  change.after = instance;
  return change;
}

InstanceChange InstanceTable::stop(const InstanceId& id) {
  Instance& instance = row(id);
  InstanceChange change{.before = instance, .after = std::nullopt};
  instance.desired_state = DesiredState::kStop;
  change.after = instance;
  return change;
}

InstanceChange InstanceTable::promote(const InstanceId& id) {
  Instance& instance = row(id);
  HEARTH_CHECK(instance.desired_state == DesiredState::kStage && instance.node);
  InstanceChange change{.before = instance, .after = std::nullopt};
  instance.desired_state = DesiredState::kRun;
  change.after = instance;
  return change;
}

InstanceChange InstanceTable::hold(const InstanceId& id) {
  Instance& instance = row(id);
  HEARTH_CHECK(instance.desired_state == DesiredState::kRun && instance.node);
  InstanceChange change{.before = instance, .after = std::nullopt};
  instance.desired_state = DesiredState::kStage;
  change.after = instance;
  return change;
}

std::optional<InstanceChange> InstanceTable::report(const InstanceId& id, InstanceStatus status,
                                                    WallTime now) {
  Instance& instance = row(id);
  if (instance.is_last_try && status.state == InstanceState::kCrashLoop) status.reason += kLastTry;
  if (instance.status == status) return std::nullopt;
  InstanceChange change{.before = instance, .after = std::nullopt};
  if (instance.status.state != status.state) instance.changed_at = now;
  instance.status = std::move(status);
  change.after = instance;
  return change;
}

std::optional<InstanceChange> InstanceTable::lose(const InstanceId& id, WallTime now) {
  Instance& instance = row(id);
  HEARTH_CHECK(instance.node);
  const bool is_completed = instance.status.state == InstanceState::kCompleted;
  if (instance.desired_state == DesiredState::kStop || is_completed) return std::nullopt;
  InstanceChange change{.before = instance, .after = std::nullopt};
  instance.status.state = InstanceState::kLost;
  instance.status.reason = fmt::format("its node '{}' is dead", instance.node->str());
  instance.changed_at = now;
  change.after = instance;
  return change;
}

std::optional<InstanceChange> InstanceTable::await_report(const InstanceId& id, WallTime now) {
  Instance& instance = row(id);
  const InstanceState state = instance.status.state;
  if (state == InstanceState::kAssigned || state == InstanceState::kCompleted) return std::nullopt;
  InstanceChange change{.before = instance, .after = std::nullopt};
  instance.status.state = InstanceState::kAssigned;
  instance.status.container = {};
  instance.status.reason = "its node rebooted and has not reported it yet";
  instance.changed_at = now;
  change.after = instance;
  return change;
}

InstanceChange InstanceTable::forget(const InstanceId& id) {
  const auto found = rows_.find(id);
  HEARTH_CHECK(found != rows_.end());
  InstanceChange change{.before = std::move(found->second), .after = std::nullopt};
  rows_.erase(found);
  const InstanceId& gone = change.before->id;  // `id` can have been that of the row.
  const auto siblings = of_workload_.find(change.before->workload);
  std::erase(siblings->second, gone);
  if (siblings->second.empty()) of_workload_.erase(siblings);
  if (change.before->node) {
    const auto there = on_node_.find(*change.before->node);
    there->second.erase(gone);
    if (there->second.empty()) on_node_.erase(there);
  }
  unplaced_.erase(gone);
  return change;
}

void InstanceTable::check_invariants() const {
  std::size_t of_workloads = 0;
  for (const auto& [workload, ids] : of_workload_) {
    of_workloads += ids.size();
    HEARTH_CHECK(!ids.empty());
    HEARTH_CHECK(std::is_sorted(ids.begin(), ids.end(), comes_before));
    for (const InstanceId& id : ids) HEARTH_CHECK(instance(id).workload == workload);
  }
  std::size_t placed = 0;
  for (const auto& [node, ids] : on_node_) {
    placed += ids.size();
    HEARTH_CHECK(!ids.empty());
    for (const InstanceId& id : ids) HEARTH_CHECK(instance(id).node == node);
  }
  HEARTH_CHECK(of_workloads == rows_.size());
  HEARTH_CHECK(placed + unplaced_.size() == rows_.size());
  for (const InstanceId& id : unplaced_) {
    HEARTH_CHECK(!instance(id).node);
    HEARTH_CHECK(instance(id).desired_state != DesiredState::kStage);
  }
}

}  // namespace hearth::core
