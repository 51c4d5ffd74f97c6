#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace hearth {

/// A Kafka broker inside this process: librdkafka's own, which speaks the real protocol over
/// loopback, so that clients use the same code as with Apache Kafka.
///
/// For a single machine and for tests. It has no address except 127.0.0.1, no configurable port (it
/// changes with every start), no disk (everything is gone with the process), no access control, no
/// admin API (topics are created by create_topic(), or by being used), no compaction and no
/// retention by time. A topic keeps its last 5 MiB or 100,000 batches in memory, whichever is less.
/// Results with it are never presented as results about Kafka.
///
/// Runs on threads of its own. Call it on the owner's loop only, which a new topic blocks for about
/// 2 ms.
class EmbeddedBroker {
 public:
  /// kExhausted if no thread or port is available.
  static Result<std::unique_ptr<EmbeddedBroker>> start();
  /// Its clients see a broken connection within a second.
  ~EmbeddedBroker();

  /// "127.0.0.1:PORT".
  const std::string& bootstrap() const;

  /// Creates a topic with one partition. Succeeds if it exists. kInvalidArgument for an invalid
  /// name.
  Result<void> create_topic(const std::string& name);

 private:
  struct State;
  explicit EmbeddedBroker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hearth
