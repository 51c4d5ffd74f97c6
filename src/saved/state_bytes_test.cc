#include "saved/state_bytes.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/prng.h"
#include "core/agent/agent_scene.h"
#include "core/manager/manager_scene.h"
#include "saved/sealed_state.h"

namespace hearth::saved {
namespace {

using core::AgentScene;
using core::AgentState;
using core::ManagerScene;
using core::ManagerState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

/// A workload runs, its next generation is being built, nodes are live, suspect and dead.
ManagerState rich_manager() {
  ManagerScene scene;
  scene.run_app(3);
  scene.import({"d", "e"});
  Heartbeat heartbeat = core::sign_of_life(1);
  heartbeat.load = {.cpu = 900, .memory = 980, .disk = 100, .cpu_stall = 1, .io_stall = 0};
  (void)scene.heartbeat("d", heartbeat);
  scene.troubles[ManagerScene::node("b")] = "its engine hangs";
  scene.kill("c");
  scene.pass(seconds(8));
  scene.agents_obey = false;
  (void)scene.deploy(4, 'b');
  scene.kill("a");
  scene.pass(milliseconds(1500));
  return scene.manager->save();
}

/// Instances run, wait and are in a crash loop; an image is being fetched, a build is under
/// way, a container is being stopped, an assignment cannot be stored.
AgentState rich_agent() {
  AgentScene scene;
  scene.save_takes = scene.create_takes = scene.start_takes = milliseconds(30);
  scene.fetch_takes = std::chrono::minutes(10);
  Assignment assignment =
      scene.next({AgentScene::assigned(1), AgentScene::assigned(2, DesiredState::kRun, 'c'),
                  AgentScene::assigned(3, DesiredState::kStage),
                  AgentScene::assigned(5, DesiredState::kRun, 'b')});
  assignment.builds = {AgentScene::order(1), AgentScene::order(2)};
  scene.receive(assignment);
  scene.pass(seconds(3));
  for (int i = 0; i < 6; ++i) {
    scene.crash(1);
    scene.pass(seconds(2));
  }
  scene.disk_works = false;
  scene.assign({AgentScene::assigned(2), AgentScene::assigned(4)});
  scene.pass(milliseconds(50));
  return scene.agent->save();
}

/// What the tests need of each type of state.
template <class Given>
struct Kept;
template <>
struct Kept<ManagerState> {
  static constexpr Owner kOwner = Owner::kManager;
  static ManagerState rich() { return rich_manager(); }
  static Result<ManagerState> from_bytes(std::string_view bytes) {
    return manager_state_from_bytes(bytes);
  }
};
template <>
struct Kept<AgentState> {
  static constexpr Owner kOwner = Owner::kAgent;
  static AgentState rich() { return rich_agent(); }
  static Result<AgentState> from_bytes(std::string_view bytes) {
    return agent_state_from_bytes(bytes);
  }
};

template <class State>
class StateBytes : public testing::Test {
 protected:
  using Of = Kept<State>;

  /// `body` in a valid envelope.
  static std::string resealed(std::string_view body) {
    return seal({.owner = Of::kOwner, .layout = layout_of<State>()}, body);
  }
  /// Refused with an offset, or decoded to a state that encodes to the same bytes.
  static void expect_refused_or_same(const std::string& bytes) {
    const Result<State> state = Of::from_bytes(bytes);
    if (state) {
      EXPECT_TRUE(to_bytes(*state) == bytes);
    } else {
      EXPECT_EQ(state.error().code, ErrorCode::kCorrupt);
      EXPECT_THAT(state.error().message, HasSubstr(" at byte "));
    }
  }

  const State state = Of::rich();
  const std::string bytes = to_bytes(state);
  const std::string body = bytes.substr(kHeaderBytes);
};
using States = testing::Types<ManagerState, AgentState>;
TYPED_TEST_SUITE(StateBytes, States);

TYPED_TEST(StateBytes, ReadBackAsTheSameState) {
  const Result<TypeParam> again = Kept<TypeParam>::from_bytes(this->bytes);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again == this->state);
  EXPECT_TRUE(to_bytes(*again) == this->bytes);
}

TYPED_TEST(StateBytes, AreTheSameForTheSameState) {
  EXPECT_TRUE(to_bytes(Kept<TypeParam>::rich()) == this->bytes);
}

TYPED_TEST(StateBytes, AreRefusedWhereverTheyAreTruncated) {
  for (std::size_t length = 0; length < this->bytes.size(); ++length) {
    const auto outcome =
        Kept<TypeParam>::from_bytes(std::string_view(this->bytes).substr(0, length));
    ASSERT_FALSE(outcome);
    ASSERT_THAT(outcome.error().message, HasSubstr("truncated at byte " + std::to_string(length)));
  }
}

// Goal: the decoder itself detects truncation, without the checksum. Method: each body is resealed.
TYPED_TEST(StateBytes, AreRefusedWhereverTheirBodyEndsTooEarlyOrTooLate) {
  for (std::size_t length = 0; length < this->body.size(); ++length) {
    const auto outcome =
        Kept<TypeParam>::from_bytes(this->resealed(std::string_view(this->body).substr(0, length)));
    ASSERT_FALSE(outcome) << length;
    ASSERT_THAT(outcome.error().message, HasSubstr("damaged at byte "));
  }
  const auto outcome = Kept<TypeParam>::from_bytes(this->resealed(this->body + "\1"));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("1 bytes follow it"));
}

