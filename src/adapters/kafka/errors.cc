#include "adapters/kafka/errors.h"

#include <cctype>

namespace hearth::kafka {
namespace {

ErrorCode code_of(rd_kafka_resp_err_t code) {
  // Not a switch: there are some 150 codes, and those that we do not distinguish are failures of
  // the other side.
  if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ||
      code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE || code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT) {
    return ErrorCode::kTimeout;
  }
  if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
      code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__DESTROY ||
      code == RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE ||
      code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
      code == RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS) {
    return ErrorCode::kUnavailable;
  }
  if (code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
      code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return ErrorCode::kNotFound;
  }
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL || code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION) {
    return ErrorCode::kExhausted;
  }
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    return ErrorCode::kUnauthorized;
  }
  if (code == RD_KAFKA_RESP_ERR__INVALID_ARG || code == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
      code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION || code == RD_KAFKA_RESP_ERR_INVALID_CONFIG ||
      code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    return ErrorCode::kInvalidArgument;
  }
  return ErrorCode::kFailed;
}

}  // namespace

Error error_from(rd_kafka_resp_err_t code, const std::string& what) {
  std::string reason = rd_kafka_err2str(code);  // "Local: Message timed out", "Broker: …"
  reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return Error{code_of(code), what + ": " + reason};
}

}  // namespace hearth::kafka
