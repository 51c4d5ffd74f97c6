#include "core/commands/command_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include "core/batch/tables_scene.h"

namespace hearth::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Instant kNow{MonoTime(std::chrono::hours(1)), WallTime(std::chrono::seconds(100))};
constexpr Epoch kEpoch{1};
const NodeName kA = *NodeName::parse("a");
const WorkloadName kApp = *WorkloadName::parse("app");
const WorkloadName kOther = *WorkloadName::parse("other");

Digest bundle(char letter) {
  return *Digest::parse("sha256:" + std::string(64, letter));
}

DeployWorkload deploy(std::uint32_t instances, char letter = 'a', const WorkloadName& name = kApp) {
  return {name, {.instances = instances, .bundle = bundle(letter)}};
}

NodeEntry entry(const std::string& name, const char* address = "10.0.0.1") {
  return {.name = *NodeName::parse(name), .display_name = name, .agent = {address, 7701}};
}

/// All parts that commands concern.
struct Scene : TablesScene {
  /// Everything that a command can change.
  struct State {
    Fleet::State fleet;
    WorkloadCatalog::State workloads;
    AssignmentLedger::State assignments;
    CapacityTable capacity;
    BuildBoard builds;
    bool operator==(const State&) const = default;
  };
  State save() const {
    return {fleet.save(), workloads.save(), assignments.save(), capacity, builds};
  }

  Result<CommandResult> ask(const Command& command) {
    changes.begin(kNow);
    NodeExecutor nodes({.epoch = kEpoch,
                        .recovery_attempts_max = 3,
                        .fleet = fleet,
                        .assignments = assignments,
                        .workloads = workloads,
                        .instances = instances,
                        .warm_images = warm_images,
                        .capacity = capacity,
                        .build_watch = build_watch,
                        .changes = changes},
                       kNow);
    CommandExecutor commands({.fleet = fleet,
                              .workloads = workloads,
                              .instances = instances,
                              .dependents = dependents,
                              .nodes = nodes,
                              .changes = changes},
                             kNow);
    Result<CommandResult> result = commands.carry_out(command);
    end_step();
    return result;
  }
  /// Whether the command is refused with `code` and nothing has changed.
  testing::AssertionResult is_refused(const Command& command, ErrorCode code) {
    const State before = save();
    const Result<CommandResult> result = ask(command);
    if (result) return testing::AssertionFailure() << "accepted: " << result->message;
    if (result.error().code != code) return testing::AssertionFailure() << result.error().message;
    if (!changed_nothing(before)) return testing::AssertionFailure() << "something has changed";
    return testing::AssertionSuccess();
  }
  bool changed_nothing(const State& before) const {
    return save() == before && batch == ManagerBatch{} && work.empty() && assigned.empty();
  }
  void end_step() {
    work = changes.take_work_due();
    assigned = changes.take_assignments_due();
    batch = changes.take_batch(fleet);
    events.clear();
    for (const Write& write : batch.writes) {
      if (const auto* append = std::get_if<AppendEvent>(&write))
        events.push_back(append->event.type);
    }
    fleet.check_invariants();
    check_invariants();
  }

  /// A node is to build the workload.
  void give_builder(const NodeName& builder) {
    (void)workloads.set_builder(kApp, builder);
    changes.on_workload_changed(kApp);
    end_step();
  }
  void finish_build(const WorkloadName& name = kApp) {
    workloads.finish_build(name, {.reference = "hearth/app:1", .archive = bundle('f')});
    changes.on_workload_changed(name);
    end_step();
  }
  const Workload& app() const { return workloads.workload(kApp); }
  std::vector<Workload> written() const {
    std::vector<Workload> found;
    for (const Write& write : batch.writes) {
      if (const auto* put = std::get_if<PutWorkload>(&write)) found.push_back(put->workload);
    }
    return found;
  }

  Fleet fleet{{.liveness = settings_of(LivenessProfile::kDefault), .recovery = {}}};
  AssignmentLedger assignments{kEpoch};
  WarmImages warm_images;
  // Of the last step.
  ManagerBatch batch;
  std::vector<EventType> events;
  std::set<WorkloadName> work;
  std::set<NodeName> assigned;
};

// Nodes. ------------------------------------------------------------------------------------------

