#include "adapters/kafka/embedded_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "adapters/kafka/clients.h"
#include "adapters/kafka/errors.h"

namespace hearth {

struct EmbeddedBroker::State {
  ~State() {
    if (cluster != nullptr) rd_kafka_mock_cluster_destroy(cluster);
    if (host != nullptr) rd_kafka_destroy(host);
  }

  rd_kafka_t* host = nullptr;  // A client without brokers: the cluster lives in one.
  rd_kafka_mock_cluster_t* cluster = nullptr;
  std::string bootstrap;
  std::set<std::string> topics;
};

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<State> state) : state_(std::move(state)) {}

EmbeddedBroker::~EmbeddedBroker() {
  // Its threads wake up about once a second.
  kafka::end_elsewhere(
      std::packaged_task<void()>([gone = std::move(state_)]() mutable { gone.reset(); }),
      Duration::zero());
}

Result<std::unique_ptr<EmbeddedBroker>> EmbeddedBroker::start() {
  auto state = std::make_unique<State>();
  auto host = kafka::new_client(RD_KAFKA_PRODUCER, {});
  if (!host) return tl::unexpected(host.error());
  state->host = host->release();
  state->cluster = rd_kafka_mock_cluster_new(state->host, 1);
  if (state->cluster == nullptr) {
    return fail(ErrorCode::kExhausted,
                "the embedded broker cannot listen on 127.0.0.1; free ports or file descriptors");
  }
  state->bootstrap = rd_kafka_mock_cluster_bootstraps(state->cluster);
  return std::unique_ptr<EmbeddedBroker>(new EmbeddedBroker(std::move(state)));
}

const std::string& EmbeddedBroker::bootstrap() const {
  return state_->bootstrap;
}

Result<void> EmbeddedBroker::create_topic(const std::string& name) {
  if (state_->topics.contains(name)) return {};
  // The library's broker misses a request that arrives in the microseconds between its last answer
  // and its wait, and finds it only when it wakes up a second later.
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(state_->cluster, name.c_str(), 1, 1);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    state_->topics.insert(name);
    return {};
  }
  return tl::unexpected(kafka::error_from(code, "cannot create topic '" + name + "'"));
}

}  // namespace hearth
