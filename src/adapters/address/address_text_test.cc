#include "adapters/address/address_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ports/http.h"
#include "wire/endpoint_text.h"

namespace hearth {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

TEST(AddressText, AListenAddressIsAnIpAndAPort) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:0"), (Endpoint{"127.0.0.1", 0}));
  EXPECT_EQ(parse_listen_address("[::]:65535"), (Endpoint{"::", 65535}));
  EXPECT_EQ(parse_listen_address("[fe80::1%eth0]:1"), (Endpoint{"fe80::1%eth0", 1}));
  for (const std::string_view text :
       {"", "127.0.0.1", "127.0.0.1:", ":7700", "::1:7700", "[::1]", "localhost:7700",
        "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 7700", "[127.0.0.1:1", "[127.0.0.1]:1",
        "[::1]7700", "[::1%]:1", "[]:1", "http://127.0.0.1:1", "127.0.0.1:1/"}) {
    EXPECT_FALSE(parse_listen_address(text).has_value()) << text;
  }
  EXPECT_FALSE(parse_listen_address(std::string_view("127.0.0.1\0:1", 12)).has_value());
}

TEST(AddressText, ErrorsSayWhatIsWrongAndWhatIsRight) {
  const auto said_of = [](std::string_view text) {
    return parse_listen_address(text).error().message;
  };
  EXPECT_EQ(said_of("localhost:7700"),
            "must be an IP address and a port, such as \"127.0.0.1:7700\", \"[::1]:7700\" or "
            "\"0.0.0.0:7700\" ('localhost' is not an IP address)");
  EXPECT_THAT(said_of("127.0.0.1"), EndsWith("(the port is missing)"));
  EXPECT_THAT(said_of(":7700"), EndsWith("(the host is missing)"));
  EXPECT_THAT(said_of("::1"), HasSubstr("'::1' is an IPv6 address and needs brackets"));
  EXPECT_THAT(said_of("fd00::a:b:c:d:e:f:7700"), HasSubstr("'fd00::a:b:c:d:e:f' is an IPv6"));
  EXPECT_THAT(said_of("[::1"), HasSubstr("no matching ']'"));
  EXPECT_THAT(said_of("[1.2.3.4]:1"), HasSubstr("'1.2.3.4' is not an IPv6 address"));
  EXPECT_THAT(said_of("1.2.3.4:70000"), HasSubstr("'70000' is not a number from 0 to 65535"));
  EXPECT_THAT(parse_manager_url("http://a:0").error().message,
              HasSubstr("'0' is not a number from 1 to 65535"));
  EXPECT_THAT(parse_manager_url("https://a:1").error().message,
              HasSubstr("https is not supported"));
  EXPECT_THAT(parse_kafka_bootstrap("a:1,b").error().message, EndsWith("(the port is missing)"));
}

// Goal: no program and no setting accepts an address that another one refuses. Method: give each
// text to every reader of an address at which another process listens.
TEST(AddressText, OneRuleForAHostEverywhere) {
  for (const std::string& text :
       {std::string("10.0.0.1:7700"), std::string("manager.example:7700"),
        std::string("[fd00::1]:7700"), std::string("[fe80::1%eth0]:7700"), std::string("fd00::1:1"),
        std::string("a b:1"), std::string("a:0"), std::string(":1"), std::string("a:x")}) {
    const bool is_right = parse_kafka_bootstrap(text).has_value();
    EXPECT_EQ(parse_kafka_brokers(text).has_value(), is_right) << text;
    EXPECT_EQ(parse_manager_url("http://" + text).has_value(), is_right) << text;
    EXPECT_EQ(brokers_of(text).size(), is_right ? 1U : 0U) << text;
  }
}

TEST(AddressText, ABootstrapIsEmbeddedOrBrokers) {
  for (const std::string_view text :
       {"embedded", "kafka:9092", "10.0.0.1:9092", "[fd00::1]:9092", "a:1,b:2,c-d.example:3"}) {
    EXPECT_EQ(parse_kafka_bootstrap(text), std::string(text));
    EXPECT_EQ(parse_kafka_brokers(text).has_value(), text != kEmbeddedKafka);
    EXPECT_EQ(brokers_of(text).empty(), text == kEmbeddedKafka) << text;
  }
  for (const std::string_view text :
       {"", "kafka", "kafka:0", "kafka:x", "a:1,", ",a:1", "a:1, b:2", "a b:1", "embedded,a:1"}) {
    EXPECT_FALSE(parse_kafka_bootstrap(text).has_value()) << text;
  }
}

TEST(AddressText, ATopicPrefixIsWhatKafkaAccepts) {
  EXPECT_TRUE(parse_topic_prefix("hearth.").has_value());
  EXPECT_TRUE(parse_topic_prefix(std::string(64, 'x')).has_value());
  for (const std::string& text : {std::string(), std::string(65, 'x'), std::string("a/b")}) {
    EXPECT_FALSE(parse_topic_prefix(text).has_value()) << text;
  }
}

TEST(AddressText, AManagerIsFoundByItsUrl) {
  EXPECT_EQ(parse_manager_url("http://10.0.0.1:7701"), (Endpoint{"10.0.0.1", 7701}));
  EXPECT_EQ(parse_manager_url("http://manager/"), (Endpoint{"manager", kManagerPort}));
  EXPECT_EQ(parse_manager_url("http://[::1]"), (Endpoint{"::1", kManagerPort}));
  for (const std::string_view text :
       {"10.0.0.1:7700", "https://10.0.0.1:7700", "http://10.0.0.1:7700/v1", "http://:7700",
        "http://a:0", "http://", "http://a:", "http://a?b"}) {
    EXPECT_FALSE(parse_manager_url(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace hearth
