#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ports/completion.h"

namespace hearth {

enum class TopicCleanup : std::uint8_t { kDelete, kCompact };

struct TopicSpec {
  std::string name;
  TopicCleanup cleanup = TopicCleanup::kDelete;
  Duration retention;  ///< With kDelete: how long a record is kept.
};

enum class FollowFrom : std::uint8_t {
  kEnd,        ///< Only records from this moment on (signs of life).
  kBeginning,  ///< Everything that the topic holds (compacted assignments).
};

/// A topic that could not be created, and why.
struct TopicFailure {
  std::string topic;
  Error error;
};

struct BusMessage {
  std::string topic;
  std::string key;
  std::string payload;
  std::int64_t offset = 0;
  MonoTime received_at;  ///< Never before its arrival; late by as much as the loop was.
};

struct BusRecord {
  std::string topic;
  std::string key;  ///< Empty: none. A compacted topic requires one.
  std::string payload;
};

/// Publishes records and follows topics. One object per process; all calls and callbacks on the
/// owner's loop.
///
/// The bus is unreliable: it can be away for hours. No call blocks, every queue is bounded, and a
/// record that cannot be sent within the configured time fails its completion.
class Bus {
 public:
  struct Handlers {
    std::function<void(BusMessage)> on_message;
    /// The end of a topic followed from its beginning was reached: called each time, so more than
    /// once.
    std::function<void(const std::string& topic)> on_caught_up;
    /// An error that is being retried (no broker, a topic that does not exist yet), for a
    /// rate-limited warning. No call waits for it.
    std::function<void(Error)> on_error;
    /// A followed topic does not exist, or was deleted: repeated about once a second until it
    /// exists. The owner of the topic creates it; following then continues on its own.
    std::function<void(const std::string& topic)> on_missing = {};
    /// A record above the size limit arrived and was dropped: reported without its payload.
    std::function<void(const BusMessage& message, const Error& why)> on_oversized = {};
  };

  virtual ~Bus() = default;
  virtual void set_handlers(Handlers handlers) = 0;
  /// Creates those that do not exist. `done` receives those that could not be created, for the
  /// caller to retry: one that is refused does not affect the others.
  virtual void ensure_topics(std::vector<TopicSpec> topics,
                             std::function<void(std::vector<TopicFailure>)> done) = 0;
  /// Starts following; no effect on a topic that is followed already.
  virtual void follow(const std::string& topic, FollowFrom from) = 0;
  /// Fails with kExhausted, on the loop's next turn, when the send queue is full; with kNotFound
  /// when the topic does not exist; with kTimeout when the record was not acknowledged in time (it
  /// might have been written).
  virtual void publish(BusRecord record, Completion<void> done) = 0;
  /// Switches to other brokers: an embedded one has another port after each start. Records that are
  /// not acknowledged yet fail, and every followed topic is followed again. No effect if the
  /// bootstrap is the same. On an error the bus stays as it was.
  virtual Result<void> reconnect(const std::string& bootstrap) = 0;
};

}  // namespace hearth
