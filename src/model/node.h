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

/// The manager's verdict on a node. `ACTIVE` in the database: kLive and kSuspect.
enum class NodeState : std::uint8_t {
  kAwaited,  ///< Known by name; no heartbeat received yet, so not judged.
  kLive,
  kSuspect,      ///< Silent longer than suspect_after: replacements are staged.
  kUnreachable,  ///< Silent on the bus, but its agent answers a dial: nothing moves.
  kAgentDown,    ///< Silent, and its host refuses the dial: containers probably still run.
  kDead,         ///< Silent, and nothing answers: its work moves, its power is cycled.
};

/// How far the recovery of a dead node by power-cycling has come.
enum class RecoveryPhase : std::uint8_t {
  kNone,
  kSwitchingOff,  ///< The driver was asked for "off"; it is safe to ask again.
  kSwitchingOn,   ///< Off is confirmed and the driver was asked for "on"; safe to repeat.
  kBooting,       ///< On is confirmed; a heartbeat of a new incarnation is awaited.
  kWaiting,       ///< The attempt failed; the next one waits for its backoff.
  kQuarantined,   ///< All attempts are used up: needs an operator.
};

struct Recovery {
  RecoveryPhase phase = RecoveryPhase::kNone;
  std::uint32_t attempt = 0;  ///< 1 for the first power-cycle of this outage.
  std::string reason;         ///< The driver's last error, if it failed.
  bool operator==(const Recovery&) const = default;
};

/// A node as the manager stores it.
struct Node {
  NodeName name;
  std::string display_name;  ///< The name as spelt in the operator's file.
  Endpoint agent;            ///< Where its agent is dialled; the address is the node's ip.
  bool port_named = false;   ///< An operator set the port: the one the agent reports is ignored.
  bool cordoned = false;
  NodeState state = NodeState::kAwaited;
  std::string evidence;     ///< In words, why `state` is what it is.
  Incarnation incarnation;  ///< The last one received.
  /// The number of the latest incident of that incarnation that became an event.
  std::uint64_t incidents_seen = 0;
  Resources capacity;  ///< As last reported.
  Recovery recovery;
  WallTime changed_at;  ///< When `state` last changed.
  /// Until when it is known how it and its instances are. Absent while that is so up to the
  /// present, as far as the manager itself sees: it is live, or answers over HTTP.
  std::optional<WallTime> known_at = {};
  bool operator==(const Node&) const = default;
};

/// The most nodes a cluster can have.
inline constexpr std::size_t kNodesMax = 10'000;

/// How a node's agent answered a dial.
enum class DialOutcome : std::uint8_t {
  kAnswered,  ///< The agent answered.
  kRefused,   ///< The host is up; nothing listens there.
  kNoAnswer,  ///< No answer in time, no route, or another process answered.
  kNotAsked,  ///< The dial could not be made (out of descriptors, say): it proves nothing.
};

enum class PowerVerb : std::uint8_t { kOff, kOn };

/// Stable lower-case names, as used in files, API and CLI.
std::string_view name_of(NodeState state);
std::string_view name_of(RecoveryPhase phase);
std::string_view name_of(DialOutcome outcome);
std::string_view name_of(PowerVerb verb);
Result<NodeState> parse_node_state(std::string_view text);
Result<RecoveryPhase> parse_recovery_phase(std::string_view text);

}  // namespace hearth
