#include "core/slot_table/slot_table.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;

constexpr SlotSettings kSettings{.restart = {}, .stop_grace = 10s};

WorkloadName app() {
  return *WorkloadName::parse("app");
}
InstanceId id(std::uint64_t number) {
  return make_instance_id(app(), number);
}
AssignedInstance instance(std::uint64_t number) {
  return {.id = id(number),
          .workload = app(),
          .generation = {1},
          .image = {.reference = "hearth/app:a", .archive = std::nullopt},
          .spec = {}};
}
Container container(const char* name, std::uint64_t number, ContainerState state) {
  return {
      .id = {name}, .instance = id(number), .workload = app(), .generation = {1}, .state = state};
}

/// A table whose runtime answers and gives notice when the test says so.
struct Scene {
  void assign(std::vector<AssignedInstance> instances) {
    step([&] {
      table.on_assignment({.node = *NodeName::parse("node-1"),
                           .number = {},
                           .heartbeat_interval = {},
                           .instances = std::move(instances),
                           .images = {},
                           .builds = {}});
    });
  }
  void list(std::vector<Container> containers) {
    const std::uint64_t asked_in = turn.number;
    step([&] {
      table.on_listed(
          {.inventory = {.containers = std::move(containers), .images = {}}, .asked_in = asked_in},
          turn);
    });
  }
  template <class Notice>
  void notice(const Notice& one) {
    step([&] { table.on(one, turn); });
  }
  std::optional<std::string> answer(const OperationDone& done) {
    std::optional<std::string> lost;
    step([&] { lost = table.on_done(done, turn); });
    return lost;
  }
  /// Does what it asks of the runtime, until it asks for nothing more. A container is named after
  /// its instance.
  void obey() {
    while (!asked.empty()) {
      const ContainerAction action = asked.front();
      asked.erase(asked.begin());
      OperationDone done;
      std::visit([&](const auto& one) { done.operation = one.operation; }, action);
      const auto* create = std::get_if<CreateContainer>(&action);
      if (create != nullptr)
        done.container = {create->instance.id.str() + "-" + std::to_string(create->restarts)};
      answer(done);
    }
  }
  void step(const std::function<void()>& happen) {
    ++turn.number;
    happen();
    const auto readiness_of = [](const Image&) { return ImageReadiness{.is_there = true}; };
    const std::vector<ContainerAction> actions = table.tend(turn, readiness_of, ids);
    asked.insert(asked.end(), actions.begin(), actions.end());
    table.check_invariants();
  }
  template <class Action>
  std::vector<Action> asked_for() const {
    std::vector<Action> found;
    for (const ContainerAction& action : asked) {
      if (const auto* one = std::get_if<Action>(&action)) found.push_back(*one);
    }
    return found;
  }
  Report report() const {
    Report report;
    table.add_to(report);
    return report;
  }

  SlotTable table{kSettings, 7};
  OperationIds ids;
  Turn turn{.number = 0, .now = MonoTime(1h)};
  std::vector<ContainerAction> asked;  ///< Not answered yet.
};

TEST(SlotTable, EachAssignedInstanceRunsInAContainerOfItsOwn) {
  Scene scene;
  scene.assign({instance(1), instance(2)});
  EXPECT_THAT(scene.asked_for<CreateContainer>(), SizeIs(2));
  scene.obey();
  const Report report = scene.report();
  EXPECT_THAT(report.instances, ElementsAre(Key(id(1)), Key(id(2))));
  for (const std::uint64_t number : {1U, 2U}) {
    EXPECT_EQ(report.instances.at(id(number)).state, InstanceState::kRunning);
    EXPECT_EQ(report.workloads.at(id(number)), app());
  }
  EXPECT_EQ(scene.table.slot(id(1)).status().container, ContainerId{"app-1-0"});
}

