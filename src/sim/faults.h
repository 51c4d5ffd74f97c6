#pragma once

#include <cstdint>
#include <vector>

#include "sim/cluster.h"

namespace hearth::sim {

/// Lets things go wrong at random: crashes, freezes, cuts, stalls, failures, in the mix and at the
/// pace that the seed draws. Each ends by itself or at Cluster::heal().
class FaultSchedule {
 public:
  FaultSchedule(Cluster& cluster, MonoTime end);

 private:
  enum class Kind : std::uint8_t {
    kContainerCrash,
    kContainerCrashLoop,
    kAgentCrash,
    kAgentCrashAtSave,
    kAgentDownLong,
    kNodeReset,
    kNodeCrash,
    kNodeFreeze,
    kEngineRestart,
    kEngineHangs,
    kImagesLost,
    kDiskFull,
    kDiskBusy,
    kDiskLost,
    kManagerCrash,
    kManagerFreeze,
    kStoreFails,
    kBrokerStall,
    kBrokerDown,
    kNodeCutFromBus,
    kNodeCutFromManager,
    kNodeCutOff,
    kManagerCutFromBus,
    kBusTrouble,
    kEngineTrouble,
    kPowerTrouble,
    kTopicsLost,
  };
  static constexpr std::uint64_t kKinds = 27;

  void plan_next();
  void strike();
  void strike(Kind kind, const NodeName& node);
  void crash_a_container(const NodeName& node);
  void crash_again_and_again(const NodeName& node, std::uint32_t times);
  void cut(const NodeName& node, bool bus, bool dial);
  void for_a_while(Duration low, Duration high, Task end);

  Cluster& cluster_;
  World& world_;
  MonoTime end_;
  Duration gap_max_;
  std::vector<Kind> mix_;
};

}  // namespace hearth::sim
