#include "core/workloads/workload_catalog.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::core {
namespace {

Error no_workload(const WorkloadName& name) {
  return {ErrorCode::kNotFound,
          fmt::format("there is no workload '{}'; 'hearth ps' lists all", name.str())};
}

/// Whether the container that the release adopts is to be restarted once.
void restart_adopted(std::optional<Release>& release, bool afresh) {
  if (!release) return;
  if (std::optional<AdoptedContainer>& adopted = release->spec.instance.adopted)
    adopted->afresh = afresh;
}

}  // namespace

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
  return tl::unexpected(no_workload(name));
}

Result<Deployment> WorkloadCatalog::deploy(const DeployWorkload& command, WallTime now) {
  const std::string& name = command.name.str();
  if (command.spec.instances > kInstancesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} instances of '{}' exceed the limit of {}", command.spec.instances,
                            name, kInstancesMax));
  }
  if (auto room = check_room_for(command.name); !room) return tl::unexpected(room.error());
  Workload& workload = row_to_deploy(command.name);
  const bool known = workload.current || workload.next;
  if (auto free = known ? check_not_removing(workload) : Result<void>{}; !free) {
    return tl::unexpected(free.error());
  }
  Release release{.generation = known ? workload.latest().generation.next() : Generation{1},
                  .spec = command.spec,
                  .image = {},
                  .deployed_at = now,
                  .deployed_by = command.by};
  const std::optional<Release>& current = workload.current;
  if (release.spec.instance.adopted) {
    release.image = Image{};  // Its container exists.
  } else if (current && current->image && !current->spec.instance.adopted &&
             current->spec.bundle == release.spec.bundle) {
    release.image = current->image;
  }
  return accept(workload, std::move(release));
}

Result<const Release*> WorkloadCatalog::release_to_return_to(
    const RollBackWorkload& command) const {
  const Workload* workload = find(command.name);
  if (workload == nullptr) return tl::unexpected(no_workload(command.name));
  if (auto free = check_not_removing(*workload); !free) return tl::unexpected(free.error());
  return release_to_return_to(*workload, command.to);
}

Result<Deployment> WorkloadCatalog::roll_back(const RollBackWorkload& command, WallTime now) {
  const Result<const Release*> to = release_to_return_to(command);
  if (!to) return tl::unexpected(to.error());
  Workload& workload = row(command.name);
  Deployment deployment = repeat(workload, **to, command.by, now);
  restart_adopted(workload.next, false);
  return deployment;
}

Result<Deployment> WorkloadCatalog::restart(const RestartWorkload& command, WallTime now) {
  const Result<Workload*> found = row_of_command(command.name);
  if (!found) return tl::unexpected(found.error());
  Workload& workload = **found;
  if (auto free = check_not_removing(workload); !free) return tl::unexpected(free.error());
  if (workload.phase == WorkloadPhase::kBuilding || workload.phase == WorkloadPhase::kRollingOut) {
    return fail(ErrorCode::kConflict,
                fmt::format("a release of '{}' is being deployed; try again once that is done",
                            command.name.str()));
  }
  if (!workload.current) {
    return fail(ErrorCode::kConflict,
                fmt::format("'{}' has no release that was built; deploy one", command.name.str()));
  }
  Deployment deployment = repeat(workload, *workload.current, command.by, now);
  restart_adopted(workload.next, true);
  return deployment;
}

/// The same specification and image as another generation.
Deployment WorkloadCatalog::repeat(Workload& workload, const Release& release,
                                   const std::string& by, WallTime now) {
  return accept(workload, {.generation = workload.latest().generation.next(),
                           .spec = release.spec,
                           .image = release.built_image(),
                           .deployed_at = now,
                           .deployed_by = by});
}

Deployment WorkloadCatalog::accept(Workload& workload, Release release) {
  set_aside(workload, workload.next);
  // A stopped release does not start again because a newer one is being built.
  if (workload.phase == WorkloadPhase::kStopped) set_aside(workload, workload.current);
  Deployment deployment{.generation = release.generation, .image = release.image};
  workload.next = std::move(release);
  workload.phase = WorkloadPhase::kBuilding;
  workload.reason.clear();
  workload.build_node.reset();
  return deployment;
}

