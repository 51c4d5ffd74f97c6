#include "adapters/kafka/topic_creation.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/kafka/clients.h"
#include "adapters/kafka/errors.h"
#include "base/check.h"

namespace hearth::kafka {
namespace {

using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using Options = std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;

constexpr int kBrokersDefault = -1;
constexpr int kTimeoutMs = 10'000;

std::string in_ms(Duration duration) {
  return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

}  // namespace

/// Only closed segments are deleted or compacted, so both kinds close theirs early: the first to
/// keep to its retention time, the second so that a reader from the beginning reads little.
Settings topic_settings(const TopicSpec& spec) {
  Settings settings{{"max.message.bytes", "1048588"}};
  switch (spec.cleanup) {
    case TopicCleanup::kDelete:
      settings.insert(settings.end(), {{"cleanup.policy", "delete"},
                                       {"retention.ms", in_ms(spec.retention)},
                                       {"segment.ms", in_ms(spec.retention)}});
      break;
    case TopicCleanup::kCompact:
      settings.insert(settings.end(), {{"cleanup.policy", "compact"},
                                       {"segment.ms", in_ms(std::chrono::hours(1))},
                                       {"segment.bytes", std::to_string(4 << 20)}});
      break;
  }
  return settings;
}

Result<void> request_topics(rd_kafka_t* client, std::span<const TopicSpec> topics, void* opaque,
                            rd_kafka_queue_t* queue) {
  HEARTH_CHECK(topics.size() <= kTopicsPerRequestMax);
  std::array<char, 256> why{};
  std::vector<NewTopic> owned;
  std::vector<rd_kafka_NewTopic_t*> wanted;
  for (const TopicSpec& spec : topics) {
    owned.emplace_back(
        rd_kafka_NewTopic_new(spec.name.c_str(), 1, kBrokersDefault, why.data(), why.size()));
    if (!owned.back()) {
      return fail(ErrorCode::kInvalidArgument, "topic '" + spec.name + "': " + why.data());
    }
    wanted.push_back(owned.back().get());
    for (const auto& [name, value] : topic_settings(spec)) {
      rd_kafka_NewTopic_set_config(wanted.back(), name.c_str(), value.c_str());
    }
  }
  const Options options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeoutMs, why.data(), why.size());
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), kTimeoutMs, why.data(), why.size());
  rd_kafka_AdminOptions_set_opaque(options.get(), opaque);
  rd_kafka_CreateTopics(client, wanted.data(), wanted.size(), options.get(), queue);
  return {};
}

Result<std::vector<TopicFailure>> outcome_of(rd_kafka_event_t* event) {
  if (const rd_kafka_resp_err_t code = rd_kafka_event_error(event)) {
    return tl::unexpected(error_from(code, "cannot create topics"));
  }
  std::vector<TopicFailure> failures;
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  for (const rd_kafka_topic_result_t* result : std::span(results, count)) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(result);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      continue;
    }
    const std::string name = rd_kafka_topic_result_name(result);
    failures.push_back({name, error_from(code, "cannot create topic '" + name + "'")});
  }
  return failures;
}

}  // namespace hearth::kafka
