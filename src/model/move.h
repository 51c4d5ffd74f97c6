#pragma once

#include <cstdint>

#include "model/ids.h"

namespace hearth {

/// Why the work of an instance goes elsewhere.
enum class MoveReason : std::uint8_t {
  kNodeLost,    ///< Its node is dead.
  kNodeSilent,  ///< Its node may be: what replaces it is made ready, and withdrawn if it is not.
  kRelease,     ///< It is of an older generation.
};

/// How it goes there.
enum class MoveStyle : std::uint8_t {
  kStartFirst,  ///< The replacement starts, and the instance stops once that runs.
  kStageFirst,  ///< The replacement is created and starts only once the node is dead.
};

/// One instance's work going to another place, or to another container in the same one.
struct Move {
  InstanceId instance;  ///< That is replaced.
  MoveReason reason{};
  MoveStyle style{};
  bool operator==(const Move&) const = default;
};

}  // namespace hearth
