#include "model/workload.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<WorkloadKind>, 3> kKinds{{
    {WorkloadKind::kService, "service"},
    {WorkloadKind::kApplication, "application"},
    {WorkloadKind::kOneshot, "oneshot"},
}};
constexpr std::array<EnumName<NodeLossPolicy>, 2> kPolicies{{
    {NodeLossPolicy::kReplace, "replace"},
    {NodeLossPolicy::kStay, "stay"},
}};
constexpr std::array<EnumName<Dependency::Until>, 2> kUntils{{
    {Dependency::Until::kStarted, "started"},
    {Dependency::Until::kReady, "ready"},
}};
constexpr std::array<EnumName<WorkloadPhase>, 7> kPhases{{
    {WorkloadPhase::kBuilding, "building"},
    {WorkloadPhase::kRollingOut, "rolling_out"},
    {WorkloadPhase::kDeployed, "deployed"},
    {WorkloadPhase::kFailed, "failed"},
    {WorkloadPhase::kStopped, "stopped"},
    {WorkloadPhase::kRemoving, "removing"},
    {WorkloadPhase::kRemoved, "removed"},
}};

}  // namespace

const Release* Workload::find_release(Generation generation) const {
  if (next && next->generation == generation) return &*next;
  if (current && current->generation == generation) return &*current;
  const auto found = std::find_if(earlier.begin(), earlier.end(), [&](const Release& release) {
    return release.generation == generation;
  });
  return found == earlier.end() ? nullptr : &*found;
}

const Release* Workload::target() const {
  if (phase == WorkloadPhase::kRollingOut && next) return &*next;
  return current ? &*current : nullptr;
}

Digest no_bundle() {
  static const Digest kNone =
      *Digest::parse("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  return kNone;
}

std::string image_reference(const WorkloadName& workload, const Release& release,
                            const NodeName& builder) {
  // A repository must not end in a hyphen; a name can. No name contains underscores.
  std::string repository = workload.str();
  const std::size_t hyphens = repository.size() - (repository.find_last_not_of('-') + 1);
  repository.resize(repository.size() - hyphens);
  if (hyphens > 0) repository += "__" + std::string(hyphens, '0');
  return fmt::format("hearth/{}:{}-{}-{}", repository, release.generation.value, builder.str(),
                     release.spec.bundle.short_hex());
}

std::string_view name_of(WorkloadKind kind) {
  return word_of(kKinds, kind);
}
std::string_view name_of(NodeLossPolicy policy) {
  return word_of(kPolicies, policy);
}
std::string_view name_of(Dependency::Until until) {
  return word_of(kUntils, until);
}
std::string_view name_of(WorkloadPhase phase) {
  return word_of(kPhases, phase);
}
Result<WorkloadKind> parse_workload_kind(std::string_view text) {
  return value_of(kKinds, text);
}
Result<NodeLossPolicy> parse_node_loss_policy(std::string_view text) {
  return value_of(kPolicies, text);
}
Result<Dependency::Until> parse_dependency_until(std::string_view text) {
  return value_of(kUntils, text);
}
Result<WorkloadPhase> parse_workload_phase(std::string_view text) {
  return value_of(kPhases, text);
}

}  // namespace hearth
