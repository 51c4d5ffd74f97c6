#include "core/workloads/workload_catalog.h"

#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::core {

bool keeps_running(const Workload& workload) {
  return workload.current && workload.phase != WorkloadPhase::kStopped &&
         workload.phase != WorkloadPhase::kRemoving;
}

WorkloadCatalog::WorkloadCatalog(State state) {
  for (Workload& workload : state.workloads) {
    WorkloadName name = workload.name;
    Rows& rows = workload.phase == WorkloadPhase::kRemoved ? removed_ : rows_;
    rows.emplace(std::move(name), std::move(workload));
  }
}

WorkloadCatalog::State WorkloadCatalog::save() const {
  State state;
  for (const Rows* rows : {&rows_, &removed_}) {
    for (const auto& [name, workload] : *rows) state.workloads.push_back(workload);
  }
  return state;
}

const Workload* WorkloadCatalog::find(const WorkloadName& name) const {
  const auto found = rows_.find(name);
  return found == rows_.end() ? nullptr : &found->second;
}

const Workload& WorkloadCatalog::workload(const WorkloadName& name) const {
  const Workload* found = find(name);
  HEARTH_CHECK(found != nullptr);
  return *found;
}

const Workload& WorkloadCatalog::record(const WorkloadName& name) const {
  const Workload* found = find(name);
  return found != nullptr ? *found : removed_.at(name);
}

Workload& WorkloadCatalog::row(const WorkloadName& name) {
  return const_cast<Workload&>(std::as_const(*this).workload(name));
}

Result<Workload*> WorkloadCatalog::row_of_command(const WorkloadName& name) {
  const auto found = rows_.find(name);
  if (found != rows_.end()) return &found->second;
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no workload '{}'; 'hearth ps' lists all", name.str()));
}

Result<Deployment> WorkloadCatalog::deploy(const DeployWorkload& command) {
  const std::string& name = command.name.str();
  if (command.spec.instances > kInstancesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} instances of '{}' exceed the limit of {}", command.spec.instances,
                            name, kInstancesMax));
  }
  if (auto room = check_room_for(command.name); !room) return tl::unexpected(room.error());
  Workload& workload = row_to_deploy(command.name);
  const bool known = workload.current || workload.next;
  if (known && workload.phase == WorkloadPhase::kRemoving) {
    return fail(
        ErrorCode::kConflict,
        fmt::format("workload '{}' is still being removed; try again once it is gone", name));
  }
  Release release{.generation = known ? workload.latest().generation.next() : Generation{1},
                  .spec = command.spec,
                  .image = {}};
  if (workload.current && workload.current->image &&
      workload.current->spec.bundle == release.spec.bundle) {
    release.image = workload.current->image;
  }
  // A stopped release does not start again because a newer one is being built.
  if (workload.phase == WorkloadPhase::kStopped) workload.current.reset();
  Deployment deployment{.generation = release.generation, .image = release.image};
  workload.next = std::move(release);
  workload.phase = WorkloadPhase::kBuilding;
  workload.reason.clear();
  workload.build_node.reset();
  return deployment;
}

Result<void> WorkloadCatalog::check_room_for(const WorkloadName& name) const {
  if (rows_.contains(name)) return {};
  if (rows_.size() >= kWorkloadsMax) {
    return fail(ErrorCode::kExhausted,
                fmt::format("there are {} workloads, the limit of a cluster; remove one first",
                            rows_.size()));
  }
  if (removed_.contains(name) || rows_.size() + removed_.size() < kWorkloadNamesMax) return {};
  return fail(
      ErrorCode::kExhausted,
      fmt::format("{} workload names have been used, the limit of a cluster; reuse the name "
                  "of a removed workload",
                  kWorkloadNamesMax));
}

/// The workload of that name, or a new one that continues the numbers of a removed one.
Workload& WorkloadCatalog::row_to_deploy(const WorkloadName& name) {
  if (auto removed = removed_.extract(name)) {
    Workload& workload = rows_.insert(std::move(removed)).position->second;
    workload.phase = WorkloadPhase::kStopped;
    return workload;
  }
  return rows_.try_emplace(name, Workload{.name = name}).first->second;
}

