#include "core/placement/placement.h"

#include <gtest/gtest.h>

#include "model/assignment.h"

namespace hearth::core {
namespace {

NodeName node(std::string_view name) {
  return *NodeName::parse(name);
}
const WorkloadName kHeater = *WorkloadName::parse("heater");
const WorkloadName kOther = *WorkloadName::parse("other");
constexpr std::uint64_t kMiB = 1 << 20;

Candidates three_nodes() {
  const Candidate candidate{.usable = true,
                            .unusable = "",
                            .capacity = {.cpu_millis = 2000, .memory_bytes = 4096 * kMiB},
                            .reserved = {},
                            .instances = 0,
                            .load = {},
                            .of_workload = {},
                            .images = {}};
  return {{node("a"), candidate}, {node("b"), candidate}, {node("c"), candidate}};
}

PlacementRequest request(Resources resources = {}) {
  return {.workload = kHeater, .resources = resources, .image = "hearth/heater:1"};
}

TEST(Placement, SpreadsTheInstancesOfAWorkload) {
  Candidates nodes = three_nodes();
  EXPECT_EQ(place(nodes, request()), node("a"));
  EXPECT_EQ(place(nodes, request()), node("b"));
  EXPECT_EQ(place(nodes, request()), node("c"));
  EXPECT_EQ(place(nodes, request()), node("a"));
}

TEST(Placement, PrefersTheNodeThatHasTheImage) {
  Candidates nodes = three_nodes();
  nodes.at(node("c")).images.insert("hearth/heater:1");
  EXPECT_EQ(place(nodes, request()), node("c"));
}

TEST(Placement, ADeadNodesWorkDoesNotHerdOntoOneSurvivor) {
  Candidates nodes = three_nodes();
  nodes.at(node("a")).usable = false;
  nodes.at(node("a")).unusable = "dead";
  for (int i = 0; i < 40; ++i) {
    PlacementRequest one = request({.cpu_millis = 50, .memory_bytes = 50 * kMiB});
    one.workload = *WorkloadName::parse("w" + std::to_string(i));
    ASSERT_TRUE(place(nodes, one).has_value());
  }
  EXPECT_EQ(nodes.at(node("a")).instances, 0U);
  EXPECT_EQ(nodes.at(node("b")).instances, 20U);
  EXPECT_EQ(nodes.at(node("c")).instances, 20U);
}

TEST(Placement, NeverReservesMoreThanANodeHas) {
  Candidates nodes = three_nodes();
  int placed = 0;
  while (place(nodes, request({.cpu_millis = 300, .memory_bytes = 1}))) ++placed;
  EXPECT_EQ(placed, 18) << "six of 300 fit into 2000, three times";
  for (const auto& [name, candidate] : nodes) EXPECT_LE(candidate.reserved.cpu_millis, 2000U);
}

TEST(Placement, ABusyNodeIsAvoidedByWhatItReallyUses) {
  Candidates nodes = three_nodes();
  nodes.at(node("a")).load.cpu = 900;
  EXPECT_EQ(place(nodes, request()), node("b"));
}

TEST(Placement, NoiseInTheLoadDoesNotDecide) {
  Candidates nodes = three_nodes();
  nodes.at(node("a")).load.cpu = 99;
  nodes.at(node("b")).load.cpu = 3;
  EXPECT_EQ(place(nodes, request()), node("a"));
}

TEST(Placement, AnOverloadedNodeGetsNothingNew) {
  Candidates nodes = three_nodes();
  nodes.at(node("a")).load.memory = kOverloadedMemory;
  nodes.at(node("b")).load.io_stall = kOverloadedStall;
  nodes.at(node("c")).load.memory_stall = kOverloadedStall;
  const Result<NodeName> none = place(nodes, request());
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().message, "no node can take it: 3 nodes overloaded");
}

TEST(Placement, ANodeWithoutDiskSpaceGetsNothingNew) {
  Candidates nodes = three_nodes();
  nodes.at(node("a")).load.disk = kOverloadedDisk;
  nodes.at(node("b")).load.disk = kOverloadedDisk - 1;
  nodes.erase(node("c"));
  EXPECT_EQ(place(nodes, request()), node("b"));
  nodes.erase(node("b"));
  EXPECT_EQ(place(nodes, request()).error().message,
            "no node can take it: 1 node out of disk space");
}

TEST(Placement, WhereEveryProcessorIsBusyWorkStillFindsANode) {
  Candidates nodes = three_nodes();
  for (auto& [name, candidate] : nodes) {
    candidate.load.cpu = 1000;
    candidate.load.cpu_stall = 1000;
  }
  EXPECT_TRUE(place(nodes, request()).has_value());
  nodes.at(node("c")).load.cpu_stall = 100;
  nodes.at(node("c")).load.cpu = 100;
  EXPECT_EQ(place(nodes, request()), node("c"));
}

TEST(Placement, SaysWhatStandsInTheWay) {
  Candidates none;
  EXPECT_NE(place(none, request()).error().message.find("hearth node import"), std::string::npos);

  Candidates nodes = three_nodes();
  nodes.at(node("a")).usable = false;
  nodes.at(node("a")).unusable = "dead";
  PlacementRequest huge = request({.cpu_millis = 9000, .memory_bytes = 0});
  huge.other_than = node("b");
  const std::string words = place(nodes, huge).error().message;
  EXPECT_NE(words.find("1 node dead"), std::string::npos) << words;
  EXPECT_NE(words.find("without room"), std::string::npos) << words;
  EXPECT_NE(words.find("must leave"), std::string::npos) << words;
}

TEST(Placement, WhatANodeDidNotTellIsNoLimit) {
  Candidates nodes{{node("a"), Candidate{.usable = true, .unusable = ""}}};
  EXPECT_TRUE(
      place(nodes, request({.cpu_millis = 100'000, .memory_bytes = 1ULL << 40})).has_value());
}

TEST(Placement, OtherWorkloadsDoNotCountAsTheSame) {
  Candidates nodes = three_nodes();
  reserve(nodes.at(node("a")), {.workload = kOther, .resources = {}, .image = ""});
  reserve(nodes.at(node("b")), {.workload = kHeater, .resources = {}, .image = ""});
  reserve(nodes.at(node("c")), {.workload = kHeater, .resources = {}, .image = ""});
  EXPECT_EQ(place(nodes, request()), node("a"));
}

TEST(Placement, ASuccessorSpreadsAsIfItsPredecessorHadLeft) {
  Candidates nodes = three_nodes();
  for (const char* name : {"a", "b", "c"}) {
    reserve(nodes.at(node(name)), {.workload = kHeater, .resources = {}, .image = ""});
  }
  PlacementRequest successor = request();
  successor.successor_on = node("c");
  EXPECT_EQ(place(nodes, successor), node("c"));
  EXPECT_NE(place(nodes, successor), node("c")) << "two of them are there by now";
}

// Goal: work that is bound to a node is renewed there, also where it fills more than half of it.
TEST(Placement, ABoundSuccessorGoesWhereItsPredecessorIsAndTakesItsRoom) {
  Candidates nodes = three_nodes();
  const Resources most{.cpu_millis = 1500, .memory_bytes = 0};
  reserve(nodes.at(node("b")), request(most));
  PlacementRequest bound = request(most);
  bound.only_on = bound.successor_on = node("b");
  EXPECT_EQ(choose(nodes, bound).error().message,
            "no node can take it: 2 nodes other than the one it is bound to, 1 node without room "
            "left by reservation");
  bound.freed = most;
  EXPECT_EQ(choose(nodes, bound), node("b"));
}

TEST(Placement, ChoosingReservesNothingAndMayAskForANodeWithoutTheWorkload) {
  Candidates nodes = three_nodes();
  reserve(nodes.at(node("a")), request());
  PlacementRequest warm = request();
  warm.beside_itself = Beside::kNever;
  EXPECT_EQ(choose(nodes, warm), node("b"));
  EXPECT_EQ(nodes.at(node("b")).instances, 0U);
  reserve(nodes.at(node("b")), request());
  reserve(nodes.at(node("c")), request());
  EXPECT_EQ(choose(nodes, warm).error().message,
            "no node can take it: 3 nodes where it is already");
}

TEST(Placement, ANodeGetsNoMoreThanItsAssignmentCarries) {
  Candidates nodes = three_nodes();
  nodes.at(node("a")).instances = kInstancesPerNodeMax;
  nodes.at(node("b")).instances = kInstancesPerNodeMax - 1;
  nodes.at(node("c")).environment_bytes = kEnvironmentBytesPerNodeMax - 100;
  PlacementRequest wanted = request();
  wanted.environment_bytes = 101;
  EXPECT_EQ(place(nodes, wanted), node("b"));
  EXPECT_EQ(place(nodes, wanted).error().message,
            "no node can take it: 2 nodes with 200 instances, the most that one may have, 1 node "
            "without room for more environment than 98304 bytes");
  wanted.environment_bytes = 100;
  EXPECT_EQ(place(nodes, wanted), node("c"));
}

}  // namespace
}  // namespace hearth::core
