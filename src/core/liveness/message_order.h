#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/liveness/heartbeat_age.h"
#include "model/heartbeat.h"

namespace hearth::core {

/// Tells a sign of life from an old message: one of a former incarnation of the node's agent, one
/// that was received before, one that was overtaken.
///
/// A box without an agent tells no incarnation: whatever it says, it lives. An agent's start count
/// orders its incarnations within a boot. Boots have no order, so the latest kFormerBootsMax that
/// came to an end are remembered. One object per node. Sans-io, not thread-safe.
class MessageOrder {
 public:
  static constexpr std::size_t kFormerBootsMax = 8;

  struct State {
    /// The incarnation whose messages come in. May be ahead of the node's own: only what the
    /// verdict accepts is the node's incarnation.
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
  /// was received.
  [[nodiscard]] bool admit(const Heartbeat& heartbeat, const Incarnation& accepted);

  /// How long an admitted message was under way; zero if its sender does not tell when it was sent.
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
