#pragma once

#include <librdkafka/rdkafka.h>

#include <future>
#include <map>
#include <memory>
#include <string>

#include "adapters/kafka/connections.h"
#include "adapters/kafka/kafka_config.h"
#include "adapters/kafka/settings.h"
#include "base/result.h"
#include "ports/bus.h"

namespace hearth::kafka {

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using Partition =
    std::unique_ptr<rd_kafka_topic_partition_t, Destroy<rd_kafka_topic_partition_destroy>>;

/// A client of librdkafka that reports through events only and logs nothing. kInvalidArgument for a
/// setting that it refuses, kExhausted if the system has no thread left for it.
Result<Client> new_client(rd_kafka_type_t type, const Settings& settings,
                          Connections* connections = nullptr);

/// Runs `end` on a thread of its own and waits up to `patience` for it: ending anything of
/// librdkafka waits for its threads, and these can be waiting for a name server. What takes longer
/// ends on its own, or with the process.
void end_elsewhere(std::packaged_task<void()> end, Duration patience);

/// The two clients behind a bus, one that sends and one that reads, with their event queues.
/// Whenever a queue gets its first entry, 8 bytes are written to `wake_fd` (an eventfd). A queue
/// that is not empty when opened gives no such signal, so check the queues once.
///
/// The reader is librdkafka's simple consumer: partitions by name, no consumer group. A group would
/// cost each agent another thread and connection, the brokers an offsets topic and an ACL per node,
/// and a close that can hang after a broker restart; its benefits are of no use to Hearth.
class Clients {
 public:
  static Result<std::unique_ptr<Clients>> open(const KafkaConfig& config, int wake_fd);
  /// Blocks until the clients' threads have ended; see retire().
  ~Clients();

  /// Ends the clients on another thread, and waits up to `patience` for it. Once this returns,
  /// nothing is written to the wake fd any more.
  static void retire(std::unique_ptr<Clients> clients, Duration patience);

  /// Starts to read partition 0; a topic that does not exist is looked up every second. After a
  /// loss of data, reading continues where `from` says. Once per topic.
  Result<void> follow(const std::string& topic, FollowFrom from);

  /// The handle for sending to a topic; null for an invalid name. Handles are kept, because a topic
  /// without a handle is looked up only once a second.
  rd_kafka_topic_t* sent_topic(const std::string& topic);

  /// Whether both clients are connected to a broker.
  bool connected() const { return producer_at_.any() && consumer_at_.any(); }

  rd_kafka_t* producer() const { return producer_.get(); }
  /// Delivery reports, results of admin requests, errors.
  rd_kafka_queue_t* producer_events() const { return producer_events_.get(); }
  rd_kafka_queue_t* consumer_events() const { return consumer_events_.get(); }  ///< Errors.
  rd_kafka_queue_t* messages() const { return messages_.get(); }

 private:
  Clients() = default;
  void wake(int fd) const;

  // Destroyed in reverse order.
  Connections producer_at_;
  Connections consumer_at_;
  Client producer_;
  Queue producer_events_;
  Client consumer_;
  Queue consumer_events_;
  Queue messages_;
  std::map<std::string, Topic> sent_;
  std::map<std::string, Topic> followed_;
};

}  // namespace hearth::kafka
