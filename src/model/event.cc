#include "model/event.h"

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<EventType>, 30> kTypes{{
    {EventType::kManagerStarted, "manager.started"},
    {EventType::kBusBlind, "bus.blind"},
    {EventType::kBusSeeing, "bus.seeing"},
    {EventType::kNodeImported, "node.imported"},
    {EventType::kNodeLive, "node.live"},
    {EventType::kNodeSuspect, "node.suspect"},
    {EventType::kNodeUnreachable, "node.unreachable"},
    {EventType::kNodeAgentDown, "node.agent_down"},
    {EventType::kNodeDead, "node.dead"},
    {EventType::kNodePowerOff, "node.power_off"},
    {EventType::kNodePowerOn, "node.power_on"},
    {EventType::kNodeRecovered, "node.recovered"},
    {EventType::kNodeRecoveryFailed, "node.recovery_failed"},
    {EventType::kNodeQuarantined, "node.quarantined"},
    {EventType::kNodeNoticed, "node.noticed"},
    {EventType::kWorkloadDeploying, "workload.deploying"},
    {EventType::kWorkloadBuilt, "workload.built"},
    {EventType::kWorkloadDegraded, "workload.degraded"},
    {EventType::kWorkloadDeployed, "workload.deployed"},
    {EventType::kWorkloadFailed, "workload.failed"},
    {EventType::kWorkloadStopped, "workload.stopped"},
    {EventType::kWorkloadRemoved, "workload.removed"},
    {EventType::kInstancePlaced, "instance.placed"},
    {EventType::kInstancePending, "instance.pending"},
    {EventType::kInstanceStarted, "instance.started"},
    {EventType::kInstanceExited, "instance.exited"},
    {EventType::kInstanceNoticed, "instance.noticed"},
    {EventType::kInstanceCrashLoop, "instance.crash_loop"},
    {EventType::kInstanceLost, "instance.lost"},
    {EventType::kInstanceStopped, "instance.stopped"},
}};

}  // namespace

std::string_view name_of(EventType type) {
  return word_of(kTypes, type);
}
Result<EventType> parse_event_type(std::string_view text) {
  return value_of(kTypes, text);
}

}  // namespace hearth
