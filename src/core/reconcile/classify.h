#pragma once

#include <cstdint>
#include <string_view>

namespace hearth::core {

/// The facts about one wanted instance that decide what is done about it.
struct InstanceFacts {
  bool on_dead = false;     ///< Its node is dead.
  bool endangered = false;  ///< Its node is suspect, or its agent is down.
  bool placed = false;      ///< It has a node.
  bool ready = false;       ///< It does its work.
  bool starting = false;    ///< It runs, and may yet become ready.
  bool staged = false;
  bool old = false;               ///< It has another release than the workload is to have.
  bool stops_first = false;       ///< Its replacement must not run beside it.
  bool cannot_start = false;      ///< Its node has failed to start it for too long.
  bool degraded = false;          ///< Its node asks for a replacement.
  bool crash_loops = false;       ///< It may be tried on another node, once.
  bool replaces = false;          ///< It replaces another instance that is still wanted.
  bool replaces_leaving = false;  ///< It replaces another instance that is being stopped.
  bool last_try = false;          ///< It was placed here because of a crash loop elsewhere.
  bool moves_on_loss = false;   ///< The workload's instances are replaced when their node is lost.
  bool roll_under_way = false;  ///< A replacement of another instance is not ready yet.
  bool may_replace = true;      ///< The workload's budget allows another replacement.
  bool must_wait = false;       ///< What the target release starts after is not there.

  // About its successor, the instance that replaces it.
  bool replaced = false;  ///< It has a successor.
  bool successor_stopped = false;
  bool successor_ready = false;
  bool successor_starting = false;  ///< It runs, and may yet become ready.
  bool successor_on_dead = false;
  bool successor_old = false;
  bool successor_staged = false;
  bool successor_created = false;  ///< It is staged, and its container exists.
  bool successor_placed = false;
  bool successor_gave_up = false;  ///< It is the last try, and in a crash loop, too.
};

/// What is done about the instance.
enum class Step : std::uint8_t {
  kKeep,
  kStop,
  kStopChain,  ///< Stop it and everything it replaces: its successor runs.
  kStopSuccessor,
  kPromote,  ///< It is staged, and must run.
  kPromoteSuccessor,
  kMoveLost,      ///< Replace it: its node is dead.
  kMoveOld,       ///< Replace it: it has another release.
  kStopOld,       ///< Stop it for its replacement: it has another release.
  kMoveStuck,     ///< Replace it: its node cannot start it.
  kMoveDegraded,  ///< Replace it: it is about to fail.
  kTryElsewhere,  ///< Replace it if another node has room: it is in a crash loop.
  kStageMove,     ///< Stage a replacement.
};

/// The first rule of the table that holds, by name, and its step.
struct Classification {
  std::string_view rule;
  Step step{};
};
Classification classify(const InstanceFacts& facts);

}  // namespace hearth::core
