#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "base/result.h"

namespace hearth::kafka {

/// What the broker or the client library says, in our terms. `what` begins the message.
Error error_from(rd_kafka_resp_err_t code, const std::string& what);

}  // namespace hearth::kafka
