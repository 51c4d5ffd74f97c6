#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"

namespace hearth {

/// Whose client it is: an agent's is small and lets go of what is late, a manager's holds more.
enum class KafkaRole : std::uint8_t { kAgent, kManager };

struct KafkaConfig {
  std::string bootstrap;  ///< "HOST:PORT", several separated by commas.
  std::string client_id;  ///< What the broker's log and quotas call us.
  KafkaRole role = KafkaRole::kAgent;
  /// How long a record may wait for its acknowledgement before it fails with kTimeout. An agent's
  /// is two to three heartbeats: a sign of life that is late must be dropped, not delivered. The
  /// client looks once a second, so a record that never left may live up to a second longer.
  Duration send_within = std::chrono::milliseconds(1500);
  /// Records sent and not yet acknowledged. One more fails with kExhausted.
  std::size_t send_queue_max = 64;
};

/// Key and payload of one record together. Below what brokers take by default (1 MiB with all that
/// goes around it). A larger one is not sent, and one that comes in is dropped and counted.
inline constexpr std::size_t kRecordBytesMax = 900'000;

}  // namespace hearth