TEST(CommandExecutor, AnImportEntersWhatIsNewAndCountsWhatIsChanged) {
  Scene scene;
  EXPECT_EQ(scene.ask(ImportNodes{{entry("a"), entry("b")}})->message,
            "named: 2, new: 2, changed: 0");
  EXPECT_EQ(scene.fleet.size(), 2U);
  EXPECT_THAT(scene.events, ElementsAre(EventType::kNodeImported, EventType::kNodeImported));
  EXPECT_THAT(scene.batch.writes, SizeIs(4));
  EXPECT_THAT(scene.assigned, SizeIs(2));

  EXPECT_EQ(
      scene.ask(ImportNodes{{entry("a"), entry("b", "10.0.0.2"), entry("c"), entry("c")}})->message,
      "named: 4, new: 1, changed: 1");
  EXPECT_EQ(scene.fleet.node(*NodeName::parse("b")).node().agent.address, "10.0.0.2");
  EXPECT_EQ(scene.fleet.size(), 3U) << "nodes that are not named stay";
  EXPECT_THAT(scene.events, ElementsAre(EventType::kNodeImported));

  const Scene::State before = scene.save();
  EXPECT_EQ(scene.ask(ImportNodes{{entry("a")}})->message, "named: 1, new: 0, changed: 0");
  EXPECT_TRUE(scene.changed_nothing(before));
}

TEST(CommandExecutor, AnImportAboveTheLimitIsRefusedWhole) {
  Scene scene;
  ImportNodes almost_all;
  for (std::size_t i = 0; i < kNodesMax - 1; ++i)
    almost_all.nodes.push_back(entry(fmt::format("n{}", i)));
  ASSERT_TRUE(scene.ask(almost_all));
  EXPECT_TRUE(scene.is_refused(ImportNodes{{entry("n0", "10.0.0.2"), entry("a"), entry("b")}},
                               ErrorCode::kExhausted));
  EXPECT_TRUE(scene.ask(ImportNodes{{entry("a"), entry("a")}})) << "they are one node";
  EXPECT_EQ(scene.fleet.size(), kNodesMax);
  EXPECT_TRUE(scene.is_refused(ImportNodes{{entry("b")}}, ErrorCode::kExhausted));
  EXPECT_TRUE(scene.ask(ImportNodes{{entry("n0", "10.0.0.2")}})) << "known nodes can be changed";
}

// Workloads. --------------------------------------------------------------------------------------

TEST(CommandExecutor, ANewReleaseIsToBeBuilt) {
  Scene scene;
  const Result<CommandResult> result = scene.ask(deploy(2));
  EXPECT_EQ(result->generation, Generation{1});
  EXPECT_EQ(result->message, "generation 1 of 'app' is being deployed");
  EXPECT_EQ(scene.app().phase, WorkloadPhase::kBuilding);
  EXPECT_THAT(scene.written(), ElementsAre(scene.app()));
  EXPECT_THAT(scene.builds.building(), ElementsAre(kApp));
  EXPECT_THAT(scene.events, ElementsAre(EventType::kWorkloadDeploying));
  EXPECT_THAT(scene.work, ElementsAre(kApp)) << "it ends the roll-out of another release";
}

TEST(CommandExecutor, TheSameBundleIsBuiltOnce) {
  Scene scene;
  (void)scene.ask(deploy(1));
  scene.finish_build();
  const Image image = scene.app().current_release().built_image();
  EXPECT_EQ(scene.ask(deploy(3))->generation, Generation{2});
  EXPECT_EQ(scene.app().phase, WorkloadPhase::kRollingOut);
  EXPECT_EQ(scene.app().target()->generation, Generation{2});
  EXPECT_EQ(scene.app().target()->built_image(), image);
  EXPECT_THAT(scene.written(), ElementsAre(scene.app()));
  EXPECT_THAT(scene.builds.building(), IsEmpty());
  EXPECT_THAT(scene.work, ElementsAre(kApp));
  EXPECT_EQ(scene.ask(deploy(3, 'b'))->generation, Generation{3});
  EXPECT_THAT(scene.builds.building(), ElementsAre(kApp)) << "another bundle";
}

