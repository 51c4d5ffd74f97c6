#pragma once

#include <cstdint>
#include <string_view>

namespace hearth::core {

/// What is known of one instance that is wanted, as far as it matters to what is done about it.
struct InstanceFacts {
  bool on_dead = false;     ///< Its node is dead.
  bool endangered = false;  ///< Its node is suspect, or without its agent.
  bool placed = false;      ///< It has a node.
  bool staged = false;
  bool old = false;             ///< Of an older generation than the workload's.
  bool replaces = false;        ///< It is the replacement of another one that is still wanted.
  bool moves_on_loss = false;   ///< The workload's instances are replaced when their node is lost.
  bool roll_under_way = false;  ///< Another one of an old generation is being replaced already.

  // Of the instance that replaces it.
  bool replaced = false;  ///< There is one.
  bool successor_stopped = false;
  bool successor_runs = false;
  bool successor_on_dead = false;
  bool successor_old = false;
  bool successor_staged = false;
  bool successor_placed = false;
};

/// What is done about it.
enum class Step : std::uint8_t {
  kKeep,
  kStop,
  kStopChain,  ///< Stop it and all that it replaces: its successor runs.
  kStopSuccessor,
  kPromoteSuccessor,
  kMoveLost,   ///< Replace it: its node is dead.
  kMoveOld,    ///< Replace it: it is of an old generation.
  kStageMove,  ///< Make a replacement ready.
};

/// The first rule that holds, by name, and what it says. The rules stand in one table.
struct Classification {
  std::string_view rule;
  Step step{};
};
Classification classify(const InstanceFacts& facts);

}  // namespace hearth::core