Result<void> WorkloadCatalog::check_not_removing(const Workload& workload) {
  if (workload.phase != WorkloadPhase::kRemoving) return {};
  return fail(ErrorCode::kConflict,
              fmt::format("workload '{}' is still being removed; try again once it is gone",
                          workload.name.str()));
}

Result<const Release*> WorkloadCatalog::release_to_return_to(const Workload& workload,
                                                             std::optional<Generation> to) {
  if (to) return release_to_return_to(workload, *to);
  for (const Release& release : workload.earlier) {
    if (release.image && release.fault.empty()) return &release;
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("'{}' has no earlier release that ran", workload.name.str()));
}

Result<const Release*> WorkloadCatalog::release_to_return_to(const Workload& workload,
                                                             Generation to) {
  for (const Release& release : workload.earlier) {
    if (release.generation != to) continue;
    if (release.image) return &release;
    return fail(ErrorCode::kConflict,
                fmt::format("release {} of '{}' was never built", to.value, workload.name.str()));
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("release {} of '{}' is not kept; 'hearth releases {}' lists those that "
                          "are",
                          to.value, workload.name.str(), workload.name.str()));
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
  workload.current->spec.instance = {};
  workload.earlier.clear();
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
  workload.next->image = std::move(image);
  // Nothing runs that a failure could fall back to.
  if (!workload.current) workload.current = std::exchange(workload.next, std::nullopt);
  workload.phase = WorkloadPhase::kRollingOut;
  workload.reason.clear();
  workload.build_node.reset();
}

void WorkloadCatalog::finish_rollout(const WorkloadName& name) {
  Workload& workload = row(name);
  if (workload.phase == WorkloadPhase::kRollingOut && workload.next) {
    set_aside(workload, workload.current);
    workload.current = std::exchange(workload.next, std::nullopt);
  }
  HEARTH_CHECK(workload.current);
  workload.current->fault.clear();
  workload.phase = WorkloadPhase::kDeployed;
  workload.reason.clear();
}

void WorkloadCatalog::fail_rollout(const WorkloadName& name, const std::string& reason) {
  Workload& workload = row(name);
  HEARTH_CHECK(workload.phase == WorkloadPhase::kRollingOut);
  std::optional<Release>& failed = workload.next ? workload.next : workload.current;
  HEARTH_CHECK(failed);
  failed->fault = reason;
  workload.phase = WorkloadPhase::kFailed;
  workload.reason = reason;
}

Change WorkloadCatalog::forget_releases(const WorkloadName& name,
                                        const std::set<Generation>& in_use) {
  std::vector<Release>& earlier = row(name).earlier;
  std::size_t kept = 0;
  const auto forgotten = std::erase_if(earlier, [&](const Release& release) {
    if (kept < kReleasesKept) {
      ++kept;
      return false;
    }
    return !in_use.contains(release.generation);
  });
  return forgotten == 0 ? Change::kUnchanged : Change::kChanged;
}

/// Keeps a release that is no longer the current or the next one.
void WorkloadCatalog::set_aside(Workload& workload, std::optional<Release>& release) {
  if (!release) return;
  const auto before = std::find_if(
      workload.earlier.begin(), workload.earlier.end(),
      [after = release->generation](const Release& one) { return one.generation < after; });
  workload.earlier.insert(before, *release);
  release.reset();
}

void WorkloadCatalog::fail_build(const WorkloadName& name, std::string reason) {
  Workload& workload = row(name);
  HEARTH_CHECK(workload.phase == WorkloadPhase::kBuilding);
  HEARTH_CHECK(workload.next);
  workload.next->fault = reason;
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
    if (workload.current) HEARTH_CHECK(workload.current->image);
    if (workload.phase == WorkloadPhase::kDeployed)
      HEARTH_CHECK(workload.current && !workload.next);
    if (workload.phase == WorkloadPhase::kRollingOut) {
      HEARTH_CHECK(workload.current && (!workload.next || workload.next->image));
    }
    HEARTH_CHECK(std::is_sorted(
        workload.earlier.rbegin(), workload.earlier.rend(),
        [](const Release& a, const Release& b) { return a.generation < b.generation; }));
  }
  for (const auto& [name, workload] : removed_) {
    HEARTH_CHECK(workload.phase == WorkloadPhase::kRemoved && !rows_.contains(name));
  }
}

}  // namespace hearth::core
