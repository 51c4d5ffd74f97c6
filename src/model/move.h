#pragma once

#include <cstdint>

#include "model/ids.h"

namespace hearth {

/// Why the work of an instance moves.
enum class MoveReason : std::uint8_t {
  kNodeLost,     ///< Its node is dead.
  kNodeSilent,   ///< Its node might be dead: a replacement is staged, and withdrawn if it is not.
  kRelease,      ///< It is of another generation than the workload's.
  kCannotStart,  ///< Its node has failed to start it for too long.
  kDegraded,     ///< It is about to fail.
  kCrashLoop,    ///< It is in a crash loop; perhaps its node is why.
};

/// In which order it moves.
enum class MoveStyle : std::uint8_t {
  kStartFirst,  ///< The replacement starts; the instance stops once it runs.
  kStageFirst,  ///< The replacement is created, and starts only once the node is dead or, of what
                ///< must not run twice, once the instance has stopped.
};

/// The move of one instance's work to another node, or to another container on the same one.
struct Move {
  InstanceId instance;  ///< The one that is replaced.
  MoveReason reason{};
  MoveStyle style{};
  bool operator==(const Move&) const = default;
};

}  // namespace hearth
