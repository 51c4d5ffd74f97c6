#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/liveness/heartbeat_age.h"
#include "model/heartbeat.h"

namespace hearth::core {

/// Distinguishes a sign of life from an old message: one of an earlier incarnation of the node's
/// agent, a duplicate, or one that arrives out of order.
///
/// A box without an agent reports no incarnation: whatever it sends, it lives. An agent's start
/// count orders its incarnations within a boot. Boots have no order, so the latest kFormerBootsMax
/// that ended are remembered. One object per node. Sans-io, not thread-safe.
class MessageOrder {
 public:
  static constexpr std::size_t kFormerBootsMax = 8;

  struct State {
    /// The incarnation whose messages are arriving. Can be ahead of the node's own, which is the
    /// one that the verdict accepted.
    Incarnation received;
    std::deque<std::string> former_boots;
    std::optional<std::uint64_t> last_seq;
    HeartbeatAge::State age;
    bool operator==(const State&) const = default;
  };

  MessageOrder() = default;
  explicit MessageOrder(const State& state);
  State save() const;

  /// True if the message is new. `accepted`: the node's incarnation, which counts until a message
  /// is received.
  [[nodiscard]] bool admit(const Heartbeat& heartbeat, const Incarnation& accepted);

  /// How long an admitted message was in flight; zero if it does not carry its time of sending.
  Duration age_of(const Heartbeat& heartbeat, MonoTime received_at);

  const Incarnation& received() const { return received_; }

  void check_invariants() const;

 private:
  bool is_repeated(std::optional<std::uint64_t> seq);

  Incarnation received_;
  std::deque<std::string> former_boots_;
  std::optional<std::uint64_t> last_seq_;
  HeartbeatAge age_;
};

}  // namespace hearth::core
