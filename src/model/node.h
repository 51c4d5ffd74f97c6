#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/resources.h"

namespace hearth {

/// The manager's verdict about a node. `ACTIVE` in the database: kLive and kSuspect.
enum class NodeState : std::uint8_t {
  kAwaited,  ///< Known by name; no heartbeat received yet, so not judged.
  kLive,
  kSuspect,      ///< Silent longer than suspect_after: replacements are staged.
  kUnreachable,  ///< Silent on the bus, but its agent answers a dial: nothing moves.
  kAgentDown,    ///< Silent, and its machine refuses the dial: containers probably still run.
  kDead,         ///< Silent, and nothing answers: its work moves, its power is cycled.
};

/// How far bringing a dead node back has come (design: the recovery ladder; here its last rung).
enum class RecoveryPhase : std::uint8_t {
  kNone,
  kSwitchingOff,  ///< The driver was told "off"; it is safe to tell it again.
  kSwitchingOn,   ///< Off was confirmed; the driver was told "on"; safe to repeat.
  kBooting,       ///< On was confirmed; a heartbeat of a new incarnation is awaited.
  kWaiting,       ///< The attempt failed; the next one waits for its backoff.
  kQuarantined,   ///< Attempts are used up: a person is needed.
};

struct Recovery {
  RecoveryPhase phase = RecoveryPhase::kNone;
  std::uint32_t attempt = 0;  ///< 1 for the first power-cycle of this outage.
  std::string reason;         ///< What the driver said last, if it failed.
  bool operator==(const Recovery&) const = default;
};

/// A node as the manager keeps it.
struct Node {
  NodeName name;
  std::string display_name;  ///< The name as the operator's file spells it.
  Endpoint agent;            ///< Where its agent is dialled; its address is the node's ip.
  bool port_named = false;   ///< By an operator: what the agent says of its port does not count.
  bool cordoned = false;
  NodeState state = NodeState::kAwaited;
  std::string evidence;     ///< In words: why `state` is what it is.
  Incarnation incarnation;  ///< The last one received.
  Resources capacity;       ///< As last told.
  Recovery recovery;
  WallTime changed_at;  ///< When `state` last changed.
  bool operator==(const Node&) const = default;
};

/// Nodes of one cluster.
inline constexpr std::size_t kNodesMax = 10'000;

/// How a node's agent answered a dial.
enum class DialOutcome : std::uint8_t {
  kAnswered,  ///< The agent spoke.
  kRefused,   ///< The host is up; nobody listens.
  kNoAnswer,  ///< Nothing came back in time, or no way leads there, or somebody else answered.
  kNotAsked,  ///< We could not even ask (out of descriptors, say): it shows nothing.
};

enum class PowerVerb : std::uint8_t { kOff, kOn };

/// Stable lower-case names, as files, API and CLI spell them.
std::string_view name_of(NodeState state);
std::string_view name_of(RecoveryPhase phase);
std::string_view name_of(DialOutcome outcome);
std::string_view name_of(PowerVerb verb);
Result<NodeState> parse_node_state(std::string_view text);
Result<RecoveryPhase> parse_recovery_phase(std::string_view text);

}  // namespace hearth
