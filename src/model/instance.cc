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
constexpr std::array<EnumName<InstanceState>, 10> kStates{{
    {InstanceState::kPending, "pending"},
    {InstanceState::kAssigned, "assigned"},
    {InstanceState::kFetching, "fetching"},
    {InstanceState::kStarting, "starting"},
    {InstanceState::kStaged, "staged"},
    {InstanceState::kRunning, "running"},
    {InstanceState::kBackoff, "backoff"},
    {InstanceState::kCrashLoop, "crash_loop"},
    {InstanceState::kStopping, "stopping"},
    {InstanceState::kLost, "lost"},
}};

}  // namespace

InstanceId make_instance_id(const WorkloadName& workload, std::uint64_t number) {
  return InstanceId{fmt::format("{}-{}", workload.str(), number)};
}

std::string_view name_of(DesiredState state) {
  return word_of(kDesiredStates, state);
}
std::string_view name_of(InstanceState state) {
  return word_of(kStates, state);
}
Result<DesiredState> parse_desired_state(std::string_view text) {
  return value_of(kDesiredStates, text);
}
Result<InstanceState> parse_instance_state(std::string_view text) {
  return value_of(kStates, text);
}

}  // namespace hearth
