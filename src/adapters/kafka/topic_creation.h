#pragma once

#include <librdkafka/rdkafka.h>

#include <span>
#include <vector>

#include "adapters/kafka/settings.h"
#include "base/result.h"
#include "ports/bus.h"

namespace hearth::kafka {

/// How the broker is to keep a topic, by its names. docs/reference/kafka.md gives the reasons.
Settings topic_settings(const TopicSpec& spec);

/// Topics per request: a broker refuses a request that makes more than 10,000 records of its
/// metadata log, and a topic with its settings makes up to eight.
inline constexpr std::size_t kTopicsPerRequestMax = 200;

/// Asks the broker to create at most kTopicsPerRequestMax topics; the answer is an event on `queue`
/// that carries `opaque`. One partition each, with the broker's default number of replicas.
Result<void> request_topics(rd_kafka_t* client, std::span<const TopicSpec> topics, void* opaque,
                            rd_kafka_queue_t* queue);

/// The topics that were not created, each with a reason that names it. An existing topic is a
/// success, whatever its settings. An error means that the whole request failed.
Result<std::vector<TopicFailure>> outcome_of(rd_kafka_event_t* event);

}  // namespace hearth::kafka