TEST(CommandExecutor, ARollbackEndsARollOutAndOtherwiseDeploysTheReleaseBefore) {
  Scene scene;
  (void)scene.ask(deploy(1));
  scene.finish_build();
  scene.workloads.finish_rollout(kApp);
  (void)scene.ask(deploy(1, 'b'));
  scene.finish_build();
  const auto ended = scene.ask(RollBackWorkload{kApp});
  EXPECT_EQ(ended->message,
            "the roll-out of generation 2 of 'app' has ended; generation 1 is kept running");
  EXPECT_EQ(scene.app().phase, WorkloadPhase::kFailed);
  EXPECT_EQ(scene.app().target()->generation, Generation{1});
  EXPECT_THAT(scene.events, ElementsAre(EventType::kWorkloadFailed));
  EXPECT_THAT(scene.work, ElementsAre(kApp));

  (void)scene.ask(deploy(1, 'c'));
  scene.finish_build();
  scene.workloads.finish_rollout(kApp);
  EXPECT_EQ(scene.ask(RollBackWorkload{kApp})->generation, Generation{4});
  EXPECT_EQ(scene.app().phase, WorkloadPhase::kRollingOut) << "its image exists";
  EXPECT_EQ(scene.app().target()->spec.bundle, scene.app().find_release({1})->spec.bundle);
  EXPECT_THAT(scene.work, ElementsAre(kApp));
}

TEST(CommandExecutor, ARestartRollsTheSameReleaseOutAgain) {
  Scene scene;
  (void)scene.ask(deploy(1));
  scene.finish_build();
  scene.workloads.finish_rollout(kApp);
  EXPECT_EQ(scene.ask(RestartWorkload{kApp})->generation, Generation{2});
  EXPECT_EQ(scene.app().phase, WorkloadPhase::kRollingOut);
  EXPECT_THAT(scene.builds.building(), IsEmpty());
  EXPECT_THAT(scene.events, ElementsAre(EventType::kWorkloadDeploying));
}

TEST(CommandExecutor, ACommandDuringABuildTakesTheOrderFromItsBuilder) {
  for (const Command& command :
       std::vector<Command>{deploy(1, 'b'), StopWorkload{kApp}, RemoveWorkload{kApp}}) {
    Scene scene;
    (void)scene.ask(ImportNodes{{entry("a")}});
    (void)scene.ask(deploy(1));
    scene.give_builder(kA);
    ASSERT_THAT(scene.builds.orders_of(kA), ElementsAre(kApp));
    EXPECT_TRUE(scene.ask(command));
    EXPECT_THAT(scene.builds.orders_of(kA), IsEmpty());
    EXPECT_THAT(scene.assigned, ElementsAre(kA));
  }
}

TEST(CommandExecutor, AStoppedWorkloadIsKeptAndItsInstancesAreExamined) {
  Scene scene;
  (void)scene.ask(deploy(1));
  scene.finish_build();
  EXPECT_EQ(scene.ask(StopWorkload{kApp})->message, "'app' is being stopped");
  EXPECT_EQ(scene.app().phase, WorkloadPhase::kStopped);
  EXPECT_THAT(scene.written(), ElementsAre(scene.app()));
  EXPECT_THAT(scene.work, ElementsAre(kApp));
  EXPECT_THAT(scene.events, ElementsAre(EventType::kWorkloadStopped));
}

TEST(CommandExecutor, ARemovedWorkloadIsReportedOnlyOnceItIsGone) {
  Scene scene;
  (void)scene.ask(deploy(1));
  scene.finish_build();
  EXPECT_EQ(scene.ask(RemoveWorkload{kApp})->message, "'app' is being removed");
  EXPECT_EQ(scene.app().phase, WorkloadPhase::kRemoving);
  EXPECT_THAT(scene.written(), ElementsAre(scene.app()));
  EXPECT_THAT(scene.work, ElementsAre(kApp));
  EXPECT_THAT(scene.events, IsEmpty());
  const Scene::State before = scene.save();
  EXPECT_TRUE(scene.ask(RemoveWorkload{kApp})) << "a repeated request is no error";
  EXPECT_TRUE(scene.changed_nothing(before));
}

TEST(CommandExecutor, ARefusalChangesNothing) {
  Scene scene;
  EXPECT_TRUE(scene.is_refused(StopWorkload{kApp}, ErrorCode::kNotFound));
  EXPECT_TRUE(scene.is_refused(RemoveWorkload{kApp}, ErrorCode::kNotFound));
  EXPECT_TRUE(scene.is_refused(deploy(kInstancesMax + 1), ErrorCode::kInvalidArgument));
  (void)scene.ask(deploy(1));
  EXPECT_TRUE(scene.is_refused(deploy(kInstancesMax + 1, 'b'), ErrorCode::kInvalidArgument));
  (void)scene.ask(RemoveWorkload{kApp});
  EXPECT_TRUE(scene.is_refused(deploy(1), ErrorCode::kConflict));
  EXPECT_TRUE(scene.is_refused(StopWorkload{kApp}, ErrorCode::kConflict));
  EXPECT_THAT(scene.ask(StopWorkload{kApp}).error().message, HasSubstr("already being removed"));
}

