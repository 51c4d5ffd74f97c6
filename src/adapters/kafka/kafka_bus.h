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

/// What went over the bus since it was opened.
struct KafkaCounters {
  std::uint64_t sent = 0;      ///< Acknowledged.
  std::uint64_t unsent = 0;    ///< Published, and failed for whatever reason.
  std::uint64_t received = 0;  ///< Handed to on_message.
  std::uint64_t dropped = 0;   ///< Received and larger than kRecordBytesMax.
  /// By the client library's name of the error, "_TRANSPORT", "TOPIC_AUTHORIZATION_FAILED" …
  std::map<std::string, std::uint64_t> errors;
};

/// The bus on Apache Kafka, or on an EmbeddedBroker, by librdkafka.
///
/// The library's threads do the network; their queues wake the loop by one file descriptor, and the
/// loop empties them in bounded turns, so a burst delays the loop's other work by a turn at most.
/// When the loop does not keep up the library stops fetching, and the broker keeps the rest.
///
/// Each topic has one partition. A topic may be followed before it exists: it is looked for every
/// second. Brokers that go and come back are found again within about a second. Where data was
/// lost, a topic followed from kEnd goes on with what is new, one from kBeginning with all there
/// is; on_caught_up comes at every end reached, so more than once.
///
/// `received_at` is taken when the loop takes the message out of the library's queue: never before
/// it arrived, later by as much as the loop was late. A stamp taken earlier (when the wake-up came,
/// or by the library's thread for a whole batch) could lie before the arrival of a message that
/// slipped in after it, and would then make every later heartbeat of that node look aged, which
/// ends in a false death. Too late a stamp is harmless: a heartbeat tells its own age.
///
/// Not responsible for trying again: a record that failed is the caller's to repeat or forget.
class KafkaBus final : public Bus {
 public:
  /// Connects in the background; no broker needs to be there. kInvalidArgument for a bootstrap that
  /// is not "HOST:PORT[,HOST:PORT]…", kExhausted when the system has no thread or descriptor left.
  ///
  /// `embedded`, if given, is the broker of this process that `config.bootstrap` names: topics are
  /// then made by it. It outlives the bus.
  static Result<std::unique_ptr<KafkaBus>> open(boost::asio::io_context& loop, const Clock& clock,
                                                const KafkaConfig& config,
                                                EmbeddedBroker* embedded = nullptr);
  /// Gives what is on its way 300 ms to arrive if a broker is there, drops the completions, and is
  /// back after a second at most whatever the brokers do.
  ~KafkaBus() override;

  void set_handlers(Handlers handlers) override;
  void ensure_topics(std::vector<TopicSpec> topics,
                     std::function<void(std::vector<TopicFailure>)> done) override;
  void follow(const std::string& topic, FollowFrom from) override;
  void publish(BusRecord record, Completion<void> done) override;

  /// Turns to other brokers: an embedded one has another port after each start. What is not
  /// acknowledged yet fails with kUnavailable, and every followed topic is followed anew from where
  /// follow() said. The same bootstrap: nothing happens, for the way back to it is found anyhow.
  /// On an error the bus stays as it was.
  Result<void> reconnect(const std::string& bootstrap) override;

  /// Whether brokers are connected, for sending and for reading. One that stalls keeps its
  /// connections: only a message that should come and does not (the canary) tells that.
  bool connected() const;
  const KafkaCounters& counters() const;

 private:
  struct State;
  explicit KafkaBus(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // Shared with handlers of the loop while they run.
};

}  // namespace hearth
