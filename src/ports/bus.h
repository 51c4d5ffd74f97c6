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
  kEnd,        ///< Only what comes from now on (signs of life).
  kBeginning,  ///< All that the topic holds (compacted assignments).
};

/// A topic that could not be made, and why.
struct TopicFailure {
  std::string topic;
  Error error;
};

struct BusMessage {
  std::string topic;
  std::string key;
  std::string payload;
  std::int64_t offset = 0;
  MonoTime received_at;  ///< Never before it arrived; later by as much as the loop was late.
};

struct BusRecord {
  std::string topic;
  std::string key;  ///< Empty: none. A compacted topic needs one.
  std::string payload;
};

/// Topics up and down. One object per process; all calls and callbacks on the owner's loop.
///
/// The bus is an unreliable friend: it may be away for hours. Nothing here blocks, every queue is
/// bounded, and what cannot be sent within the configured time fails its completion.
class Bus {
 public:
  struct Handlers {
    std::function<void(BusMessage)> on_message;
    /// The end of a topic followed from its beginning was reached: each time, so more than once.
    std::function<void(const std::string& topic)> on_caught_up;
    /// Something is wrong and being tried again (no broker, a topic not there yet): to be told to
    /// people, at a limited rate. No call waits for it.
    std::function<void(Error)> on_error;
    /// A topic that is followed does not exist, or does no longer: told again about once a second
    /// until it does. Whoever answers for the topic makes it; following goes on by itself.
    std::function<void(const std::string& topic)> on_missing = {};
    /// A record came that is larger than one may be, and is not taken: told without its payload.
    std::function<void(const BusMessage& message, const Error& why)> on_oversized = {};
  };

  virtual ~Bus() = default;
  virtual void set_handlers(Handlers handlers) = 0;
  /// Makes those that do not exist. `done` gets those that could not be made, which is the caller's
  /// to try again: one that is refused keeps no other from being made.
  virtual void ensure_topics(std::vector<TopicSpec> topics,
                             std::function<void(std::vector<TopicFailure>)> done) = 0;
  /// Begins to follow; a topic that is already followed stays as it is.
  virtual void follow(const std::string& topic, FollowFrom from) = 0;
  /// Fails with kExhausted at once-in-a-loop-turn when the send queue is full, with kNotFound when
  /// the topic does not exist (any more), with kTimeout when the record was not acknowledged in
  /// time (it may have been written all the same).
  virtual void publish(BusRecord record, Completion<void> done) = 0;
  /// Turns to other brokers: an embedded one has another port after each start. What is not
  /// acknowledged yet fails, and every followed topic is followed anew. The same bootstrap: nothing
  /// happens. On an error the bus stays as it was.
  virtual Result<void> reconnect(const std::string& bootstrap) = 0;
};

}  // namespace hearth
