#include "core/workloads/workload_catalog.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

constexpr WallTime kNow(std::chrono::seconds(100));

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");
const Image kImage{.reference = "hearth/app:1", .archive = std::nullopt};

Digest bundle(char letter) {
  return *Digest::parse("sha256:" + std::string(64, letter));
}

DeployWorkload deploy(char letter, std::uint32_t instances = 1, const WorkloadName& name = kApp) {
  return {name, {.instances = instances, .bundle = bundle(letter)}};
}

/// Builds the workload's first generation, which becomes current.
WorkloadCatalog deployed() {
  WorkloadCatalog catalog;
  (void)catalog.deploy(deploy('a'), kNow);
  catalog.finish_build(kApp, kImage);
  catalog.finish_rollout(kApp);
  return catalog;
}

/// Deploys a generation that is built and proves itself.
void replace(WorkloadCatalog& catalog, char letter) {
  const Deployment deployment = *catalog.deploy(deploy(letter), kNow);
  catalog.finish_build(kApp, {"hearth/app:" + std::to_string(deployment.generation.value), {}});
  catalog.finish_rollout(kApp);
}

TEST(WorkloadCatalog, ADeployedReleaseIsBuiltFirstAndThenKeptRunning) {
  WorkloadCatalog catalog;
  const Deployment deployment = *catalog.deploy(deploy('a'), kNow);
  EXPECT_EQ(deployment.generation, Generation{1});
  EXPECT_FALSE(deployment.image) << "it must be built";
  EXPECT_EQ(catalog.workload(kApp).phase, WorkloadPhase::kBuilding);
  EXPECT_FALSE(keeps_running(catalog.workload(kApp)));

  EXPECT_EQ(catalog.set_builder(kApp, kA), Change::kChanged);
  catalog.finish_build(kApp, kImage);
  const Workload& workload = catalog.workload(kApp);
  EXPECT_EQ(workload.phase, WorkloadPhase::kRollingOut);
  EXPECT_EQ(workload.current->image, kImage);
  EXPECT_FALSE(workload.next);
  EXPECT_FALSE(workload.build_node);
  EXPECT_TRUE(keeps_running(workload));
  catalog.finish_rollout(kApp);
  EXPECT_EQ(workload.phase, WorkloadPhase::kDeployed);
}

TEST(WorkloadCatalog, ARolledOutReleaseBecomesCurrentOnlyOnceItHasProvedItself) {
  WorkloadCatalog catalog = deployed();
  (void)catalog.deploy(deploy('b'), kNow);
  catalog.finish_build(kApp, {"hearth/app:2", {}});
  const Workload& workload = catalog.workload(kApp);
  EXPECT_EQ(workload.current->generation, Generation{1});
  EXPECT_EQ(workload.target()->generation, Generation{2});
  catalog.check_invariants();

  WorkloadCatalog proved(catalog.save());
  proved.finish_rollout(kApp);
  EXPECT_EQ(proved.workload(kApp).current->generation, Generation{2});
  EXPECT_EQ(proved.workload(kApp).earlier.at(0).generation, Generation{1});

  catalog.fail_rollout(kApp, "'app-3' on 'a' failed: it exited with code 1");
  EXPECT_EQ(workload.phase, WorkloadPhase::kFailed);
  EXPECT_EQ(workload.target()->generation, Generation{1});
  EXPECT_EQ(workload.next->fault, "'app-3' on 'a' failed: it exited with code 1");
  EXPECT_TRUE(keeps_running(workload));
  catalog.check_invariants();

  replace(catalog, 'c');
  EXPECT_EQ(workload.current->generation, Generation{3});
  EXPECT_EQ(workload.earlier.at(0).generation, Generation{2}) << "kept, with its fault";
  EXPECT_EQ(workload.earlier.at(1).generation, Generation{1});
  EXPECT_TRUE(workload.reason.empty());
}

