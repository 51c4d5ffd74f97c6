#include "model/instance.h"

#include <fmt/format.h>

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<DesiredState>, 3> kDesiredStates{{
    {DesiredState::kStage, "stage"},
    {DesiredState::kRun, "run"},
    {DesiredState::kStop, "stop"},
}};
constexpr std::array<EnumName<InstanceState>, 13> kStates{{
    {InstanceState::kPending, "pending"},
    {InstanceState::kAssigned, "assigned"},
    {InstanceState::kFetching, "fetching"},
    {InstanceState::kStarting, "starting"},
    {InstanceState::kStaged, "staged"},
    {InstanceState::kRunning, "running"},
    {InstanceState::kPaused, "paused"},
    {InstanceState::kBackoff, "backoff"},
    {InstanceState::kCrashLoop, "crash_loop"},
    {InstanceState::kCompleted, "completed"},
    {InstanceState::kFailed, "failed"},
    {InstanceState::kStopping, "stopping"},
    {InstanceState::kLost, "lost"},
}};
constexpr std::array<EnumName<Health>, 4> kHealths{{
    {Health::kUnknown, "unknown"},
    {Health::kStarting, "starting"},
    {Health::kReady, "ready"},
    {Health::kDegraded, "degraded"},
}};

}  // namespace

Reservation reservation_of(const Release& release) {
  const InstanceSpec& spec = release.spec.instance;
  return {.resources = spec.container.resources, .assignment_bytes = spec.assignment_bytes()};
}

InstanceId make_instance_id(const WorkloadName& workload, std::uint64_t number) {
  return InstanceId{fmt::format("{}-{}", workload.str(), number)};
}

std::string_view name_of(DesiredState state) {
  return word_of(kDesiredStates, state);
}
std::string_view name_of(InstanceState state) {
  return word_of(kStates, state);
}
std::string_view name_of(Health health) {
  return word_of(kHealths, health);
}
Result<DesiredState> parse_desired_state(std::string_view text) {
  return value_of(kDesiredStates, text);
}
Result<InstanceState> parse_instance_state(std::string_view text) {
  return value_of(kStates, text);
}
Result<Health> parse_health(std::string_view text) {
  return value_of(kHealths, text);
}

}  // namespace hearth
