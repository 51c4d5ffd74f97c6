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

/// A client of librdkafka that reports by events alone and logs nothing. kInvalidArgument for a
/// setting it refuses, kExhausted when the system has no thread left for it.
Result<Client> new_client(rd_kafka_type_t type, const Settings& settings,
                          Connections* connections = nullptr);

/// Runs `end` on a thread of its own and waits `patience` for it: ending anything of librdkafka
/// waits for its threads, and these may be waiting for a name server. What takes longer ends by
/// itself, or with the process.
void end_elsewhere(std::packaged_task<void()> end, Duration patience);

/// The two clients behind a bus, one that sends and one that reads, and the queues by which they
/// speak. Whenever one of the queues gets its first entry, 8 bytes are written to `wake_fd` (an
/// eventfd); queues that are not empty when they are opened have no first entry, so look into them
/// once.
///
/// The reader is librdkafka's simple consumer: partitions by name, no consumer group. A group would
/// cost each agent a thread and a connection more, the brokers an offsets topic, an ACL a node, and
/// a close that can hang after a broker bounced; all it would give is what we never use.
class Clients {
 public:
  static Result<std::unique_ptr<Clients>> open(const KafkaConfig& config, int wake_fd);
  /// Blocks until the clients' threads have ended: see `retire`.
  ~Clients();

  /// Ends the clients elsewhere, and waits `patience` for it. Nothing is written to the wake fd any
  /// more when this returns.
  static void retire(std::unique_ptr<Clients> clients, Duration patience);

  /// Begins to read partition 0; a topic that does not exist is looked for every second. After data
  /// was lost, reading goes on where `from` says. Not twice for one topic.
  Result<void> follow(const std::string& topic, FollowFrom from);

  /// The topic as the sender wants it; null for a name that no topic can have. Kept, for a topic
  /// that a record is the first to name would be looked for only at the next second's turn.
  rd_kafka_topic_t* sent_topic(const std::string& topic);

  /// Whether both have a broker.
  bool connected() const { return producer_at_.any() && consumer_at_.any(); }

  rd_kafka_t* producer() const { return producer_.get(); }
  /// Delivery reports, results of admin requests, errors.
  rd_kafka_queue_t* producer_events() const { return producer_events_.get(); }
  rd_kafka_queue_t* consumer_events() const { return consumer_events_.get(); }  ///< Errors.
  rd_kafka_queue_t* messages() const { return messages_.get(); }

 private:
  Clients() = default;
  void wake(int fd) const;

  // Destroyed from the last to the first.
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