// Goal: whatever is requested in whatever order, a command is executed whole or refused whole, and
// what changed is written.
RC_GTEST_PROP(CommandExecutorProperties, ACommandIsExecutedWholeOrRefusedWhole, ()) {
  Scene scene;
  const int length = *rc::gen::inRange(1, 30);
  for (int i = 0; i < length; ++i) {
    const WorkloadName name = *rc::gen::element(kApp, kOther);
    const Workload* workload = scene.workloads.find(name);
    const bool is_building = workload != nullptr && workload->phase == WorkloadPhase::kBuilding;
    if (is_building && *rc::gen::arbitrary<bool>()) scene.finish_build(name);
    const auto count = *rc::gen::element(0U, 2U, kInstancesMax, kInstancesMax + 1);
    const Command command = *rc::gen::element<Command>(
        deploy(count, *rc::gen::element('a', 'b'), name), StopWorkload{name}, RemoveWorkload{name},
        ImportNodes{{entry(*rc::gen::element<std::string>("a", "b"),
                           *rc::gen::element("10.0.0.1", "10.0.0.2"))}});
    const Scene::State before = scene.save();
    const Result<CommandResult> result = scene.ask(command);
    if (!result) RC_ASSERT(scene.changed_nothing(before));
    if (scene.save() == before) continue;
    RC_ASSERT(result.has_value());
    RC_ASSERT(!scene.batch.writes.empty());
    RC_ASSERT((result->generation > Generation{}) ==
              std::holds_alternative<DeployWorkload>(command));
  }
}

// Order among workloads. --------------------------------------------------------------------------

DeployWorkload deploy_after(const WorkloadName& name, const std::vector<WorkloadName>& needs) {
  DeployWorkload command{.name = name, .spec = {.instances = 1, .bundle = bundle('a')}};
  for (const WorkloadName& one : needs) command.spec.after.push_back({.workload = one});
  return command;
}

TEST(CommandExecutor, ADeployThatWouldLetWorkloadsWaitForEachOtherIsRefusedWithTheWholeCycle) {
  Scene scene;
  const WorkloadName db = *WorkloadName::parse("db");
  const WorkloadName web = *WorkloadName::parse("web");
  EXPECT_EQ(scene.ask(deploy_after(kApp, {db}))->message,
            "generation 1 of 'app' is being deployed; it waits for 'db', which is not deployed");
  EXPECT_TRUE(scene.ask(deploy_after(db, {web})));
  EXPECT_TRUE(scene.is_refused(deploy_after(web, {kApp}), ErrorCode::kConflict));
  const Result<CommandResult> refused = scene.ask(deploy_after(web, {kApp}));
  EXPECT_EQ(refused.error().message,
            "these workloads would wait for each other: web → app → db → web; remove one of them "
            "from the 'after' of the one before it");
}

TEST(CommandExecutor, ARollbackToAReleaseThatWouldCloseACycleIsRefused) {
  Scene scene;
  const WorkloadName db = *WorkloadName::parse("db");
  (void)scene.ask(deploy_after(kApp, {db}));
  scene.finish_build();
  scene.workloads.finish_rollout(kApp);
  (void)scene.ask(deploy_after(kApp, {}));
  if (scene.app().phase == WorkloadPhase::kBuilding) scene.finish_build();
  scene.workloads.finish_rollout(kApp);
  scene.changes.on_workload_changed(kApp);
  scene.end_step();
  ASSERT_TRUE(scene.ask(deploy_after(db, {kApp})));
  EXPECT_TRUE(scene.is_refused(RollBackWorkload{.name = kApp}, ErrorCode::kConflict));
}

TEST(CommandExecutor, StoppingOrRemovingWhatOthersStartAfterSaysSo) {
  Scene scene;
  const WorkloadName db = *WorkloadName::parse("db");
  (void)scene.ask(deploy_after(db, {}));
  (void)scene.ask(deploy_after(kApp, {db}));
  EXPECT_EQ(scene.ask(StopWorkload{db})->message,
            "'db' is being stopped; what starts after it runs on, but waits for it at its next "
            "start: 'app'");
  EXPECT_EQ(scene.ask(RemoveWorkload{db})->message,
            "'db' is being removed; what starts after it runs on, but waits for it at its next "
            "start: 'app'");
  EXPECT_EQ(scene.ask(StopWorkload{kApp})->message, "'app' is being stopped");
}

}  // namespace
}  // namespace hearth::core