TEST(SlotTable, AnInstanceThatWaitsDoesNotBlockOthers) {
  Scene scene;
  scene.assign({instance(1), instance(2)});
  scene.obey();
  scene.notice(ContainerExited{{"app-1-0"}, id(1), {.code = 1}});
  scene.obey();
  scene.notice(ContainerExited{{"app-1-1"}, id(1), {.code = 1}});
  scene.obey();
  EXPECT_EQ(scene.table.slot(id(1)).status().state, InstanceState::kBackoff);
  ASSERT_TRUE(scene.table.next_deadline());
  EXPECT_GE(*scene.table.next_deadline(), scene.turn.now + 1s);
  scene.notice(ContainerExited{{"app-2-0"}, id(2), {.code = 1}});
  scene.obey();
  EXPECT_EQ(scene.table.slot(id(2)).status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.table.slot(id(2)).status().restarts, 1U);
}

TEST(SlotTable, AnUnassignedInstanceIsForgottenOnceItsContainerIsGoneAndOthersStay) {
  Scene scene;
  scene.assign({instance(1), instance(2)});
  scene.obey();
  scene.assign({instance(2)});
  EXPECT_EQ(scene.report().instances.at(id(1)).state, InstanceState::kStopping);
  EXPECT_EQ(scene.report().workloads.at(id(1)), app());
  scene.obey();
  EXPECT_EQ(scene.table.find_slot(id(1)), nullptr);
  EXPECT_THAT(scene.report().instances, ElementsAre(Key(id(2))));
  EXPECT_EQ(scene.table.slot(id(2)).status().restarts, 0U);
}

TEST(SlotTable, AContainerOfOursThatIsNotAssignedIsStoppedOrRemoved) {
  Scene scene;
  scene.assign({});
  scene.list({container("stray", 7, ContainerState::kRunning),
              container("dead", 8, ContainerState::kExited)});
  ASSERT_THAT(scene.asked_for<StopContainer>(), SizeIs(1));
  EXPECT_EQ(scene.asked_for<StopContainer>()[0].container, ContainerId{"stray"});
  ASSERT_THAT(scene.asked_for<RemoveContainer>(), SizeIs(1));
  EXPECT_EQ(scene.asked_for<RemoveContainer>()[0].container, ContainerId{"dead"});
  scene.obey();
  EXPECT_THAT(scene.report().instances, IsEmpty());
}

TEST(SlotTable, NothingIsReportedBeforeAnAssignmentIsInForce) {
  Scene scene;
  scene.table.on_listed(
      {.inventory = {.containers = {container("one", 1, ContainerState::kRunning)}, .images = {}},
       .asked_in = 1},
      scene.turn);
  EXPECT_THAT(scene.report().instances, IsEmpty());
}

// Goal: the notice of a removal lets the slot be forgotten before the answer arrives.
TEST(SlotTable, AnAnswerThatComesAfterItsSlotIsGoneChangesNothing) {
  Scene scene;
  scene.assign({});
  scene.list({container("dead", 1, ContainerState::kExited)});
  const RemoveContainer remove = scene.asked_for<RemoveContainer>().at(0);
  scene.notice(ContainerRemoved{{"dead"}, id(1)});
  ASSERT_EQ(scene.table.find_slot(id(1)), nullptr);
  EXPECT_EQ(scene.answer({remove.operation, {}, {}, {}}), std::nullopt);
  EXPECT_THAT(scene.table.save().asked, IsEmpty());
}

TEST(SlotTable, UnknownNoticesAndAnswersChangeNothing) {
  Scene scene;
  scene.assign({instance(1)});
  scene.obey();
  const SlotTable::State before = scene.table.save();
  for (const InstanceId& of : {id(1), InstanceId{"somebody's"}}) {
    scene.notice(ContainerStarted{{"foreign"}, of});
    scene.notice(ContainerExited{{"foreign"}, of, {}});
    scene.notice(ContainerRemoved{{"foreign"}, of});
  }
  EXPECT_EQ(scene.answer({{999}, {}, {"foreign"}, {}}), std::nullopt);
  EXPECT_EQ(scene.table.save(), before);
  EXPECT_THAT(scene.asked, IsEmpty());
}

TEST(SlotTable, AnImageThatTheRuntimeTurnsOutToHaveLostIsNamed) {
  Scene scene;
  scene.assign({instance(1)});
  const CreateContainer create = scene.asked_for<CreateContainer>().at(0);
  EXPECT_EQ(scene.answer({create.operation, fail(ErrorCode::kNotFound, "no such image"), {}, {}}),
            create.instance.image.reference);
}