Result<Change> WorkloadCatalog::stop(const WorkloadName& name) {
  const Result<Workload*> found = row_of_command(name);
  if (!found) return tl::unexpected(found.error());
  Workload& workload = **found;
  if (workload.phase == WorkloadPhase::kRemoving) {
    return fail(ErrorCode::kConflict,
                fmt::format("workload '{}' is already being removed", name.str()));
  }
  workload.build_node.reset();
  workload.phase = WorkloadPhase::kStopped;
  workload.reason.clear();
  return Change::kChanged;
}

Result<Change> WorkloadCatalog::remove(const WorkloadName& name) {
  const Result<Workload*> found = row_of_command(name);
  if (!found) return tl::unexpected(found.error());
  Workload& workload = **found;
  if (workload.phase == WorkloadPhase::kRemoving) return Change::kUnchanged;
  workload.build_node.reset();
  workload.phase = WorkloadPhase::kRemoving;
  return Change::kChanged;
}

void WorkloadCatalog::retire(const WorkloadName& name) {
  Workload& workload = row(name);
  HEARTH_CHECK(workload.phase == WorkloadPhase::kRemoving);
  workload.phase = WorkloadPhase::kRemoved;
  workload.reason.clear();
  workload.current = workload.latest();
  workload.current->image.reset();
  workload.current->spec.container.environment.clear();
  workload.next.reset();
  removed_.insert(rows_.extract(name));
}

Change WorkloadCatalog::set_builder(const WorkloadName& name,
                                    const std::optional<NodeName>& builder) {
  Workload& workload = row(name);
  if (workload.build_node == builder) return Change::kUnchanged;
  HEARTH_CHECK(workload.phase == WorkloadPhase::kBuilding);
  workload.build_node = builder;
  return Change::kChanged;
}

Change WorkloadCatalog::note_build_waits(const WorkloadName& name, std::string reason) {
  Workload& workload = row(name);
  if (workload.reason == reason) return Change::kUnchanged;
  workload.reason = std::move(reason);
  return Change::kChanged;
}

void WorkloadCatalog::finish_build(const WorkloadName& name, Image image) {
  Workload& workload = row(name);
  HEARTH_CHECK(workload.phase == WorkloadPhase::kBuilding && workload.next);
  workload.current = std::move(workload.next);
  workload.next.reset();
  workload.current->image = std::move(image);
  workload.phase = WorkloadPhase::kDeployed;
  workload.reason.clear();
  workload.build_node.reset();
}

void WorkloadCatalog::fail_build(const WorkloadName& name, std::string reason) {
  Workload& workload = row(name);
  HEARTH_CHECK(workload.phase == WorkloadPhase::kBuilding);
  workload.phase = WorkloadPhase::kFailed;
  workload.reason = std::move(reason);
  workload.build_node.reset();
}

std::uint64_t WorkloadCatalog::take_instance_number(const WorkloadName& name) {
  return row(name).next_instance++;
}

void WorkloadCatalog::check_invariants() const {
  HEARTH_CHECK(rows_.size() <= kWorkloadsMax);
  HEARTH_CHECK(rows_.size() + removed_.size() <= kWorkloadNamesMax);
  for (const auto& [name, workload] : rows_) {
    HEARTH_CHECK(workload.name == name && workload.phase != WorkloadPhase::kRemoved);
    HEARTH_CHECK(workload.current || workload.next);
    if (workload.phase == WorkloadPhase::kBuilding) HEARTH_CHECK(workload.next);
    if (workload.build_node) HEARTH_CHECK(workload.phase == WorkloadPhase::kBuilding);
    if (workload.phase == WorkloadPhase::kDeployed) {
      HEARTH_CHECK(workload.current && workload.current->image && !workload.next);
    }
  }
  for (const auto& [name, workload] : removed_) {
    HEARTH_CHECK(workload.phase == WorkloadPhase::kRemoved && !rows_.contains(name));
  }
}

}  // namespace hearth::core
