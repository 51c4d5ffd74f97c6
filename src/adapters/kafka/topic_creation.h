#pragma once

#include <librdkafka/rdkafka.h>

#include <span>
#include <vector>

#include "adapters/kafka/settings.h"
#include "base/result.h"
#include "ports/bus.h"

namespace hearth::kafka {

/// How the broker is to keep a topic, by its names. docs/reference/kafka.md says why.
Settings topic_settings(const TopicSpec& spec);

/// Topics asked for in one request: a broker refuses one that makes more than 10,000 records of its
/// metadata log, and a topic with its settings makes up to eight.
inline constexpr std::size_t kTopicsPerRequestMax = 200;

/// Asks the broker for the topics, at most kTopicsPerRequestMax; the answer is an event on `queue`
/// that carries `opaque`. One partition each, as many replicas as the broker's own default says.
Result<void> request_topics(rd_kafka_t* client, std::span<const TopicSpec> topics, void* opaque,
                            rd_kafka_queue_t* queue);

/// The topics that were not made, each with the reason, which names it. One that existed already is
/// a success, whatever its settings. An error: the request as a whole came to nothing.
Result<std::vector<TopicFailure>> outcome_of(rd_kafka_event_t* event);

}  // namespace hearth::kafka
