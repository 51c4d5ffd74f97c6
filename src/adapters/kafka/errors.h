#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "base/result.h"

namespace hearth::kafka {

/// Translates an error of the broker or the client library. `what` begins the message.
Error error_from(rd_kafka_resp_err_t code, const std::string& what);

}  // namespace hearth::kafka
