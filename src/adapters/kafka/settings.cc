#include "adapters/kafka/settings.h"

namespace hearth::kafka {
namespace {

using std::chrono::milliseconds;

std::string in_ms(Duration duration) {
  return std::to_string(std::chrono::ceil<milliseconds>(duration).count());
}

Settings shared_settings(const KafkaConfig& config) {
  return {
      {"bootstrap.servers", config.bootstrap},
      {"client.id", config.client_id},
      // Off by default in 2.0.2: small messages then wait for the delayed ack, 40-55 ms.
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      // By default a stopped broker is noticed after a minute, and connecting to one whose machine
      // is gone times out after 30 s.
      {"socket.timeout.ms", "3000"},
      {"socket.connection.setup.timeout.ms", "2000"},
      {"api.version.request.timeout.ms", "3000"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"message.max.bytes", "1000000"},
  };
}

/// How long a broker holds a fetch that finds nothing. Each answer wakes three of our threads, so
/// an agent asks rarely. The price: it notices a lost broker that much later, and a newly followed
/// topic, which managers have all the time, waits for it. Incoming records are answered at once in
/// any case, except by an embedded broker, which holds every fetch to its end. Embedded brokers
/// listen on 127.0.0.1 only; a real broker there is asked more often than necessary.
std::string fetch_wait(const KafkaConfig& config) {
  if (config.bootstrap.starts_with("127.0.0.1:")) return "10";
  return config.role == KafkaRole::kManager ? "500" : "2000";
}

}  // namespace

Settings producer_settings(const KafkaConfig& config) {
  const bool manager = config.role == KafkaRole::kManager;
  Settings settings = shared_settings(config);
  settings.insert(
      settings.end(),
      {
          {"linger.ms", "0"},
          // A heartbeat lost by one replica is followed by the next; an assignment is not.
          {"acks", manager ? "all" : "1"},
          {"message.timeout.ms", in_ms(config.send_within)},
          {"request.timeout.ms", "3000"},
          {"retry.backoff.ms", "50"},
          // Retries must not reorder: the last record of a compacted topic is the one that stays.
          {"max.in.flight.requests.per.connection", "1"},
          {"queue.buffering.max.messages", std::to_string(config.send_queue_max)},
          {"queue.buffering.max.kbytes", manager ? "65536" : "2048"},
      });
  return settings;
}

Settings consumer_settings(const KafkaConfig& config) {
  const bool manager = config.role == KafkaRole::kManager;
  Settings settings = shared_settings(config);
  settings.insert(settings.end(),
                  {
                      {"enable.partition.eof", "true"},
                      {"enable.auto.commit", "false"},
                      {"enable.auto.offset.store", "false"},
                      {"allow.auto.create.topics", "false"},
                      {"fetch.wait.max.ms", fetch_wait(config)},
                      {"fetch.error.backoff.ms", manager ? "20" : "50"},
                      // How long a missing topic counts as new and not yet known to every broker,
                      // rather than as unknown (default 30 s). It is looked up in either case.
                      {"topic.metadata.propagation.max.ms", "2000"},
                      // Read ahead of the loop. All topics share one queue, and at its bound none
                      // is fetched. So the manager's bound is one of bytes, lest a burst on one
                      // topic delay the canary.
                      {"queued.min.messages", manager ? "100000" : "10"},
                      {"queued.max.messages.kbytes", manager ? "16384" : "2048"},
                  });
  return settings;
}

}  // namespace hearth::kafka