TEST(WorkloadCatalog, ARollbackDeploysTheLatestReleaseThatRanOrTheOneNamed) {
  WorkloadCatalog catalog = deployed();
  EXPECT_EQ(catalog.roll_back({kApp}, kNow).error().code, ErrorCode::kNotFound);
  replace(catalog, 'b');
  (void)catalog.deploy(deploy('c'), kNow);
  catalog.finish_build(kApp, {"hearth/app:3", {}});
  catalog.fail_rollout(kApp, "it exited");
  replace(catalog, 'd');
  // 4 runs, 3 failed, 2 and 1 ran.
  const Deployment back = *catalog.roll_back({.name = kApp, .to = {}, .by = "ana"}, kNow);
  EXPECT_EQ(back.generation, Generation{5});
  EXPECT_EQ(back.image, (Image{"hearth/app:2", {}})) << "not built again";
  const Release& release = catalog.workload(kApp).latest();
  EXPECT_EQ(release.spec.bundle, bundle('b'));
  EXPECT_EQ(release.deployed_by, "ana");
  EXPECT_EQ(release.deployed_at, kNow);

  EXPECT_EQ(catalog.roll_back({kApp, Generation{1}}, kNow)->image, kImage);
  EXPECT_EQ(catalog.roll_back({kApp, Generation{9}}, kNow).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog.roll_back({*WorkloadName::parse("none")}, kNow).error().code,
            ErrorCode::kNotFound);
  catalog.check_invariants();
}

TEST(WorkloadCatalog, AReleaseThatWasNeverBuiltCannotBeReturnedTo) {
  WorkloadCatalog catalog = deployed();
  (void)catalog.deploy(deploy('b'), kNow);
  catalog.fail_build(kApp, "RUN make ended with 2");
  replace(catalog, 'c');
  EXPECT_EQ(catalog.roll_back({kApp, Generation{2}}, kNow).error().message,
            "release 2 of 'app' was never built");
  EXPECT_EQ(catalog.roll_back({kApp}, kNow)->image, kImage) << "the one before it";
}

TEST(WorkloadCatalog, ARestartIsTheSameReleaseAgain) {
  WorkloadCatalog catalog = deployed();
  const Deployment again = *catalog.restart({kApp}, kNow);
  EXPECT_EQ(again.generation, Generation{2});
  EXPECT_EQ(again.image, kImage);
  EXPECT_EQ(catalog.restart({kApp}, kNow).error().code, ErrorCode::kConflict)
      << "one is being deployed";
  catalog.finish_build(kApp, kImage);
  catalog.finish_rollout(kApp);
  (void)catalog.stop(kApp);
  EXPECT_EQ(catalog.restart({kApp}, kNow)->image, kImage) << "starts what was stopped";

  WorkloadCatalog building;
  (void)building.deploy(deploy('a'), kNow);
  building.fail_build(kApp, "RUN make ended with 2");
  EXPECT_EQ(building.restart({kApp}, kNow).error().code, ErrorCode::kConflict);
}

TEST(WorkloadCatalog, ForgetsOldReleasesExceptThoseThatInstancesHave) {
  WorkloadCatalog catalog = deployed();
  for (std::size_t i = 0; i < kReleasesKept + 2; ++i) replace(catalog, 'b');
  const Workload& workload = catalog.workload(kApp);
  ASSERT_EQ(workload.earlier.size(), kReleasesKept + 2);
  EXPECT_EQ(catalog.forget_releases(kApp, {Generation{1}}), Change::kChanged);
  EXPECT_EQ(workload.earlier.size(), kReleasesKept + 1);
  EXPECT_NE(workload.find_release({1}), nullptr);
  EXPECT_EQ(workload.find_release({2}), nullptr);
  EXPECT_EQ(catalog.forget_releases(kApp, {Generation{1}}), Change::kUnchanged);
  EXPECT_EQ(catalog.forget_releases(kApp, {}), Change::kChanged);
  EXPECT_EQ(workload.earlier.size(), kReleasesKept);
}

TEST(WorkloadCatalog, TheCurrentReleaseIsKeptWhileTheNextIsBuiltAndIfThatFails) {
  WorkloadCatalog catalog = deployed();
  EXPECT_EQ(catalog.deploy(deploy('b'), kNow)->generation, Generation{2});
  EXPECT_TRUE(keeps_running(catalog.workload(kApp)));
  (void)catalog.set_builder(kApp, kA);
  catalog.fail_build(kApp, "RUN make ended with 2");
  const Workload& workload = catalog.workload(kApp);
  EXPECT_EQ(workload.phase, WorkloadPhase::kFailed);
  EXPECT_EQ(workload.reason, "RUN make ended with 2");
  EXPECT_EQ(workload.current->generation, Generation{1});
  EXPECT_EQ(workload.latest().generation, Generation{2});
  EXPECT_FALSE(workload.build_node);
  EXPECT_TRUE(keeps_running(workload));
  catalog.check_invariants();

  EXPECT_EQ(catalog.deploy(deploy('c'), kNow)->generation, Generation{3});
  EXPECT_THAT(catalog.workload(kApp).reason, IsEmpty());
}