TEST(SlotTable, WhileItRestsItDoesNotAskToBeWokenForWhatIsOverdue) {
  Scene scene;
  scene.assign({instance(1)});
  for (int i = 0; i < 3; ++i) {
    const CreateContainer create = scene.asked_for<CreateContainer>().at(0);
    scene.asked.clear();
    scene.answer({create.operation, fail(ErrorCode::kFailed, "the driver is broken"), {}, {}});
    if (scene.asked.empty()) break;
  }
  const std::optional<MonoTime> next_start = scene.table.next_deadline();
  ASSERT_TRUE(next_start);
  scene.table.rest(*next_start);
  EXPECT_EQ(scene.table.next_deadline(), std::nullopt);
}

TEST(SlotTable, ACopyOfItsStateBehavesLikeIt) {
  Scene scene;
  scene.assign({instance(1), instance(2)});
  scene.obey();
  scene.notice(ContainerExited{{"app-1-0"}, id(1), {.code = 1}});
  scene.assign({instance(1), instance(3)});
  scene.table = SlotTable(kSettings, scene.table.save());
  scene.table.check_invariants();
  scene.obey();
  EXPECT_THAT(scene.report().instances, ElementsAre(Key(id(1)), Key(id(3))));
  EXPECT_EQ(SlotTable(kSettings, scene.table.save()).save(), scene.table.save());
}

TEST(SlotTableDeathTest, AskingForAnInstanceWithoutASlotAborts) {
  const SlotTable table(kSettings, 7);
  EXPECT_EQ(table.find_slot(id(1)), nullptr);
  EXPECT_DEATH(table.slot(id(1)), "found != nullptr");
}

// Order. ------------------------------------------------------------------------------------------

// Goal: a node that boots without a manager starts what others start after first.
TEST(SlotTable, AnInstanceStartsOnceWhatItStartsAfterRuns) {
  Scene scene;
  AssignedInstance later = instance(1);
  later.after = {{.workload = *WorkloadName::parse("db"), .until = Dependency::Until::kStarted}};
  AssignedInstance db = instance(2);
  db.id = make_instance_id(*WorkloadName::parse("db"), 1);
  db.workload = *WorkloadName::parse("db");
  scene.assign({later, db});
  const auto starts = [&](const InstanceId& id) {
    return scene.table.slot(id).status().state == InstanceState::kRunning;
  };
  Report report;
  scene.table.add_to(report);
  scene.obey();
  EXPECT_TRUE(starts(db.id));
  EXPECT_TRUE(starts(later.id)) << "the answer to the start of one lets the other start";
}

// Goal: nothing waits for what may never run. Method: the only instance of a dependency is staged,
// in case that another node is lost.
TEST(SlotTable, AnInstanceDoesNotWaitForOneThatIsOnlyStaged) {
  Scene scene;
  AssignedInstance later = instance(1);
  later.after = {{.workload = *WorkloadName::parse("db")}};
  AssignedInstance db = instance(2);
  db.id = make_instance_id(*WorkloadName::parse("db"), 1);
  db.workload = *WorkloadName::parse("db");
  db.desired_state = DesiredState::kStage;
  scene.assign({later, db});
  scene.obey();
  EXPECT_EQ(scene.table.slot(later.id).status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.table.slot(db.id).status().state, InstanceState::kStaged);
}

TEST(SlotTable, AnInstanceThatIsHeldBackIsReportedAsStartingWithTheReason) {
  Scene scene;
  AssignedInstance later = instance(1);
  later.after = {{.workload = *WorkloadName::parse("db")}};
  AssignedInstance db = instance(2);
  db.id = make_instance_id(*WorkloadName::parse("db"), 1);
  db.workload = *WorkloadName::parse("db");
  db.spec.min_ready = 1h;
  scene.assign({later, db});
  scene.obey();
  Report report;
  scene.table.add_to(report);
  EXPECT_EQ(report.instances.at(later.id).state, InstanceState::kStarting);
  EXPECT_EQ(report.instances.at(later.id).reason, "it waits for 'db' to be ready");
}

}  // namespace
}  // namespace hearth::core
