#pragma once

#include <cstdint>
#include <string_view>

namespace hearth::core {

/// The facts about one wanted instance that decide what is done about it.
struct InstanceFacts {
  bool on_dead = false;     ///< Its node is dead.
  bool endangered = false;  ///< Its node is suspect, or its agent is down.
  bool placed = false;      ///< It has a node.
  bool staged = false;
  bool old = false;             ///< Its generation is older than the workload's current one.
  bool replaces = false;        ///< It replaces another instance that is still wanted.
  bool moves_on_loss = false;   ///< The workload's instances are replaced when their node is lost.
  bool roll_under_way = false;  ///< Another instance of an old generation is being replaced.

  // About its successor, the instance that replaces it.
  bool replaced = false;  ///< It has a successor.
  bool successor_stopped = false;
  bool successor_runs = false;
  bool successor_on_dead = false;
  bool successor_old = false;
  bool successor_staged = false;
  bool successor_placed = false;
};

/// What is done about the instance.
enum class Step : std::uint8_t {
  kKeep,
  kStop,
  kStopChain,  ///< Stop it and everything it replaces: its successor runs.
  kStopSuccessor,
  kPromoteSuccessor,
  kMoveLost,   ///< Replace it: its node is dead.
  kMoveOld,    ///< Replace it: its generation is old.
  kStageMove,  ///< Stage a replacement.
};

/// The first rule of the table that holds, by name, and its step.
struct Classification {
  std::string_view rule;
  Step step{};
};
Classification classify(const InstanceFacts& facts);

}  // namespace hearth::core