TYPED_TEST(StateBytes, AreRefusedIfABitFlips) {
  Prng prng(1);
  for (int run = 0; run < 3000; ++run) {
    std::string damaged = this->bytes;
    char& byte = damaged[prng.below(damaged.size())];
    byte = static_cast<char>(byte ^ (1 << prng.below(8)));
    const auto outcome = Kept<TypeParam>::from_bytes(damaged);
    ASSERT_FALSE(outcome);
    ASSERT_THAT(outcome.error().message, HasSubstr("byte"));
  }
}

// Goal: whatever the body, it is refused or encodes a state. Method: bits, bytes and lengths of the
// body are changed, and it is resealed.
TYPED_TEST(StateBytes, ThatWereEditedAreRefusedOrEncodeAState) {
  Prng prng(2);
  for (int run = 0; run < 20'000; ++run) {
    std::string edited = this->body;
    for (std::uint64_t left = 1 + prng.below(3); left > 0; --left) {
      const std::size_t at = prng.below(edited.size());
      switch (prng.below(4)) {
        case 0: edited[at] = static_cast<char>(edited[at] ^ (1 << prng.below(8))); break;
        case 1: edited[at] = static_cast<char>(prng.below(256)); break;
        case 2: edited.erase(at, 1 + prng.below(16)); break;
        case 3: edited.insert(at, edited.substr(prng.below(edited.size()), prng.below(16))); break;
      }
      if (edited.empty()) edited = "\1";
    }
    this->expect_refused_or_same(this->resealed(edited));
  }
}

TYPED_TEST(StateBytes, ThatAreNoiseAreRefused) {
  Prng prng(3);
  for (int run = 0; run < 5000; ++run) {
    std::string noise(prng.below(256), '\0');
    for (char& byte : noise) byte = static_cast<char>(prng.below(256));
    EXPECT_FALSE(Kept<TypeParam>::from_bytes(noise));
    this->expect_refused_or_same(this->resealed(noise));
  }
}

TEST(ManagerBytes, AreNotAnAgents) {
  const auto outcome = agent_state_from_bytes(to_bytes(rich_manager()));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
  EXPECT_NE(layout_of<ManagerState>(), layout_of<AgentState>());
}

// Goal: the states that the tests above use cover every part.
TEST(RichStates, CoverEveryPart) {
  const ManagerState manager = rich_manager();
  EXPECT_EQ(manager.fleet.nodes.size(), 5U);
  EXPECT_FALSE(manager.fleet.deadlines.empty());
  EXPECT_TRUE(std::ranges::any_of(manager.fleet.nodes, [](const core::NodeWatch::State& node) {
    return node.eligibility && !node.eligibility->is_eligible();
  }));
  EXPECT_TRUE(std::ranges::any_of(manager.fleet.nodes, [](const core::NodeWatch::State& node) {
    return node.ladder.deadline && node.node.recovery.phase != RecoveryPhase::kNone;
  }));
  ASSERT_EQ(manager.workloads.workloads.size(), 1U);
  EXPECT_TRUE(manager.workloads.workloads.front().current);
  EXPECT_TRUE(manager.workloads.workloads.front().next);
  EXPECT_GE(manager.instances.rows.size(), 3U);
  EXPECT_FALSE(manager.assignments.empty());
  EXPECT_TRUE(!manager.warm_images.holders.empty() || !manager.warm_images.lacking.empty());

  const AgentState agent = rich_agent();
  EXPECT_TRUE(agent.intake.in_force && agent.intake.newest);
  EXPECT_GE(agent.slots.slots.size(), 2U);
  EXPECT_FALSE(agent.slots.asked.empty());
  EXPECT_FALSE(agent.supply.fetches.empty());
  EXPECT_FALSE(agent.supply.builds.empty() && agent.supply.results.empty());
  EXPECT_TRUE(agent.reporter.reported);
}

}  // namespace
}  // namespace hearth::saved
