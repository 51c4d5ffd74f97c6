#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "ports/bus.h"

namespace hearth {

/// The names of Hearth's topics under one prefix (docs/reference/protocol.md).
class TopicNames {
 public:
  explicit TopicNames(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string status(const NodeName& node) const {
    return prefix_ + "node." + node.str() + ".status";
  }
  std::string assignment(const NodeName& node) const {
    return prefix_ + "node." + node.str() + ".assignment";
  }
  std::string events() const { return prefix_ + "events"; }
  std::string canary() const { return prefix_ + "canary"; }

  /// The node of a status topic; nullopt for any other topic.
  std::optional<NodeName> node_of_status(std::string_view topic) const;
  /// The node of any of its topics; nullopt for a topic of no node.
  std::optional<NodeName> node_of(std::string_view topic) const;

  std::vector<TopicSpec> of_node(const NodeName& node) const;
  std::vector<TopicSpec> of_cluster() const;

 private:
  std::optional<NodeName> node_before(std::string_view ending, std::string_view topic) const;

  std::string prefix_;
};

}  // namespace hearth
