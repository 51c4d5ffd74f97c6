#include "sim/core_check.h"

#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/manager/manager_scene.h"
#include "saved/state_bytes.h"

namespace hearth::sim {
namespace {

using core::ManagerScene;
using core::ManagerState;
using testing::HasSubstr;

constexpr int kStepsMax = 2000;

/// What is said of a manager that is checked after so many steps that it is swapped.
template <class FromBytes>
std::string complaint_of(const FromBytes& from_bytes) {
  World world(1, {});
  ManagerScene scene;
  scene.run_app(2);
  for (int step = 0; step < kStepsMax && !world.violation(); ++step) {
    check_and_swap(world, "the manager", ManagerScene::settings_with_power(), *scene.manager,
                   from_bytes);
  }
  return world.violation() ? world.violation()->property + ": " + world.violation()->detail : "";
}

TEST(CoreCheck, ASwapThroughBytesChangesNothing) {
  EXPECT_EQ(complaint_of(saved::manager_state_from_bytes), "");
}

TEST(CoreCheck, AFieldThatTheBytesLackIsNoticed) {
  const auto forgetful = [](std::string_view bytes) {
    Result<ManagerState> state = saved::manager_state_from_bytes(bytes);
    state->counters.heartbeats = 0;
    return state;
  };
  EXPECT_EQ(complaint_of(forgetful),
            "state-reads-back: the core of the manager is not what it was saved as");
}

TEST(CoreCheck, BytesThatCannotBeReadAreNoticed) {
  const auto torn = [](std::string_view bytes) {
    return saved::manager_state_from_bytes(bytes.substr(0, bytes.size() - 1));
  };
  EXPECT_THAT(complaint_of(torn), HasSubstr("state-reads-back: the manager: saved state"));
}

}  // namespace
}  // namespace hearth::sim
