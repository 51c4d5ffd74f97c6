#include "shell/topics/topic_names.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;

// Signs of life are of no use a few minutes later; events are what an operator reads after a
// weekend.
constexpr Duration kStatusRetention = 10min;
constexpr Duration kEventsRetention = 24h * 7;

}  // namespace

std::optional<NodeName> TopicNames::node_of_status(std::string_view topic) const {
  constexpr std::string_view kMiddle = "node.";
  constexpr std::string_view kEnd = ".status";
  if (!topic.starts_with(prefix_)) return std::nullopt;
  topic.remove_prefix(prefix_.size());
  if (!topic.starts_with(kMiddle) || !topic.ends_with(kEnd)) return std::nullopt;
  topic.remove_prefix(kMiddle.size());
  if (topic.size() < kEnd.size()) return std::nullopt;
  topic.remove_suffix(kEnd.size());
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
