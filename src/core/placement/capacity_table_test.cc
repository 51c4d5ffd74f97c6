#include "core/placement/capacity_table.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/assignment.h"

namespace hearth::core {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr Epoch kEpoch{1};
const WorkloadName kHeater = *WorkloadName::parse("heater");
const WorkloadName kOther = *WorkloadName::parse("other");

NodeName node(std::string_view name) {
  return *NodeName::parse(name);
}

NodeView live(Load load = {}) {
  return {.state = NodeState::kLive, .has_report = true, .load = load};
}

PlacementRequest request(Resources resources = {}) {
  return {.workload = kHeater, .resources = resources, .image = "hearth/heater:1"};
}

/// Three equal nodes, and work that goes where the table says.
struct Scene {
  Scene() {
    for (const char* name : {"a", "b", "c"}) add(name);
  }
  void add(const char* name) {
    table.add_node(node(name));
    set(name, live());
    table.set_capacity(node(name), {.cpu_millis = 2000, .memory_bytes = 4096 * kMiB});
  }
  void set(const char* name, const NodeView& view) {
    (void)table.set_eligibility(node(name), Eligibility(view, kEpoch));
    table.set_load(node(name), view.load);
  }
  void die(const char* name) { set(name, {.state = NodeState::kDead}); }
  /// Puts one instance there, whatever the obstacle.
  Instance put(const char* name, const PlacementRequest& wanted) {
    Instance instance{.id = make_instance_id(wanted.workload, ++instances),
                      .workload = wanted.workload};
    instance.node = node(name);
    instance.reservation.resources = wanted.resources;
    instance.reservation.assignment_bytes = wanted.assignment_bytes;
    table.follow(nullptr, &instance, wanted.holdings);
    table.check_invariants();
    return instance;
  }
  Result<NodeName> place(const PlacementRequest& wanted) {
    Result<NodeName> chosen = table.choose(wanted);
    if (chosen) put(chosen->str().c_str(), wanted);
    return chosen;
  }
  std::string refusal(const PlacementRequest& wanted) const {
    const Result<NodeName> chosen = table.choose(wanted);
    return chosen ? "goes to " + chosen->str() : chosen.error().message;
  }

