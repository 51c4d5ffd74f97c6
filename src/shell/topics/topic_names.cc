#include "shell/topics/topic_names.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kStatusEnding = ".status";
constexpr std::string_view kAssignmentEnding = ".assignment";

// Heartbeats are useless after a few minutes; events are what an operator reads after a weekend.
constexpr Duration kStatusRetention = 10min;
constexpr Duration kEventsRetention = 24h * 7;

}  // namespace

std::optional<NodeName> TopicNames::node_of_status(std::string_view topic) const {
  return node_before(kStatusEnding, topic);
}

std::optional<NodeName> TopicNames::node_of(std::string_view topic) const {
  std::optional<NodeName> node = node_before(kStatusEnding, topic);
  return node ? node : node_before(kAssignmentEnding, topic);
}

std::optional<NodeName> TopicNames::node_before(std::string_view ending,
                                                std::string_view topic) const {
  constexpr std::string_view kMiddle = "node.";
  if (!topic.starts_with(prefix_)) return std::nullopt;
  topic.remove_prefix(prefix_.size());
  if (!topic.starts_with(kMiddle) || !topic.ends_with(ending)) return std::nullopt;
  topic.remove_prefix(kMiddle.size());
  if (topic.size() < ending.size()) return std::nullopt;
  topic.remove_suffix(ending.size());
  Result<NodeName> name = NodeName::parse(topic);
  return name ? std::optional(*std::move(name)) : std::nullopt;
}

std::vector<TopicSpec> TopicNames::of_node(const NodeName& node) const {
  return {{.name = status(node), .cleanup = TopicCleanup::kDelete, .retention = kStatusRetention},
          {.name = assignment(node), .cleanup = TopicCleanup::kCompact, .retention = {}}};
}

std::vector<TopicSpec> TopicNames::of_cluster() const {
  return {{.name = events(), .cleanup = TopicCleanup::kDelete, .retention = kEventsRetention},
          {.name = canary(), .cleanup = TopicCleanup::kDelete, .retention = kStatusRetention}};
}

}  // namespace hearth
