#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/kafka/kafka_config.h"
#include "ports/bus.h"
#include "ports/clock.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

class EmbeddedBroker;

/// What the bus has carried since it was opened.
struct KafkaCounters {
  std::uint64_t sent = 0;      ///< Acknowledged.
  std::uint64_t unsent = 0;    ///< Published and failed, for any reason.
  std::uint64_t received = 0;  ///< Passed to on_message.
  std::uint64_t dropped = 0;   ///< Received and larger than kRecordBytesMax.
  /// By the client library's name of the error: "_TRANSPORT", "TOPIC_AUTHORIZATION_FAILED" …
  std::map<std::string, std::uint64_t> errors;
};

/// The bus on Apache Kafka or on an EmbeddedBroker, through librdkafka.
///
/// The library's threads do the network I/O. Their queues wake the loop through one file
/// descriptor, and the loop empties them in bounded turns, so a burst delays the loop's other work
/// by one turn at most. If the loop does not keep up, the library stops fetching, and the broker
/// keeps the rest.
///
/// Each topic has one partition. A topic can be followed before it exists: it is looked up every
/// second. Brokers that return are found within about a second. After a loss of data, a topic
/// followed from kEnd continues with new records, and one from kBeginning with all that exist.
/// on_caught_up is called whenever the end is reached, so more than once.
///
/// `received_at` is taken when the loop takes the message out of the library's queue: never before
/// it arrived, and later by as much as the loop was late. An earlier stamp (at the wake-up, or on
/// the library's thread for a whole batch) could precede the arrival of a message that slipped in
/// after it. Every later heartbeat of that node would then look aged, which ends in a false verdict
/// of dead. A late stamp is harmless: a heartbeat shows its own age.
///
/// Not responsible for retries: the caller repeats or drops a record that failed.
class KafkaBus final : public Bus {
 public:
  /// Connects in the background; no broker needs to be running. kInvalidArgument for a bootstrap
  /// that is not "HOST:PORT[,HOST:PORT]…", kExhausted if the system has no thread or descriptor
  /// left.
  ///
  /// `embedded`, if given, is the broker of this process that `config.bootstrap` names: it then
  /// creates the topics. It outlives the bus.
  static Result<std::unique_ptr<KafkaBus>> open(boost::asio::io_context& loop, const Clock& clock,
                                                const KafkaConfig& config,
                                                EmbeddedBroker* embedded = nullptr);
  /// Gives records in flight 300 ms to arrive if a broker is connected, drops the completions, and
  /// returns within a second whatever the brokers do.
  ~KafkaBus() override;

  void set_handlers(Handlers handlers) override;
  void ensure_topics(std::vector<TopicSpec> topics,
                     std::function<void(std::vector<TopicFailure>)> done) override;
  void follow(const std::string& topic, FollowFrom from) override;
  void publish(BusRecord record, Completion<void> done) override;

  /// Switches to other brokers: an embedded broker has a new port after each start. Unacknowledged
  /// records fail with kUnavailable, and every followed topic is followed again as given to
  /// follow(). With the same bootstrap nothing happens, because the library finds its brokers again
  /// on its own. After an error the bus is unchanged.
  Result<void> reconnect(const std::string& bootstrap) override;

  /// Whether brokers are connected, for sending and for reading. A stalled broker keeps its
  /// connections: only an expected message that does not arrive (the canary) shows a stall.
  bool connected() const;
  const KafkaCounters& counters() const;

 private:
  struct State;
  explicit KafkaBus(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // Shared with handlers of the loop while they run.
};

}  // namespace hearth
