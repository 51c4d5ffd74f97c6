#include "adapters/kafka/clients.h"

#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include "adapters/kafka/errors.h"

namespace hearth::kafka {
namespace {

constexpr std::int32_t kPartition = 0;

using Properties = std::unique_ptr<rd_kafka_conf_t, Destroy<rd_kafka_conf_destroy>>;
using TopicProperties =
    std::unique_ptr<rd_kafka_topic_conf_t, Destroy<rd_kafka_topic_conf_destroy>>;

/// Lets the waits of the threads that are created while it lives end up to 2 ms late: a thread
/// inherits that from its creator.
///
/// The library's main thread waits for its timers in whole milliseconds, rounded down, and polls
/// for the rest of the last one: with a timer every second, that alone is a third of an idle
/// agent's processor time. If the wait ends late, the timer is due. What arrives ends a wait at
/// once, as before.
class LateWaits {
 public:
  LateWaits() : before_(prctl(PR_GET_TIMERSLACK)) { prctl(PR_SET_TIMERSLACK, kSlackNs); }
  ~LateWaits() {
    if (before_ > 0) prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_));
  }
  LateWaits(const LateWaits&) = delete;
  LateWaits& operator=(const LateWaits&) = delete;

 private:
  static constexpr unsigned long kSlackNs = 2'000'000;
  int before_;
};

}  // namespace

Result<Client> new_client(rd_kafka_type_t type, const Settings& settings,
                          Connections* connections) {
  Properties properties(rd_kafka_conf_new());
  std::array<char, 256> why{};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(properties.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      return fail(ErrorCode::kInvalidArgument, std::string("kafka client: ") + why.data());
    }
  }
  rd_kafka_conf_set_log_cb(properties.get(), nullptr);
  rd_kafka_conf_set_events(properties.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  if (connections != nullptr) connections->watch(properties.get());
  rd_kafka_conf_t* handed_over = properties.release();
  const LateWaits late_waits;
  Client client(rd_kafka_new(type, handed_over, why.data(), why.size()));
  if (!client) {
    rd_kafka_conf_destroy(handed_over);  // A client takes it only if its creation succeeds.
    return fail(ErrorCode::kExhausted, std::string("kafka client: ") + why.data());
  }
  return client;
}

void end_elsewhere(std::packaged_task<void()> end, Duration patience) {
  const std::future<void> ended = end.get_future();
  try {
    std::thread([end = std::move(end)]() mutable { end(); }).detach();
  } catch (const std::system_error&) {
    return;  // No thread available: the task's resources are released here, with it.
  }
  ended.wait_for(patience);
}

Result<std::unique_ptr<Clients>> Clients::open(const KafkaConfig& config, int wake_fd) {
  std::unique_ptr<Clients> clients(new Clients);
  auto producer = new_client(RD_KAFKA_PRODUCER, producer_settings(config), &clients->producer_at_);
  if (!producer) return tl::unexpected(producer.error());
  auto consumer = new_client(RD_KAFKA_CONSUMER, consumer_settings(config), &clients->consumer_at_);
  if (!consumer) return tl::unexpected(consumer.error());
  clients->producer_ = std::move(*producer);
  clients->consumer_ = std::move(*consumer);
  clients->producer_events_.reset(rd_kafka_queue_get_main(clients->producer_.get()));
  clients->consumer_events_.reset(rd_kafka_queue_get_main(clients->consumer_.get()));
  clients->messages_.reset(rd_kafka_queue_new(clients->consumer_.get()));
  clients->wake(wake_fd);
  return clients;
}

Clients::~Clients() {
  for (const auto& [name, topic] : followed_) rd_kafka_consume_stop(topic.get(), kPartition);
}

void Clients::retire(std::unique_ptr<Clients> clients, Duration patience) {
  clients->wake(-1);
  end_elsewhere(std::packaged_task<void()>([gone = std::move(clients)]() mutable { gone.reset(); }),
                patience);
}

Result<void> Clients::follow(const std::string& topic, FollowFrom from) {
  // A lookup of the log's start or end takes the library half a second when it is not connected
  // yet. The start needs no lookup: offset 0, which "earliest" corrects if that is gone.
  const bool at_end = from == FollowFrom::kEnd;
  TopicProperties properties(rd_kafka_default_topic_conf_dup(consumer_.get()));
  std::array<char, 256> why{};
  rd_kafka_topic_conf_set(properties.get(), "auto.offset.reset", at_end ? "latest" : "earliest",
                          why.data(), why.size());
  Topic handle(rd_kafka_topic_new(consumer_.get(), topic.c_str(), properties.release()));
  if (!handle ||
      rd_kafka_consume_start_queue(handle.get(), kPartition, at_end ? RD_KAFKA_OFFSET_END : 0,
                                   messages_.get()) != 0) {
    return tl::unexpected(error_from(rd_kafka_last_error(), "cannot follow topic '" + topic + "'"));
  }
  followed_.emplace(topic, std::move(handle));
  return {};
}

rd_kafka_topic_t* Clients::sent_topic(const std::string& topic) {
  Topic& handle = sent_[topic];
  if (!handle) handle.reset(rd_kafka_topic_new(producer_.get(), topic.c_str(), nullptr));
  return handle.get();
}

void Clients::wake(int fd) const {
  static constexpr std::uint64_t kOne = 1;  // The value added to an eventfd.
  for (rd_kafka_queue_t* queue : {producer_events(), consumer_events(), messages()}) {
    rd_kafka_queue_io_event_enable(queue, fd, &kOne, sizeof kOne);
  }
}

}  // namespace hearth::kafka
