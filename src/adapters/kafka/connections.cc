#include "adapters/kafka/connections.h"

#include <string_view>

namespace hearth::kafka {
namespace {

constexpr const char* kName = "hearth-connections";

}  // namespace

void Connections::watch(rd_kafka_conf_t* properties) {
  rd_kafka_conf_interceptor_add_on_new(properties, kName, &Connections::on_new, this);
}

bool Connections::any() const {
  const std::lock_guard lock(mutex_);
  return !ready_.empty();
}

rd_kafka_resp_err_t Connections::on_new(rd_kafka_t* client, const rd_kafka_conf_t* /*properties*/,
                                        void* self, char* /*why*/, size_t /*why_size*/) {
  return rd_kafka_interceptor_add_on_broker_state_change(client, kName, &Connections::on_state,
                                                         self);
}

rd_kafka_resp_err_t Connections::on_state(rd_kafka_t* /*client*/, std::int32_t /*id*/,
                                          const char* /*protocol*/, const char* host, int port,
                                          const char* state, void* self) {
  auto& connections = *static_cast<Connections*>(self);
  const std::string_view now = state;
  const std::lock_guard lock(connections.mutex_);
  if (now == "UP" || now == "UPDATE") {
    connections.ready_.emplace(host, port);
  } else {
    connections.ready_.erase({host, port});
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace hearth::kafka
