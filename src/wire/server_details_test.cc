#include "wire/server_details.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string fault_of(std::string_view text) {
  const Result<std::vector<NodeEntry>> entries = parse_server_details(text);
  if (entries) return "";
  EXPECT_EQ(entries.error().code, ErrorCode::kInvalidArgument);
  return entries.error().message;
}

NodeEntry entry(std::string_view name, std::string display_name, std::string ip,
                std::uint16_t port) {
  return {.name = NodeName::parse(name).value(),
          .display_name = std::move(display_name),
          .agent = {.address = std::move(ip), .port = port},
          .names_port = port == 9000};
}

TEST(ServerDetails, ReadsTheOperatorsFile) {
  const auto entries = parse_server_details(R"({
    "1": {"node_name": "IAS-Node-1-new", "node_ip": "52.188.83.232"},
    "7": {"node_name": "Küche 2", "node_ip": "2001:db8::7", "agent_port": 9000},
    "2": {"node_name": "node2", "node_ip": "10.0.0.2"}
  })",
                                            7800);
  EXPECT_EQ(entries, (std::vector<NodeEntry>{
                         entry("ias-node-1-new", "IAS-Node-1-new", "52.188.83.232", 7800),
                         entry("k-che-2", "Küche 2", "2001:db8::7", 9000),
                         entry("node2", "node2", "10.0.0.2", 7800)}));
  EXPECT_EQ(parse_server_details("{}"), std::vector<NodeEntry>{});
}

TEST(ServerDetails, MapsDisplayNamesToNodeNames) {
  const auto mapped = [](std::string_view text) {
    const Result<NodeName> name = node_name_of(text);
    return name ? name->str() : "";
  };
  EXPECT_EQ(mapped("IAS-Node-1-new"), "ias-node-1-new");
  EXPECT_EQ(mapped("  rack_4 / #12  "), "rack-4-12");
  EXPECT_EQ(mapped("--a--b--"), "a--b");
  EXPECT_EQ(mapped("node.example.com"), "node-example-com");
  EXPECT_EQ(mapped(std::string(62, 'A') + "-BCD"), std::string(62, 'a'));
  EXPECT_EQ(mapped("日本"), "");
  EXPECT_EQ(mapped(""), "");
}

TEST(ServerDetails, ReportsAllFaultsWithTheirPaths) {
  EXPECT_EQ(
      fault_of(R"({
        "1": {"node_name": "a"},
        "2": {"node_ip": "10.0.0.2"},
        "3": {"node_name": "c", "node_ip": "heater.local"},
        "4": "d",
        "5": {"node_name": 5, "node_ip": "10.0.0.5", "agent_port": 70000},
        "6": {"node_name": "***", "node_ip": "10.0.0.6", "node_id": 1},
        "7": null
      })"),
      "$.1.node_ip: is missing\n"
      "$.2.node_name: is missing\n"
      "$.3.node_ip: must be an IP address such as \"192.0.2.7\" or \"2001:db8::7\", not a host "
      "name\n"
      "$.4: must be an object, not a string\n"
      "$.5.node_name: must be a string, not a number\n"
      "$.5.agent_port: must be a whole number from 1 to 65535\n"
      "$.6.node_name: must contain a letter a-z or a digit, since the node's name is made of "
      "these\n"
      "$.6.node_id: unknown key; did you mean \"node_ip\"? (known keys: node_name, node_ip, "
      "agent_port)\n"
      "$.7: must be an object, not null");
}

TEST(ServerDetails, RefusesTwoEntriesForOneNode) {
  EXPECT_EQ(fault_of(R"({"1": {"node_name": "Node 1", "node_ip": "10.0.0.1"},
                         "2": {"node_name": "node-1", "node_ip": "10.0.0.2"}})"),
            "$.2: node_name 'node-1' maps to node 'node-1', as does that of entry \"1\": "
            "rename one of them");
  EXPECT_THAT(fault_of(R"({"1": {"node_name": "a", "node_ip": "10.0.0.1"},
                           "2": {"node_name": "b", "node_ip": "10.0.0.1"}})"),
              StartsWith("$.2: has the same node_ip and agent_port as entry \"1\""));
  EXPECT_EQ(fault_of(R"({"1": {"node_name": "a", "node_ip": "10.0.0.1"},
                         "2": {"node_name": "b", "node_ip": "10.0.0.1", "agent_port": 7702}})"),
            "");
  EXPECT_THAT(fault_of(R"({"1": {"node_name": "a", "node_ip": "10.0.0.1"},
                           "1": {"node_name": "b", "node_ip": "10.0.0.2"}})"),
              StartsWith("$.1: duplicate key"));
}

TEST(ServerDetails, AnIpIsOneMachinesAddress) {
  for (const char* ip : {"10.0.0.1", "127.0.0.2", "::1", "fe80::1", "2001:db8::c000:201"}) {
    EXPECT_EQ(parse_ip(ip), ip);
  }
  for (const std::string_view ip :
       {std::string_view("10.0.0"), std::string_view("10.0.0.256"), std::string_view("10.0.0.1/8"),
        std::string_view("[::1]"), std::string_view("fe80::1%eth0"), std::string_view("0.0.0.0"),
        std::string_view("::"), std::string_view("0:0::0"), std::string_view("::ffff:0.0.0.0"),
        std::string_view(""), std::string_view("10.0.0.1\0", 9), std::string_view("localhost")}) {
    EXPECT_FALSE(parse_ip(ip).has_value()) << ip;
  }
}

// Goal: what is compared by its address is compared by the address, not by its spelling.
TEST(ServerDetails, AnIpHasOneSpelling) {
  EXPECT_EQ(parse_ip("2001:DB8:0:0::0007"), "2001:db8::7");
  EXPECT_EQ(parse_ip("2001:db8::192.0.2.1"), "2001:db8::c000:201");
  EXPECT_EQ(parse_ip("0:0:0:0:0:0:0:1"), "::1");
  EXPECT_EQ(parse_ip("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_THAT(fault_of(R"({"1": {"node_name": "a", "node_ip": "2001:db8::7"},
                           "2": {"node_name": "b", "node_ip": "2001:DB8:0::7"}})"),
              StartsWith("$.2: has the same node_ip and agent_port as entry \"1\""));
}

TEST(ServerDetails, DisplayNamesFitOnOneLine) {
  EXPECT_THAT(fault_of(R"({"1": {"node_name": "a\u001b[2J", "node_ip": "10.0.0.1"}})"),
              StartsWith("$.1.node_name: must have at most 255 bytes and no control"));
}

TEST(ServerDetails, BoundsTheNumberOfNodes) {
  const auto file = [](std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 1; i <= count; ++i) {
      const std::string n = std::to_string(i);
      text += (i == 1 ? "\"" : ",\"") + n + R"(":{"node_name":"n)" + n + R"(","node_ip":"10.0.)" +
              std::to_string(i / 250) + "." + std::to_string(i % 250) + "\"}";
    }
    return text + "}";
  };
  EXPECT_EQ(fault_of(file(kServerDetailsNodesMax)), "");
  EXPECT_THAT(fault_of(file(kServerDetailsNodesMax + 1)),
              HasSubstr("has 10001 entries; the limit is 10000"));
}

}  // namespace
}  // namespace hearth
