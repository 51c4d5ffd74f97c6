#include "core/assignments/compose.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

constexpr WallTime kNow(std::chrono::seconds(100));

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");
const Digest kDigest = *Digest::parse("sha256:" + std::string(64, 'a'));
const Digest kNextDigest = *Digest::parse("sha256:" + std::string(64, 'b'));
const Image kImage{"hearth/app:1", kDigest};

/// A workload whose first generation is deployed, and its parts on two nodes.
struct Scene {
  Scene() {
    const ContainerSpec container{.environment = {{"MODE", "eco"}}};
    (void)workloads.deploy(
        {kApp, {.instances = 2, .bundle = kDigest, .instance = {.container = container}}}, kNow);
    workloads.finish_build(kApp, kImage);
  }
  void add(std::uint64_t number, const NodeName& node,
           DesiredState desired_state = DesiredState::kRun) {
    Instance instance{.id = make_instance_id(kApp, number),
                      .workload = kApp,
                      .generation = {1},
                      .node = node,
                      .desired_state = desired_state,
                      .image = kImage};
    (void)instances.add(std::move(instance));
  }
  Assignment of(const NodeName& node) const {
    return compose_assignment(node, 500ms,
                              {.instances = instances,
                               .workloads = workloads,
                               .builds = builds,
                               .warm_images = warm_images});
  }

  InstanceTable instances;
  WorkloadCatalog workloads;
  BuildBoard builds;
  WarmImages warm_images;
};

TEST(ComposeAssignment, ANodeWithoutWorkGetsOnlyTheInterval) {
  const Assignment assignment = Scene().of(kA);
  EXPECT_EQ(assignment.node, kA);
  EXPECT_EQ(assignment.number, AssignmentNumber{}) << "the ledger numbers it";
  EXPECT_EQ(assignment.heartbeat_interval, 500ms);
  EXPECT_THAT(assignment.instances, IsEmpty());
  EXPECT_THAT(assignment.images, IsEmpty());
  EXPECT_THAT(assignment.builds, IsEmpty());
}

TEST(ComposeAssignment, ListsItsInstancesWithAllTheyNeedButNotThoseThatMustStop) {
  Scene scene;
  scene.add(1, kA);
  scene.add(2, kA, DesiredState::kStage);
  scene.add(3, kB);
  scene.add(4, kA);
  (void)scene.instances.stop(make_instance_id(kApp, 4));
  const Assignment assignment = scene.of(kA);
  ASSERT_THAT(assignment.instances, SizeIs(2));
  const AssignedInstance& one = assignment.instances.front();
  EXPECT_EQ(one.id, make_instance_id(kApp, 1));
  EXPECT_EQ(one.workload, kApp);
  EXPECT_EQ(one.generation, Generation{1});
  EXPECT_EQ(one.desired_state, DesiredState::kRun);
  EXPECT_EQ(one.image, kImage);
  EXPECT_EQ(one.spec.container.environment.at("MODE"), "eco");
  EXPECT_EQ(assignment.instances.back().desired_state, DesiredState::kStage);
}

TEST(ComposeAssignment, AnInstanceKeepsItsOwnReleaseWhileANewGenerationIsRolledOut) {
  Scene scene;
  scene.add(1, kA);
  (void)scene.workloads.deploy({kApp, {.instances = 2, .bundle = kNextDigest}}, kNow);
  scene.workloads.finish_build(kApp, {"hearth/app:2", kNextDigest});
  const AssignedInstance one = scene.of(kA).instances.front();
  EXPECT_EQ(one.image, kImage);
  EXPECT_EQ(one.spec.container.environment.at("MODE"), "eco");
}

TEST(ComposeAssignment, OrdersABuildFromItsBuilderOnly) {
  Scene scene;
  (void)scene.workloads.deploy({kApp, {.instances = 2, .bundle = kNextDigest}}, kNow);
  (void)scene.workloads.set_builder(kApp, kA);
  const Workload& workload = scene.workloads.workload(kApp);
  (void)scene.builds.follow(workload);
  EXPECT_THAT(scene.of(kA).builds,
              ElementsAre(BuildOrder{.workload = kApp,
                                     .generation = {2},
                                     .bundle = kNextDigest,
                                     .reference = image_reference(kApp, *workload.next, kA)}));
  EXPECT_THAT(scene.of(kB).builds, IsEmpty());
}

TEST(ComposeAssignment, TheHolderOfAnImageGetsTheCurrentOne) {
  Scene scene;
  scene.warm_images = WarmImages({.holders = {{kApp, kB}}, .lacking = {}});
  EXPECT_THAT(scene.of(kB).images, ElementsAre(kImage));
  EXPECT_THAT(scene.of(kA).images, IsEmpty());
}

TEST(ComposeAssignment, NamesWhatAnInstanceStartsAfterIfTheNodeHasIt) {
  Scene scene;
  const WorkloadName web = *WorkloadName::parse("web");
  WorkloadSpec wanted{.instances = 1, .bundle = kDigest};
  wanted.after = {{.workload = kApp, .restart_with_it = true},
                  {.workload = *WorkloadName::parse("db")}};
  (void)scene.workloads.deploy({web, wanted}, kNow);
  scene.workloads.finish_build(web, kImage);
  for (const NodeName& node : {kA, kB}) {
    (void)scene.instances.add({.id = make_instance_id(web, node == kA ? 1 : 2),
                               .workload = web,
                               .generation = {1},
                               .node = node,
                               .image = kImage});
  }
  scene.add(1, kA);
  EXPECT_EQ(scene.of(kA).instances.back().after, std::vector<Dependency>{{.workload = kApp}});
  EXPECT_THAT(scene.of(kB).instances.back().after, IsEmpty());
}

}  // namespace
}  // namespace hearth::core
