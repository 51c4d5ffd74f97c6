#pragma once

#include <librdkafka/rdkafka.h>

#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace hearth::kafka {

/// Tracks the brokers that a client is connected to. The library reports each state of each
/// connection, on the threads of the connections; its errors alone do not show what has recovered.
///
/// Outlives the client it watches. Any thread.
class Connections {
 public:
  /// For a client that is about to be created with these properties.
  void watch(rd_kafka_conf_t* properties);
  /// Whether there is a connection to any broker, ready for requests.
  bool any() const;

 private:
  static rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t* properties,
                                    void* self, char* why, size_t why_size);
  static rd_kafka_resp_err_t on_state(rd_kafka_t* client, std::int32_t id, const char* protocol,
                                      const char* host, int port, const char* state, void* self);

  mutable std::mutex mutex_;
  std::set<std::pair<std::string, int>> ready_;
};

}  // namespace hearth::kafka
