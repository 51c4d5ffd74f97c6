#include "shell/topics/topic_names.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(TopicNames, FindsTheNodeOfAStatusTopic) {
  const TopicNames topics("hearth.");
  const NodeName node = *NodeName::parse("node-1");
  EXPECT_EQ(topics.status(node), "hearth.node.node-1.status");
  EXPECT_EQ(topics.node_of_status(topics.status(node)), node);
}

TEST(TopicNames, FindsTheNodeOfAnyOfItsTopics) {
  const TopicNames topics("hearth.");
  const NodeName node = *NodeName::parse("node-1");
  for (const TopicSpec& one : topics.of_node(node)) EXPECT_EQ(topics.node_of(one.name), node);
  for (const TopicSpec& one : topics.of_cluster())
    EXPECT_EQ(topics.node_of(one.name), std::nullopt);
  EXPECT_EQ(topics.node_of("hearth.node..assignment"), std::nullopt);
  EXPECT_EQ(topics.node_of("other.node.a.assignment"), std::nullopt);
}

TEST(TopicNames, OtherTopicsHaveNoNode) {
  const TopicNames topics("hearth.");
  for (const char* topic :
       {"hearth.node.node-1.assignment", "hearth.canary", "other.node.a.status",
        "hearth.node..status", "hearth.node.status", "hearth.node.A.status", ""}) {
    EXPECT_EQ(topics.node_of_status(topic), std::nullopt) << topic;
  }
}

}  // namespace
}  // namespace hearth
