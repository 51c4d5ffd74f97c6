#include "adapters/kafka/embedded_broker.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(EmbeddedBroker, ListensOnLoopbackAtAPortOfItsOwn) {
  const auto one = EmbeddedBroker::start();
  const auto other = EmbeddedBroker::start();
  ASSERT_TRUE(one.has_value());
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE((*one)->bootstrap().starts_with("127.0.0.1:"));
  EXPECT_NE((*one)->bootstrap(), (*other)->bootstrap());
}

TEST(EmbeddedBroker, AnExistingTopicIsNoError) {
  const auto broker = EmbeddedBroker::start();
  ASSERT_TRUE(broker.has_value());
  EXPECT_TRUE((*broker)->create_topic("hearth.events").has_value());
  EXPECT_TRUE((*broker)->create_topic("hearth.events").has_value());
}

}  // namespace
}  // namespace hearth
