#include "model/instance.h"

#include <fmt/format.h>

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<InstanceDesire>, 3> kDesires{{
    {InstanceDesire::kStage, "stage"},
    {InstanceDesire::kRun, "run"},
    {InstanceDesire::kStop, "stop"},
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

std::string_view name_of(InstanceDesire desire) {
  return word_of(kDesires, desire);
}
std::string_view name_of(InstanceState state) {
  return word_of(kStates, state);
}
Result<InstanceDesire> parse_instance_desire(std::string_view text) {
  return value_of(kDesires, text);
}
Result<InstanceState> parse_instance_state(std::string_view text) {
  return value_of(kStates, text);
}

}  // namespace hearth
