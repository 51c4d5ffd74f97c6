#include "cli/dev/observer.h"

#include <gtest/gtest.h>

namespace hearth::cli {
namespace {

const std::vector<NodeName> kWanted{*NodeName::parse("node-1"), *NodeName::parse("node-2")};

NodeView node(const char* name, const char* state, std::optional<Duration> silent_for) {
  NodeView view;
  view.name = name;
  view.state = state;
  view.silent_for = silent_for;
  return view;
}

TEST(AllLive, CountsWhatTheManagerReceivedAndNotWhatItRemembers) {
  const Duration now = std::chrono::milliseconds(3);
  const auto remembered =
      all_live({node("node-1", "live", now), node("node-2", "live", std::nullopt)}, kWanted);
  EXPECT_FALSE(remembered.holds);
  EXPECT_EQ(remembered.words, "node-1 is live, node-2 sent no heartbeat yet");
  EXPECT_FALSE(all_live({node("node-1", "live", now)}, kWanted).holds);
  EXPECT_FALSE(
      all_live({node("node-1", "live", now), node("node-2", "suspect", now)}, kWanted).holds);
  const auto live = all_live({node("node-1", "live", now), node("node-2", "live", now)}, kWanted);
  EXPECT_TRUE(live.holds);
  EXPECT_EQ(live.words, "node-1 is live, node-2 is live");
}

TEST(AllLive, IgnoresNodesOfOtherRuns) {
  const Duration now = std::chrono::milliseconds(3);
  EXPECT_FALSE(all_live({node("node-1", "live", now), node("node-3", "live", now)}, kWanted).holds);
  EXPECT_TRUE(all_live({node("node-1", "live", now), node("node-2", "live", now),
                        node("node-3", "dead", std::nullopt)},
                       kWanted)
                  .holds);
}

}  // namespace
}  // namespace hearth::cli
