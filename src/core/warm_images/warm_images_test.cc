#include "core/warm_images/warm_images.h"

#include <functional>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Epoch kEpoch{1};
const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");
const NodeName kC = *NodeName::parse("c");
const Digest kDigest = *Digest::parse("sha256:" + std::string(64, 'a'));

/// One workload on some of three nodes.
struct Scene {
  Scene() {
    for (const NodeName& name : {kA, kB, kC}) {
      capacity.add_node(name);
      set(name, NodeState::kLive);
    }
    workload.phase = WorkloadPhase::kDeployed;
    workload.current = Release{.generation = {1},
                               .spec = {.instances = 1, .bundle = kDigest},
                               .image = Image{"hearth/app:1", kDigest}};
  }
  void set(const NodeName& node, NodeState state) {
    (void)capacity.set_eligibility(node, Eligibility({.state = state, .has_report = true}, kEpoch));
    states.insert_or_assign(node, state);
  }
  InstanceId run_on(const NodeName& node) {
    Instance instance{
        .id = make_instance_id(kApp, next++), .workload = kApp, .generation = {1}, .node = node};
    const InstanceChange change = instances.add(std::move(instance));
    capacity.follow(nullptr, &*change.after);
    return change.after->id;
  }
  void stop(const InstanceId& id) {
    const InstanceChange change = instances.stop(id);
    capacity.follow(&*change.before, &*change.after);
  }
  std::set<NodeName> review() { return review(&workload); }
  std::set<NodeName> review(const Workload* known) {
    const std::function<bool(const NodeName&)> is_live = [this](const NodeName& node) {
      return states.at(node) == NodeState::kLive;
    };
    const std::set<NodeName> touched = warm.review(
        kApp, known, {.instances = instances, .capacity = capacity, .is_live = is_live});
    warm.check_invariants();
    return touched;
  }

  Workload workload{.name = kApp};
  InstanceTable instances;
  CapacityTable capacity;
  std::map<NodeName, NodeState> states;
  std::uint64_t next = 1;
  WarmImages warm;
};

TEST(WarmImages, OneNodeMoreThanNeededHoldsTheImage) {
  Scene scene;
  scene.run_on(kA);
  EXPECT_THAT(scene.review(), ElementsAre(kB));
  EXPECT_EQ(scene.warm.holder_of(kApp), kB);
  EXPECT_THAT(scene.warm.held_by(kB), ElementsAre(kApp));
  EXPECT_THAT(scene.warm.held_by(kA), IsEmpty());
}

TEST(WarmImages, AHolderThatIsWellStaysAndMayNeedTheImageOfANewRelease) {
  Scene scene;
  scene.run_on(kA);
  (void)scene.review();
  scene.workload.current->image->reference = "hearth/app:2";
  EXPECT_THAT(scene.review(), ElementsAre(kB));
  EXPECT_EQ(scene.warm.holder_of(kApp), kB);
}

TEST(WarmImages, AHolderThatRunsTheWorkloadOrIsNotLiveIsReplaced) {
  Scene scene;
  scene.run_on(kA);
  (void)scene.review();
  scene.run_on(kB);
  EXPECT_THAT(scene.review(), ElementsAre(kB, kC)) << "both have another assignment";
  EXPECT_EQ(scene.warm.holder_of(kApp), kC);
  scene.set(kC, NodeState::kSuspect);
  EXPECT_THAT(scene.review(), ElementsAre(kC));
  EXPECT_EQ(scene.warm.holder_of(kApp), std::nullopt);
}

TEST(WarmImages, AWorkloadLacksAHolderUntilANodeCanHoldItsImage) {
  Scene scene;
  for (const NodeName& name : {kA, kB, kC}) scene.run_on(name);
  EXPECT_THAT(scene.review(), IsEmpty());
  EXPECT_THAT(scene.warm.lacking(), ElementsAre(kApp));
  scene.stop(make_instance_id(kApp, 2));
  EXPECT_THAT(scene.review(), ElementsAre(kB));
  EXPECT_THAT(scene.warm.lacking(), IsEmpty());
}

TEST(WarmImages, OnlyTheSavedImageOfARunningWorkloadIsHeld) {
  Scene none;
  none.workload.current->spec.instances = 0;
  Scene unkept;
  unkept.workload.current->image->archive.reset();
  Scene stopped;
  stopped.workload.phase = WorkloadPhase::kStopped;
  for (Scene* scene : {&none, &unkept, &stopped}) {
    EXPECT_THAT(scene->review(), IsEmpty());
    EXPECT_THAT(scene->warm.lacking(), IsEmpty());
  }
}

TEST(WarmImages, NothingIsHeldForAWorkloadThatIsGone) {
  Scene scene;
  (void)scene.review();
  EXPECT_THAT(scene.review(nullptr), ElementsAre(kA));
  EXPECT_EQ(scene.warm.holder_of(kApp), std::nullopt);
  EXPECT_THAT(scene.warm.held_by(kA), IsEmpty());
  EXPECT_EQ(scene.warm.save(), WarmImages::State{});
}

// Goal: whatever happens to nodes and instances in whatever order, after a review the holder is
// live and does not run what it holds, a holder is lacking only where no node could be one, every
// node with a changed assignment is named, and a copy of the state behaves like the original.
RC_GTEST_PROP(WarmImagesProperties, AHolderIsLiveAndDoesNotRunIt, ()) {
  Scene scene;
  const int length = *rc::gen::inRange(1, 40);
  for (int i = 0; i < length; ++i) {
    const NodeName node = *rc::gen::element(kA, kB, kC);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        scene.set(node, *rc::gen::element(NodeState::kLive, NodeState::kSuspect, NodeState::kDead));
        break;
      case 1: (void)scene.run_on(node); break;
      case 2: {
        const std::set<InstanceId> there = scene.instances.on_node(node);
        if (!there.empty()) scene.stop(*there.begin());
        break;
      }
      default: scene.workload.current->spec.instances = *rc::gen::inRange(0U, 2U);
    }
    const std::optional<NodeName> before = scene.warm.holder_of(kApp);
    scene.warm = WarmImages(scene.warm.save());
    const std::set<NodeName> touched = scene.review();
    const std::optional<NodeName> holder = scene.warm.holder_of(kApp);
    const auto could_hold = [&](const NodeName& one) {
      return scene.states.at(one) == NodeState::kLive && !scene.instances.keeps_on(kApp, one);
    };
    const bool is_wanted = scene.workload.current->spec.instances > 0;
    const bool could_any = could_hold(kA) || could_hold(kB) || could_hold(kC);
    RC_ASSERT(holder.has_value() == (is_wanted && could_any));
    RC_ASSERT(scene.warm.lacking().contains(kApp) == (is_wanted && !could_any));
    if (holder) RC_ASSERT(could_hold(*holder));
    if (holder != before) {
      if (holder) RC_ASSERT(touched.contains(*holder));
      if (before) RC_ASSERT(touched.contains(*before));
    }
  }
}

}  // namespace
}  // namespace hearth::core
