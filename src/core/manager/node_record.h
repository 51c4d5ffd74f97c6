#pragma once

#include <deque>
#include <optional>
#include <string>

#include "core/manager/manager.h"

namespace hearth::core {

/// All that the manager holds about one node.
struct Manager::NodeRecord {
  NodeRecord(Node the_node, const ManagerSettings& settings, MonoTime now)
      : node(std::move(the_node)),
        silence(settings.liveness, now),
        dial(settings.liveness, now),
        ladder(settings.recovery, node.recovery, now) {}

  /// Judged by its silence: it was heard once and is not given up.
  bool judged() const {
    return node.state != NodeState::kAwaited && node.state != NodeState::kDead;
  }

  Node node;
  NodeSoftState soft;
  NodeLiveness silence;
  DialRecord dial;
  RecoveryLadder ladder;

  /// The life whose messages come in. Runs ahead of node.incarnation while a dead node's power is
  /// still being switched: only what the verdict accepts is the node's life.
  Incarnation heard;
  std::deque<std::string> former_boots;  ///< The latest few, to know their late messages.
  std::optional<std::uint64_t> last_seq;
  HeartbeatAge age;

  std::optional<MonoTime> agent_down_since;
  /// Its agent tells of a problem, or cannot be told anything: when builds stop waiting for it, and
  /// whether they did.
  std::optional<MonoTime> given_up_at;
  bool given_up = false;
  /// Dead since before it had a power driver: when its recovery begins if it is not heard.
  std::optional<MonoTime> recover_at;
  std::optional<MonoTime>
      next_fetch;  ///< While unreachable, or unreported: when the status is asked for over HTTP.
  std::optional<Assignment> wish;     ///< As last published.
  std::optional<MonoTime> wished_at;  ///< While the node has not said that it took it over.
  bool republish = false;             ///< It did not take its wish over in time.
  /// Why nothing can be placed on it, as last told; absent before it told anything.
  std::optional<std::string> usability;
  std::optional<MonoTime> queued;  ///< Its entry in the deadlines.
};

}  // namespace hearth::core
