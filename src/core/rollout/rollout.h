#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/instance.h"
#include "model/workload.h"

namespace hearth::core {

/// How far the roll-out of a workload's target release is.
struct RolloutVerdict {
  enum class Kind : std::uint8_t {
    kGoesOn,
    kDone,    ///< All of its instances are ready, and none of another release is left.
    kFailed,  ///< One of its instances failed by its own fault; `reason` says which and how.
  };
  Kind kind = Kind::kGoesOn;
  std::string reason;
  bool operator==(const RolloutVerdict&) const = default;
};

/// Judges the roll-out by the instances: an exit, a probe or a log rule of one that has the target
/// release fails it. A lost node, a full cluster or a node that cannot start an instance does not:
/// then the instance goes elsewhere, or waits. But a container that its node cannot adopt is
/// nowhere else, and fails it. The reason names the container by the first 12 letters of its id,
/// since a fresh one may have taken its place by the time somebody asks for its last words.
///
/// The first release that a workload ever runs is judged until it is done, even after it failed:
/// nothing better can be kept running, so its instances go on and may become ready.
///
/// `instances`: all instances of this workload.
RolloutVerdict judge_rollout(const Workload& workload,
                             const std::vector<const Instance*>& instances);

/// Whether its release is still to prove itself.
bool is_rolling_out(const Workload& workload);

/// How many instances the workload is to have. While one release replaces another, as many as
/// before: the number follows once as many of the target release are ready, or nothing of the other
/// is left.
std::uint32_t wanted_instances(const Workload& workload,
                               const std::vector<const Instance*>& instances);

}  // namespace hearth::core