  CapacityTable table;
  std::uint64_t instances = 0;
};

TEST(CapacityTable, SpreadsTheInstancesOfAWorkload) {
  Scene scene;
  for (const char* name : {"a", "b", "c", "a"}) EXPECT_EQ(scene.place(request()), node(name));
}

TEST(CapacityTable, PrefersTheNodeThatHasTheImage) {
  Scene scene;
  scene.table.set_images(node("c"), {"hearth/heater:1"});
  EXPECT_EQ(scene.place(request()), node("c"));
}

TEST(CapacityTable, AnImageThatIsGoneAttractsNothing) {
  Scene scene;
  scene.table.set_images(node("c"), {"hearth/heater:1"});
  scene.table.set_images(node("c"), {"hearth/other:1"});
  scene.table.check_invariants();
  EXPECT_EQ(scene.place(request()), node("a"));
}

TEST(CapacityTable, ADeadNodesWorkDoesNotHerdOntoOneSurvivor) {
  Scene scene;
  scene.die("a");
  std::map<NodeName, int> placed;
  for (int i = 0; i < 40; ++i) {
    PlacementRequest one = request({.cpu_millis = 50, .memory_bytes = 50 * kMiB});
    one.workload = *WorkloadName::parse("w" + std::to_string(i));
    const Result<NodeName> chosen = scene.place(one);
    ASSERT_TRUE(chosen.has_value());
    ++placed[*chosen];
  }
  EXPECT_EQ(placed, (std::map<NodeName, int>{{node("b"), 20}, {node("c"), 20}}));
}

TEST(CapacityTable, NeverReservesMoreThanANodeHas) {
  Scene scene;
  int placed = 0;
  while (scene.place(request({.cpu_millis = 300, .memory_bytes = 1}))) ++placed;
  EXPECT_EQ(placed, 18) << "six of 300 fit into 2000, three times";
}

TEST(CapacityTable, AStoppedOrForgottenInstanceReleasesItsRoom) {
  Scene scene;
  scene.die("b");
  scene.die("c");
  const PlacementRequest all = request({.cpu_millis = 2000});
  Instance first = scene.put("a", all);
  EXPECT_FALSE(scene.table.choose(all).has_value());
  Instance stopped = first;
  stopped.desired_state = DesiredState::kStop;
  scene.table.follow(&first, &stopped);
  EXPECT_EQ(scene.table.choose(all), node("a"));
  scene.table.follow(&stopped, nullptr);
  scene.table.check_invariants();
  EXPECT_EQ(scene.table.choose(all), node("a"));
}

TEST(CapacityTable, ABusyNodeIsAvoidedByWhatItReallyUses) {
  Scene scene;
  scene.set("a", live({.cpu = 900}));
  EXPECT_EQ(scene.place(request()), node("b"));
}

TEST(CapacityTable, NoiseInTheLoadDoesNotDecide) {
  Scene scene;
  scene.set("a", live({.cpu = 99}));
  scene.set("b", live({.cpu = 3}));
  EXPECT_EQ(scene.place(request()), node("a"));
}

TEST(CapacityTable, AnIneligibleNodeGetsNothing) {
  Scene scene;
  for (const char* name : {"a", "b", "c"}) scene.set(name, live({.memory = kOverloadedMemory}));
  EXPECT_EQ(scene.refusal(request()), "no node can take it: 3 nodes overloaded");
  scene.set("b", live());
  EXPECT_EQ(scene.place(request()), node("b"));
}

TEST(CapacityTable, WorkStillFindsANodeWhereEveryProcessorIsBusy) {
  Scene scene;
  for (const char* name : {"a", "b", "c"}) scene.set(name, live({.cpu = 1000, .cpu_stall = 1000}));
  EXPECT_TRUE(scene.table.choose(request()).has_value());
  scene.set("c", live({.cpu = 100, .cpu_stall = 100}));
  EXPECT_EQ(scene.place(request()), node("c"));
}

TEST(CapacityTable, ARefusalNamesTheObstacles) {
  EXPECT_EQ(CapacityTable().choose(request()).error().message,
            "no node is known; import nodes with 'hearth node import'");
  Scene scene;
  scene.die("a");
  PlacementRequest huge = request({.cpu_millis = 9000, .memory_bytes = 0});
  huge.other_than = node("b");
  EXPECT_EQ(scene.refusal(huge),
            "no node can take it: 1 node dead, 1 node it must leave, 1 node without enough "
            "unreserved CPU or memory");
}

TEST(CapacityTable, ARefusalIsComputedAgainOnceSomethingChanged) {
  Scene scene;
  const PlacementRequest huge = request({.cpu_millis = 9000, .memory_bytes = 0});
  EXPECT_EQ(scene.refusal(huge),
            "no node can take it: 3 nodes without enough unreserved CPU or memory");
  EXPECT_EQ(scene.refusal(huge),
            "no node can take it: 3 nodes without enough unreserved CPU or memory");
  scene.die("a");
  EXPECT_EQ(scene.refusal(huge),
            "no node can take it: 1 node dead, 2 nodes without enough unreserved CPU or memory");
  scene.table.set_capacity(node("b"), {.cpu_millis = 10'000});
  EXPECT_EQ(scene.table.choose(huge), node("b"));
}

TEST(CapacityTable, AnUnreportedCapacityIsNoLimit) {
  CapacityTable table;
  table.add_node(node("a"));
  EXPECT_TRUE(table.set_eligibility(node("a"), Eligibility(live(), kEpoch)));
  EXPECT_EQ(table.choose(request({.cpu_millis = 100'000, .memory_bytes = 1ULL << 40})), node("a"));
}

TEST(CapacityTable, OtherWorkloadsDoNotCountAsTheSame) {
  Scene scene;
  scene.put("a", {.workload = kOther});
  scene.put("b", {.workload = kHeater});
  scene.put("c", {.workload = kHeater});
  EXPECT_EQ(scene.place(request()), node("a"));
}

TEST(CapacityTable, ASuccessorSpreadsAsIfItsPredecessorHadLeft) {
  Scene scene;
  for (const char* name : {"a", "b", "c"}) scene.put(name, {.workload = kHeater});
  PlacementRequest successor = request();
  successor.successor_on = node("c");
  EXPECT_EQ(scene.place(successor), node("c"));
  EXPECT_NE(scene.place(successor), node("c")) << "it has two of them by then";
}

// Devices and ports.
// -------------------------------------------------------------------------------

Holdings device(std::string path) {
  return holdings_of({.devices = {{.host_path = std::move(path), .container_path = "/dev/x"}}});
}
Holdings port(std::uint16_t number) {
  return holdings_of({.ports = {{.host_port = number, .container_port = 80}}});
}

TEST(CapacityTable, ADeviceAndAPortHaveOneHolderOnANode) {
  for (const Holdings& holdings : {device("/dev/ttyUSB0"), port(80)}) {
    Scene scene;
    PlacementRequest wanted = request();
    wanted.holdings = holdings;
    std::set<NodeName> holders;
    for (int i = 0; i < 3; ++i) {
      const Result<NodeName> chosen = scene.table.choose(wanted);
      ASSERT_TRUE(chosen);
      EXPECT_TRUE(holders.insert(*chosen).second);
      scene.put(chosen->str().c_str(), wanted);
    }
    EXPECT_FALSE(scene.table.choose(wanted));
    wanted.holdings = {};
    EXPECT_TRUE(scene.table.choose(wanted)) << "what needs neither fits";
  }
}

TEST(CapacityTable, ARefusalNamesTheHolderAndItsNode) {
  Scene scene;
  PlacementRequest wanted = request();
  wanted.holdings = device("/dev/ttyUSB0");
  scene.put("a", wanted);
  wanted.only_on = node("a");
  EXPECT_EQ(scene.refusal(wanted),
            "no node can take it: 2 nodes other than the one it is bound to, 1 node where "
            "/dev/ttyUSB0 of 'a' is held by 'heater-1'");
}

TEST(CapacityTable, AnInstanceHasItsDeviceUntilItIsGone) {
  Scene scene;
  PlacementRequest wanted = request();
  wanted.only_on = node("a");
  wanted.holdings = device("/dev/ttyUSB0");
  const Instance first = scene.put("a", wanted);
  Instance stopped = first;
  stopped.desired_state = DesiredState::kStop;
  scene.table.follow(&first, &stopped, wanted.holdings);
  EXPECT_FALSE(scene.table.choose(wanted)) << "it is being stopped";
  scene.table.follow(&stopped, nullptr, wanted.holdings);
  EXPECT_EQ(scene.table.choose(wanted), node("a"));
}

TEST(CapacityTable, ARefusalNamesAFewHoldersAndCountsTheOthers) {
  Scene scene;
  PlacementRequest wanted = request();
  wanted.holdings = port(80);
  for (int i = 0; i < 20; ++i) scene.add(("n" + std::to_string(i)).c_str());
  for (int i = 0; i < 20; ++i) scene.put(("n" + std::to_string(i)).c_str(), wanted);
  for (const char* name : {"a", "b", "c"}) scene.put(name, wanted);
  EXPECT_TRUE(scene.refusal(wanted).ends_with(", 15 nodes for other reasons"))
      << scene.refusal(wanted);
}

TEST(CapacityTable, ANodeThatIsNotKnownTakesNothing) {
  Scene scene;
  PlacementRequest wanted = request();
  wanted.only_on = node("x");
  EXPECT_EQ(scene.refusal(wanted),
            "its only node 'x' is not known; import it with 'hearth node import'");
}

// Goal: whatever is placed and removed, no choice gives a device or a port a second holder.
RC_GTEST_PROP(CapacityTableProperties, NothingHasTwoHoldersOnANode, ()) {
  Scene scene;
  std::vector<std::pair<Instance, Holdings>> placed;
  const int steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    if (!placed.empty() && *rc::gen::inRange(0, 3) == 0) {
      const auto at = placed.begin() + *rc::gen::inRange<long>(0, std::ssize(placed));
      scene.table.follow(&at->first, nullptr, at->second);
      placed.erase(at);
      continue;
    }
    PlacementRequest wanted = request();
    wanted.holdings = *rc::gen::element(device("/dev/a"), device("/dev/b"), port(80), port(81));
    const Result<NodeName> chosen = scene.table.choose(wanted);
    if (!chosen) continue;
    for (const auto& [instance, holdings] : placed) {
      if (instance.node == *chosen) RC_ASSERT(overlap(holdings, wanted.holdings).empty());
    }
    placed.emplace_back(scene.put(chosen->str().c_str(), wanted), wanted.holdings);
  }
}

// Goal: work that is bound to a node is replaced there, even where it fills more than half of it.
TEST(CapacityTable, ABoundSuccessorStaysOnTheNodeAndUsesTheRoomOfItsPredecessor) {
  Scene scene;
  const Resources most{.cpu_millis = 1500, .memory_bytes = 0};
  scene.put("b", request(most));
  PlacementRequest bound = request(most);
  bound.only_on = bound.successor_on = node("b");
  EXPECT_EQ(scene.refusal(bound),
            "no node can take it: 2 nodes other than the one it is bound to, 1 node without enough "
            "unreserved CPU or memory");
  bound.freed = most;
  EXPECT_EQ(scene.table.choose(bound), node("b"));
}

TEST(CapacityTable, ChoosingReservesNothingAndCanExcludeNodesWithTheWorkload) {
  Scene scene;
  scene.put("a", request());
  PlacementRequest warm = request();
  warm.beside_itself = Beside::kNever;
  EXPECT_EQ(scene.table.choose(warm), node("b"));
  EXPECT_EQ(scene.table.choose(warm), node("b"));
  scene.put("b", request());
  scene.put("c", request());
  EXPECT_EQ(scene.refusal(warm), "no node can take it: 3 nodes where it already is");
}

TEST(CapacityTable, ABuildCountsAsWorkOfItsNodeButNotOfItsWorkload) {
  Scene scene;
  scene.table.add_build(node("a"));
  EXPECT_EQ(scene.table.choose(request()), node("b"));
  scene.table.remove_build(node("a"));
  EXPECT_EQ(scene.table.choose(request()), node("a"));
}

TEST(CapacityTable, ANodeGetsNoMoreThanItsAssignmentHolds) {
  Scene scene;
  for (std::uint32_t i = 0; i < kInstancesPerNodeMax; ++i) scene.table.add_build(node("a"));
  for (std::uint32_t i = 1; i < kInstancesPerNodeMax; ++i) scene.table.add_build(node("b"));
  PlacementRequest full{.workload = kOther};
  full.assignment_bytes = kAssignmentBytesPerNodeMax - 100;
  scene.put("c", full);
  PlacementRequest wanted = request();
  wanted.assignment_bytes = 101;
  EXPECT_EQ(scene.place(wanted), node("b"));
  EXPECT_EQ(scene.refusal(wanted),
            "no node can take it: 2 nodes at the limit of 200 instances, 1 node without room for "
            "its specification (at most 737280 bytes per node)");
  wanted.assignment_bytes = 100;
  EXPECT_EQ(scene.place(wanted), node("c"));
}

// Properties. -------------------------------------------------------------------------------------

/// The same choice by brute force over every node: the model that the table must agree with.
class EveryNode {
 public:
  struct Row {
    bool live = true;
    std::uint32_t cpu = 0;  ///< Reserved, of 1000.
    std::uint16_t load = 0;
    std::uint32_t instances = 0;
    std::uint32_t same = 0;
    bool has_image = false;
  };
  std::map<NodeName, Row> rows;

  std::optional<NodeName> choose(const PlacementRequest& wanted) const {
    using Rank = std::tuple<std::uint32_t, std::uint32_t, NodeName>;
    std::optional<Rank> best;
    for (const auto& [name, row] : rows) {
      if (!row.live || wanted.other_than == name) continue;
      if (wanted.beside_itself == Beside::kNever && row.same > 0) continue;
      if (wanted.resources.cpu_millis > 0 && row.cpu + wanted.resources.cpu_millis > 1000) continue;
      const std::uint32_t full =
          std::max({std::min(row.cpu, 1000U), std::uint32_t{row.load} / 100 * 100,
                    std::min(row.instances * 20, 1000U)});
      const std::uint32_t same = row.same - (row.same > 0 && wanted.successor_on == name ? 1 : 0);
      const Rank rank(full + 400 * same + (row.has_image ? 0 : 150), row.instances, name);
      if (!best || rank < *best) best = rank;
    }
    return best ? std::optional(std::get<NodeName>(*best)) : std::nullopt;
  }
};

// Goal: the table, which examines few nodes, chooses what a search of all of them would.
RC_GTEST_PROP(CapacityTableProperties, ChoosesAsIfItExaminedEveryNode, ()) {
  CapacityTable table;
  EveryNode all;
  const std::string kImage = "hearth/heater:1";
  const int nodes = *rc::gen::inRange(1, 12);
  std::uint64_t numbers = 0;
  for (int i = 0; i < nodes; ++i) {
    const NodeName name = node("n" + std::to_string(i));
    table.add_node(name);
    table.set_capacity(name, {.cpu_millis = 1000, .memory_bytes = 0});
    (void)table.set_eligibility(name, Eligibility(live(), kEpoch));
    all.rows.emplace(name, EveryNode::Row{});
  }
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    const NodeName name = node("n" + std::to_string(*rc::gen::inRange(0, nodes)));
    EveryNode::Row& row = all.rows.at(name);
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        row.live = !row.live;
        (void)table.set_eligibility(
            name, Eligibility(row.live ? live() : NodeView{.state = NodeState::kDead}, kEpoch));
        break;
      case 1:
        row.load = *rc::gen::inRange<std::uint16_t>(0, 1001);
        table.set_load(name, {.cpu = row.load});
        break;
      case 2:
        row.has_image = !row.has_image;
        table.set_images(name, row.has_image ? std::vector{kImage} : std::vector<std::string>{});
        break;
      default: {
        const bool same = *rc::gen::arbitrary<bool>();
        Instance instance{.id = make_instance_id(kHeater, ++numbers),
                          .workload = same ? kHeater : kOther};
        instance.node = name;
        instance.reservation.resources.cpu_millis = *rc::gen::inRange(0U, 400U);
        table.follow(nullptr, &instance);
        row.cpu += instance.reservation.resources.cpu_millis;
        ++row.instances;
        if (same) ++row.same;
      }
    }
    table.check_invariants();
    PlacementRequest wanted = request({.cpu_millis = *rc::gen::inRange(0U, 500U)});
    if (*rc::gen::arbitrary<bool>()) wanted.other_than = name;
    if (*rc::gen::arbitrary<bool>()) wanted.successor_on = name;
    if (*rc::gen::arbitrary<bool>()) wanted.beside_itself = Beside::kNever;
    const Result<NodeName> chosen = table.choose(wanted);
    RC_ASSERT((chosen ? std::optional(*chosen) : std::nullopt) == all.choose(wanted));
  }
}

}  // namespace
}  // namespace hearth::core