TEST(WorkloadCatalog, TheSameBundleAlreadyHasItsImage) {
  WorkloadCatalog catalog = deployed();
  const Deployment deployment = *catalog.deploy(deploy('a', 3), kNow);
  EXPECT_EQ(deployment.generation, Generation{2});
  EXPECT_EQ(deployment.image, kImage);
  EXPECT_FALSE(catalog.deploy(deploy('b'), kNow)->image);
}

TEST(WorkloadCatalog, ADeployDuringABuildReplacesIt) {
  WorkloadCatalog catalog = deployed();
  (void)catalog.deploy(deploy('b'), kNow);
  (void)catalog.set_builder(kApp, kA);
  EXPECT_EQ(catalog.deploy(deploy('c'), kNow)->generation, Generation{3});
  EXPECT_EQ(catalog.workload(kApp).next->spec.bundle, bundle('c'));
  EXPECT_FALSE(catalog.workload(kApp).build_node) << "a builder must be found again";
}

TEST(WorkloadCatalog, AStoppedWorkloadStaysDownWhileANewReleaseIsBuiltAndIfThatFails) {
  WorkloadCatalog catalog = deployed();
  EXPECT_EQ(*catalog.stop(kApp), Change::kChanged);
  EXPECT_FALSE(keeps_running(catalog.workload(kApp)));
  EXPECT_EQ(catalog.deploy(deploy('b'), kNow)->generation, Generation{2});
  EXPECT_FALSE(keeps_running(catalog.workload(kApp)));
  catalog.fail_build(kApp, "no");
  EXPECT_FALSE(keeps_running(catalog.workload(kApp)));
  EXPECT_TRUE(WorkloadCatalog(catalog.save()).find(kApp) != nullptr);
  EXPECT_FALSE(keeps_running(WorkloadCatalog(catalog.save()).workload(kApp)));
}

TEST(WorkloadCatalog, AStoppedWorkloadIsNotBuilt) {
  WorkloadCatalog catalog;
  (void)catalog.deploy(deploy('a'), kNow);
  (void)catalog.set_builder(kApp, kA);
  (void)catalog.note_build_waits(kApp, "its builder is in trouble");
  EXPECT_EQ(*catalog.stop(kApp), Change::kChanged);
  EXPECT_EQ(catalog.workload(kApp).phase, WorkloadPhase::kStopped);
  EXPECT_FALSE(catalog.workload(kApp).build_node);
  EXPECT_THAT(catalog.workload(kApp).reason, IsEmpty());
}

TEST(WorkloadCatalog, AWorkloadThatIsBeingRemovedRefusesOtherCommands) {
  WorkloadCatalog catalog = deployed();
  EXPECT_EQ(*catalog.remove(kApp), Change::kChanged);
  EXPECT_EQ(*catalog.remove(kApp), Change::kUnchanged);
  EXPECT_EQ(catalog.stop(kApp).error().code, ErrorCode::kConflict);
  EXPECT_EQ(catalog.deploy(deploy('b'), kNow).error().code, ErrorCode::kConflict);
  EXPECT_FALSE(keeps_running(catalog.workload(kApp)));
}

