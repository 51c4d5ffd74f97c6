#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace hearth {

/// A Kafka broker inside this process: librdkafka's own, which speaks the real protocol over
/// loopback, so that clients take the same way as with Apache Kafka.
///
/// For one machine and for tests. What it does not have: other addresses than 127.0.0.1, a port of
/// one's choosing (it changes with every start), disk (all is gone with the process), access
/// control, an admin API (topics are made by create_topic(), or by being used), compaction,
/// retention by time. A topic keeps its last 5 MiB or 100,000 batches in memory, whichever is less.
/// It is never used to claim a result about Kafka.
///
/// Runs on threads of its own. All calls on the owner's loop, which a new topic holds up for some
/// 2 ms.
class EmbeddedBroker {
 public:
  /// kExhausted when there is no thread or port to be had.
  static Result<std::unique_ptr<EmbeddedBroker>> start();
  /// Its clients see a broken connection, within a second.
  ~EmbeddedBroker();

  /// "127.0.0.1:PORT".
  const std::string& bootstrap() const;

  /// With one partition. One that exists is a success. kInvalidArgument for a name no topic can
  /// have.
  Result<void> create_topic(const std::string& name);

 private:
  struct State;
  explicit EmbeddedBroker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hearth
