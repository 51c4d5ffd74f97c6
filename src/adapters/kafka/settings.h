#pragma once

#include <string>
#include <utility>
#include <vector>

#include "adapters/kafka/kafka_config.h"

namespace hearth::kafka {

/// librdkafka's properties, by its names. docs/reference/kafka.md gives the reasons.
using Settings = std::vector<std::pair<std::string, std::string>>;

Settings producer_settings(const KafkaConfig& config);
Settings consumer_settings(const KafkaConfig& config);

}  // namespace hearth::kafka