TEST(WorkloadCatalog, AnUnknownWorkloadIsNotFound) {
  WorkloadCatalog catalog;
  EXPECT_EQ(catalog.find(kApp), nullptr);
  EXPECT_EQ(catalog.stop(kApp).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(catalog.remove(kApp).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(catalog.remove(kApp).error().message, HasSubstr("'app'"));
}

TEST(WorkloadCatalog, ARemovedWorkloadKeepsOnlyItsNumbersWhichAreNeverReused) {
  WorkloadCatalog catalog = deployed();
  EXPECT_EQ(catalog.take_instance_number(kApp), 1U);
  EXPECT_EQ(catalog.take_instance_number(kApp), 2U);
  (void)catalog.remove(kApp);
  catalog.retire(kApp);
  EXPECT_EQ(catalog.find(kApp), nullptr);
  EXPECT_THAT(catalog.rows(), IsEmpty());
  EXPECT_EQ(catalog.record(kApp).phase, WorkloadPhase::kRemoved);

  WorkloadCatalog next(catalog.save());
  EXPECT_EQ(next.find(kApp), nullptr);
  const Deployment again = *next.deploy(deploy('a'), kNow);
  EXPECT_EQ(again.generation, Generation{2});
  EXPECT_FALSE(again.image) << "its image may exist nowhere";
  EXPECT_EQ(next.take_instance_number(kApp), 3U);
  EXPECT_FALSE(keeps_running(next.workload(kApp))) << "the removed release is not started again";
  next.check_invariants();
}

TEST(WorkloadCatalog, TheSecretsOfARemovedWorkloadAreForgotten) {
  WorkloadCatalog catalog;
  DeployWorkload command = deploy('a');
  command.spec.instance.container.environment = {{"PASSWORD", "swordfish"}};
  (void)catalog.deploy(command, kNow);
  (void)catalog.remove(kApp);
  catalog.retire(kApp);
  const Workload& left = catalog.record(kApp);
  EXPECT_THAT(left.current->spec.instance.container.environment, IsEmpty());
  EXPECT_FALSE(left.next);
}

TEST(WorkloadCatalog, RepeatingWhatIsKnownOfABuildIsNoChange) {
  WorkloadCatalog catalog;
  (void)catalog.deploy(deploy('a'), kNow);
  EXPECT_EQ(catalog.set_builder(kApp, std::nullopt), Change::kUnchanged);
  EXPECT_EQ(catalog.set_builder(kApp, kA), Change::kChanged);
  EXPECT_EQ(catalog.set_builder(kApp, kA), Change::kUnchanged);
  EXPECT_EQ(catalog.set_builder(kApp, kB), Change::kChanged);
  EXPECT_EQ(catalog.note_build_waits(kApp, "no room"), Change::kChanged);
  EXPECT_EQ(catalog.note_build_waits(kApp, "no room"), Change::kUnchanged);
  EXPECT_EQ(catalog.note_build_waits(kApp, ""), Change::kChanged);
}

TEST(WorkloadCatalogDeathTest, ACallThatFitsNoPhaseAborts) {
  WorkloadCatalog catalog = deployed();
  EXPECT_DEATH((void)catalog.set_builder(kApp, kA), "check failed");
  EXPECT_DEATH(catalog.finish_build(kApp, kImage), "check failed");
  EXPECT_DEATH(catalog.fail_build(kApp, ""), "check failed");
  EXPECT_DEATH(catalog.retire(kApp), "check failed");
  EXPECT_DEATH((void)catalog.workload(*WorkloadName::parse("other")), "check failed");
}

// Bounds. -----------------------------------------------------------------------------------------

TEST(WorkloadCatalog, MoreInstancesThanAllowedAreRefused) {
  WorkloadCatalog catalog;
  EXPECT_EQ(catalog.deploy(deploy('a', kInstancesMax + 1), kNow).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_THAT(catalog.rows(), IsEmpty());
  EXPECT_TRUE(catalog.deploy(deploy('a', kInstancesMax), kNow));
}

/// A cluster that has, or has had, that many workloads: w0, w1 and so on.
WorkloadCatalog full_of(std::size_t count, WorkloadPhase phase) {
  WorkloadCatalog::State state;
  for (std::size_t i = 0; i < count; ++i) {
    const WorkloadName name = *WorkloadName::parse(fmt::format("w{}", i));
    const Release release{
        .generation = {1}, .spec = {.instances = 0, .bundle = bundle('a')}, .image = {}};
    state.workloads.push_back({.name = name, .phase = phase, .current = release});
  }
  return WorkloadCatalog(std::move(state));
}

TEST(WorkloadCatalog, MoreWorkloadsThanAllowedAreRefused) {
  WorkloadCatalog catalog = full_of(kWorkloadsMax, WorkloadPhase::kStopped);
  EXPECT_EQ(catalog.deploy(deploy('b'), kNow).error().code, ErrorCode::kExhausted);
  EXPECT_THAT(catalog.rows(), SizeIs(kWorkloadsMax));
  const WorkloadName there = *WorkloadName::parse("w0");
  EXPECT_TRUE(catalog.deploy(deploy('b', 1, there), kNow))
      << "an existing one can be deployed again";
  (void)catalog.remove(there);
  catalog.retire(there);
  EXPECT_TRUE(catalog.deploy(deploy('b'), kNow));
}

TEST(WorkloadCatalog, MoreNamesThanAllowedAreRefused) {
  WorkloadCatalog catalog = full_of(kWorkloadNamesMax, WorkloadPhase::kRemoved);
  EXPECT_EQ(catalog.deploy(deploy('b'), kNow).error().code, ErrorCode::kExhausted);
  const auto again = catalog.deploy(deploy('b', 1, *WorkloadName::parse("w7")), kNow);
  EXPECT_EQ(again->generation, Generation{2}) << "a used name can be used again";
}

// Invariants. -------------------------------------------------------------------------------------

// Goal: whatever is commanded and however builds end, numbers only grow, a refusal changes nothing,
// an operation changes one workload and reports whether it did, and a copy of the state equals the
// original.
RC_GTEST_PROP(WorkloadCatalogProperties, NumbersOnlyGrowAndRefusalsChangeNothing, ()) {
  WorkloadCatalog catalog;
  std::map<WorkloadName, Generation> generations;
  std::map<WorkloadName, std::uint64_t> numbers;
  const int length = *rc::gen::inRange(1, 60);
  for (int i = 0; i < length; ++i) {
    const WorkloadName name = *WorkloadName::parse(*rc::gen::element("x", "y", "z"));
    const WorkloadCatalog::State before = catalog.save();
    const Workload* row = catalog.find(name);
    const bool builds = row != nullptr && row->phase == WorkloadPhase::kBuilding;
    std::optional<bool> says_changed;
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
      case 1: {
        const std::uint32_t instances = *rc::gen::element(0U, 1U, kInstancesMax, kInstancesMax + 1);
        const auto deployment =
            catalog.deploy(deploy(*rc::gen::element('a', 'b'), instances, name), kNow);
        says_changed = deployment.has_value();
        if (!deployment) break;
        RC_ASSERT(deployment->generation > generations[name]);
        generations[name] = deployment->generation;
        break;
      }
      case 2: says_changed = catalog.stop(name).has_value(); break;
      case 3:
        says_changed = catalog.remove(name).value_or(Change::kUnchanged) == Change::kChanged;
        break;
      case 4:
        if (row != nullptr && row->phase == WorkloadPhase::kRemoving) catalog.retire(name);
        break;
      case 5:
        if (builds) says_changed = catalog.set_builder(name, kA) == Change::kChanged;
        break;
      case 6:
        if (builds) catalog.finish_build(name, kImage);
        break;
      case 7:
        if (builds) catalog.fail_build(name, "no");
        break;
      default: {
        if (row == nullptr) break;
        const std::uint64_t number = catalog.take_instance_number(name);
        RC_ASSERT(number > numbers[name]);
        numbers[name] = number;
      }
    }
    if (says_changed == false) RC_ASSERT(catalog.save() == before);
    for (const Workload& one : before.workloads) {
      if (one.name != name) RC_ASSERT(catalog.record(one.name) == one);
    }
    catalog.check_invariants();
    WorkloadCatalog copy(catalog.save());
    RC_ASSERT(copy.save() == catalog.save());
    std::swap(catalog, copy);
  }
}

DeployWorkload adopt(const std::string& container) {
  DeployWorkload command = deploy('e');
  command.spec.instance.adopted = AdoptedContainer{.name = container};
  return command;
}

TEST(WorkloadCatalog, AnAdoptedContainerIsNotBuilt) {
  WorkloadCatalog catalog;
  const Deployment deployment = *catalog.deploy(adopt("pg"), kNow);
  ASSERT_TRUE(deployment.image);
  EXPECT_EQ(*deployment.image, Image{});
  catalog.finish_build(kApp, *deployment.image);
  catalog.finish_rollout(kApp);
  EXPECT_FALSE(catalog.deploy(deploy('e'), kNow)->image) << "the other way round it is built";
}

TEST(WorkloadCatalog, OnlyARestartRestartsAnAdoptedContainer) {
  WorkloadCatalog catalog;
  const auto is_afresh = [&] {
    return catalog.workload(kApp).latest().spec.instance.adopted->afresh;
  };
  catalog.finish_build(kApp, *catalog.deploy(adopt("pg"), kNow)->image);
  catalog.finish_rollout(kApp);
  EXPECT_FALSE(is_afresh());
  catalog.finish_build(kApp, *catalog.restart({kApp}, kNow)->image);
  catalog.finish_rollout(kApp);
  EXPECT_TRUE(is_afresh());
  catalog.finish_build(kApp, *catalog.deploy(adopt("pg"), kNow)->image);
  catalog.finish_rollout(kApp);
  EXPECT_FALSE(is_afresh());
  ASSERT_TRUE(catalog.roll_back({kApp}, kNow));
  EXPECT_FALSE(is_afresh()) << "the release before was a restart, the rollback is none";
}

}  // namespace
}  // namespace hearth::core
