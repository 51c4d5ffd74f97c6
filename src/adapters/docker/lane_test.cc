#include "adapters/docker/lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace hearth::docker {
namespace {

using testing::ElementsAre;

TEST(Lane, ABoundedNumberRunsABoundedNumberWaitsAndTheRestIsRefused) {
  Lane lane({.running_max = 2, .waiting_max = 2});
  std::vector<int> begun;
  for (int i = 1; i <= 4; ++i) {
    EXPECT_TRUE(lane.enter([&begun, i] { begun.push_back(i); }));
  }
  EXPECT_FALSE(lane.enter([&] { begun.push_back(5); }));
  EXPECT_THAT(begun, ElementsAre(1, 2));
  lane.leave();
  EXPECT_THAT(begun, ElementsAre(1, 2, 3));
  EXPECT_TRUE(lane.enter([&] { begun.push_back(6); }));
  lane.leave();
  lane.leave();
  EXPECT_THAT(begun, ElementsAre(1, 2, 3, 4, 6));
}

TEST(Lane, WaitingWorkCanBeDropped) {
  Lane lane({.running_max = 1, .waiting_max = 1});
  bool begun = false;
  EXPECT_TRUE(lane.enter([] {}));
  EXPECT_TRUE(lane.enter([&] { begun = true; }));
  lane.clear();
  lane.leave();
  EXPECT_FALSE(begun);
}

}  // namespace
}  // namespace hearth::docker
