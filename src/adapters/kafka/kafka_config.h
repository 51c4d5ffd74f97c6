#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"

namespace hearth {

/// The kind of client: an agent's is small and drops late records, a manager's holds more.
enum class KafkaRole : std::uint8_t { kAgent, kManager };

struct KafkaConfig {
  std::string bootstrap;  ///< "HOST:PORT", several separated by commas.
  std::string client_id;  ///< Our name in the broker's log and quotas.
  KafkaRole role = KafkaRole::kAgent;
  /// How long a record can wait for its acknowledgement before it fails with kTimeout. An agent's
  /// is two to three heartbeats: a late sign of life must be dropped, not delivered. The client
  /// checks once a second, so a record that was never sent can exist up to a second longer.
  Duration send_within = std::chrono::milliseconds(1500);
  /// Bound of records sent but not acknowledged. Further ones fail with kExhausted.
  std::size_t send_queue_max = 64;
};

/// Bound of key and payload of one record together. Below the default bound of brokers (1 MiB
/// including the overhead). A larger record is not sent, and dropped and counted if received.
inline constexpr std::size_t kRecordBytesMax = 900'000;

}  // namespace hearth
