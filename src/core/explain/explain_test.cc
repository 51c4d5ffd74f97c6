#include "core/explain/explain.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/manager/manager_scene.h"

namespace hearth::core {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using Scene = ManagerScene;

std::vector<std::string> words_on_node(const Scene& scene, const char* name) {
  return explain_node(*scene.manager, Scene::node(name), scene.now());
}

std::vector<std::string> words_on_app(const Scene& scene) {
  return explain_workload(*scene.manager, Scene::app(), scene.now());
}

TEST(Explain, NothingIsSaidOfAnUnknownNodeOrWorkload) {
  const Scene scene;
  EXPECT_THAT(words_on_node(scene, "a"), IsEmpty());
  EXPECT_THAT(words_on_app(scene), IsEmpty());
}

TEST(Explain, ANodeWithoutAHeartbeatYetIsAwaitedAndGetsNothing) {
  Scene scene;
  scene.import({"a"});
  EXPECT_THAT(words_on_node(scene, "a"),
              AllOf(Contains("Node 'a' is awaited: it has sent no heartbeat yet, so it is not "
                             "judged."),
                    Contains(HasSubstr("Dialling its agent at 10.0.0.1:7701 has not worked yet")),
                    Contains("It gets no new work: it is awaited (no heartbeat yet).")));
}

TEST(Explain, ALiveNodeNamesItsLastSignItsWitnessAndItsInstances) {
  Scene scene;
  scene.run_app(1);
  const std::vector<std::string> words = words_on_node(scene, "a");
  EXPECT_THAT(words, AllOf(Contains(StartsWith("Node 'a' has been live since ")),
                           Contains(HasSubstr("Suspect after 1.2 s, dead after 2.0 s.")),
                           Contains(HasSubstr("is known to work, so it counts as a witness.")),
                           Contains("Instance 'app-1' is running.")));
  EXPECT_THAT(words, Not(Contains(HasSubstr("no new work"))));
  EXPECT_THAT(words, Not(Contains(HasSubstr("power"))));
}

TEST(Explain, ADeadNodeGivesTheEvidenceAndTheProgressOfItsRecovery) {
  Scene scene;
  scene.run_app(1);
  scene.kill("a");
  scene.pass(seconds(4));
  EXPECT_THAT(words_on_node(scene, "a"),
              AllOf(Contains(HasSubstr("its agent does not answer a dial.")),
                    Contains("Recovery: its power is being switched off (attempt 1 of 3)."),
                    Contains("It gets no new work: it is dead.")));
  const auto switched = [&](PowerVerb verb, const Result<void>& outcome) {
    scene.step(PowerSwitched{Scene::node("a"), verb, outcome});
  };
  switched(PowerVerb::kOff, {});
  EXPECT_THAT(words_on_node(scene, "a"), Contains(HasSubstr("is being switched on (attempt 1")));
  switched(PowerVerb::kOn, {});
  EXPECT_THAT(words_on_node(scene, "a"), Contains(HasSubstr("was switched on")));
  scene.pass(std::chrono::minutes(2));
  EXPECT_THAT(words_on_node(scene, "a"),
              Contains(HasSubstr("the next one starts after a backoff")));
  scene.pass(seconds(10));
  for (int attempt = 2; attempt <= 3; ++attempt) {
    switched(PowerVerb::kOff, fail(ErrorCode::kFailed, "no such port"));
    scene.pass(seconds(20));
  }
  EXPECT_THAT(words_on_node(scene, "a"), Contains(AllOf(HasSubstr("quarantined after 3 attempts"),
                                                        HasSubstr("no such port"))));
}

TEST(Explain, ANodeWithoutAPowerDriverNeedsAnOperator) {
  ManagerSettings settings = Scene::settings_with_power();
  settings.power_by_default = false;
  Scene scene(settings);
  scene.import({"a"});
  EXPECT_THAT(words_on_node(scene, "a"), Contains(HasSubstr("It has no power driver")));
}

TEST(Explain, WhileBlindNodesAndWorkloadsSaySo) {
  Scene scene;
  scene.run_app(1);
  scene.bus_carries = false;
  scene.pass(seconds(5));
  EXPECT_THAT(words_on_node(scene, "a"),
              Contains(AllOf(HasSubstr("blind"), HasSubstr("no node is judged"))));
  EXPECT_THAT(words_on_app(scene), Contains(HasSubstr("no node gets new work")));
}

TEST(Explain, AWorkloadNamesItsReleaseItsInstancesAndTheHolderOfItsImage) {
  Scene scene;
  scene.run_app(1);
  EXPECT_THAT(
      words_on_app(scene),
      AllOf(Contains("Workload 'app' is deployed."),
            Contains("Generation 1 is kept running: 1 instance wanted; if a node is lost, its work "
                     "starts elsewhere."),
            Contains(AllOf(HasSubstr("Instance 'app-1' is running on 'a' (changed "),
                           HasSubstr("ago)."))),
            Contains("Of 5 replacements within 1 h 0 m, 5 are left."),
            Contains("Its image is kept ready on 'b'.")));
}

TEST(Explain, AWorkloadNamesWhatIsLeftOfItsReplacements) {
  Scene scene;
  scene.run_app(1);
  scene.agents_obey = false;
  Heartbeat reported = sign_of_life(1000);
  reported.report = Report{};
  reported.report->instances[Scene::id(1)] = {
      .state = InstanceState::kRunning, .health = Health::kDegraded, .must_be_replaced = true};
  scene.heartbeat("a", reported);
  EXPECT_THAT(words_on_app(scene),
              Contains("Of 5 replacements within 1 h 0 m, 4 are left; the next one in 1 h 0 m."));
}

TEST(Explain, AWorkloadThatIsBuiltNamesItsBuilderOrWhyItWaits) {
  Scene scene;
  (void)scene.deploy(1);
  EXPECT_THAT(words_on_app(scene), Contains(HasSubstr("Workload 'app' is building: no node")));
  scene.import({"a"});
  scene.beat("a");
  scene.agents_obey = false;
  scene.pass(seconds(1));
  EXPECT_THAT(words_on_app(scene), Contains("Generation 1 is to be built on 'a'."));
}

TEST(Explain, AWorkloadNamesWhatItStartsAfterAndWhatThatLacks) {
  Scene scene;
  scene.run_app(1);
  const WorkloadName web = *WorkloadName::parse("web");
  WorkloadSpec wanted{.instances = 1, .bundle = Scene::bundle('b')};
  wanted.node = Scene::node("c");
  wanted.after = {{.workload = Scene::app(), .restart_with_it = true},
                  {.workload = *WorkloadName::parse("db")}};
  (void)scene.ask(DeployWorkload{web, wanted});
  scene.pass(seconds(1));
  EXPECT_THAT(explain_workload(*scene.manager, web, scene.now()),
              AllOf(Contains("It may run on node 'c' only."),
                    Contains("It starts after 'app' is ready, and is restarted with it: that "
                             "is so."),
                    Contains("It starts after 'db' is ready: it waits for 'db', which is not "
                             "deployed.")));
  EXPECT_THAT(words_on_app(scene), Contains("'web' starts after it."));
}

TEST(Explain, AnInstanceNamesWhatItReplacesAndItsLastExit) {
  Scene scene;
  scene.run_app(1);
  scene.agents_obey = false;
  scene.kill("a");
  scene.pass(seconds(4));
  Heartbeat reported = sign_of_life(1000);
  reported.report = Report{};
  reported.report->instances[Scene::id(2)] = {.state = InstanceState::kBackoff,
                                              .restarts = 2,
                                              .last_exit = ContainerExit{.code = 3},
                                              .reason = "it ended"};
  scene.heartbeat("b", reported);
  EXPECT_THAT(words_on_app(scene),
              Contains(AllOf(HasSubstr("'app-2' is backoff on 'b'"),
                             HasSubstr(", replacing 'app-1', restarted 2 times there, last exit "
                                       "code 3: it ended."))));
}

TEST(Explain, AnInstanceNamesWhatItUses) {
  Scene scene;
  scene.usage = InstanceUsage{.cpu_permille = 125,
                              .memory_bytes = 40U << 20U,
                              .memory_limit_bytes = 64U << 20U,
                              .processes = 4,
                              .memory_full_in = std::chrono::minutes(8)};
  scene.run_app(1);
  scene.pass(seconds(1));
  EXPECT_THAT(
      words_on_app(scene),
      Contains(HasSubstr("It uses 12 % of a core, 40.0 MiB of 64.0 MiB of memory, 4 "
                         "processes. Its memory grows and reaches its limit in about 8 m")));
  scene.usage = InstanceUsage{};
  scene.pass(seconds(1));
  EXPECT_THAT(words_on_app(scene), Not(Contains(HasSubstr("It uses"))));
}

}  // namespace
}  // namespace hearth::core
