#include "adapters/config/address_text.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(AddressText, AListenAddressIsAnIpAndAPort) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:0"), (Endpoint{"127.0.0.1", 0}));
  EXPECT_EQ(parse_listen_address("[::]:65535"), (Endpoint{"::", 65535}));
  for (const std::string_view text :
       {"", "127.0.0.1", "127.0.0.1:", ":7700", "::1:7700", "[::1]", "localhost:7700",
        "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 7700", "[127.0.0.1:1"}) {
    EXPECT_FALSE(parse_listen_address(text).has_value()) << text;
  }
  EXPECT_FALSE(parse_listen_address(std::string_view("127.0.0.1\0:1", 12)).has_value());
}

TEST(AddressText, ABrokerIsEmbeddedOrSomewhere) {
  for (const std::string_view text :
       {"embedded", "kafka:9092", "10.0.0.1:9092", "[fd00::1]:9092", "a:1,b:2,c-d.example:3"}) {
    EXPECT_EQ(parse_kafka_bootstrap(text), std::string(text));
    EXPECT_EQ(brokers_of(text).empty(), text == kEmbeddedKafka) << text;
  }
  for (const std::string_view text :
       {"", "kafka", "kafka:0", "kafka:x", "a:1,", ",a:1", "a:1, b:2", "a b:1", "embedded,a:1"}) {
    EXPECT_FALSE(parse_kafka_bootstrap(text).has_value()) << text;
  }
}

TEST(AddressText, ATopicPrefixIsWhatKafkaTakes) {
  EXPECT_TRUE(parse_topic_prefix("hearth.").has_value());
  EXPECT_TRUE(parse_topic_prefix(std::string(64, 'x')).has_value());
  for (const std::string& text : {std::string(), std::string(65, 'x'), std::string("a/b")}) {
    EXPECT_FALSE(parse_topic_prefix(text).has_value()) << text;
  }
}

TEST(AddressText, AManagerIsFoundByItsUrl) {
  EXPECT_EQ(parse_manager_url("http://10.0.0.1:7700"), (Endpoint{"10.0.0.1", 7700}));
  for (const std::string_view text : {"10.0.0.1:7700", "http://10.0.0.1", "https://10.0.0.1:7700",
                                      "http://10.0.0.1:7700/v1", "http://:7700", "http://a:0"}) {
    EXPECT_FALSE(parse_manager_url(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace hearth
