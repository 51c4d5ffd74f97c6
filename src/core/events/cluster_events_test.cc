#include "core/events/cluster_events.h"

#include <gtest/gtest.h>

namespace hearth::core::events {
namespace {

const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kNode = *NodeName::parse("a");

TEST(ClusterEvents, AStartReportsWhatTheManagerStartsWith) {
  EXPECT_EQ(manager_started(Epoch{3}, {.nodes = 2, .workloads = 1, .instances = 4}),
            (EventDraft{EventType::kManagerStarted, "manager",
                        "manager started with epoch 3; nodes: 2, workloads: 1, instances: 4"}));
}

TEST(ClusterEvents, BlindnessGivesItsReasonAndItsConsequences) {
  EXPECT_EQ(
      bus_blind("no canary has come back over the bus for 1 s").message,
      "no canary has come back over the bus for 1 s: no node is judged and nothing moves until "
      "the bus works again");
  EXPECT_EQ(bus_blind("").type, EventType::kBusBlind);
  EXPECT_EQ(bus_seeing().type, EventType::kBusSeeing);
}

TEST(ClusterEvents, EachStepOfAWorkloadIsReportedUnderItsName) {
  const Digest bundle = *Digest::parse("sha256:" + std::string(64, 'a'));
  const std::string hex(bundle.short_hex());
  const Release one{.generation = {1}, .spec = {.instances = 1, .bundle = bundle}};
  const Release three{
      .generation = {2}, .spec = {.instances = 3, .bundle = bundle}, .deployed_by = "ana@desk"};
  const Workload app{.name = kApp, .current = one};
  EXPECT_EQ(workload_deploying(kApp, one).message,
            "deploying generation 1 of 'app': 1 instance of bundle " + hex);
  EXPECT_EQ(
      workload_deploying(kApp, three).message,
      "deploying generation 2 of 'app': 3 instances of bundle " + hex + ", requested by ana@desk");
  EXPECT_EQ(workload_built(kApp, {1}, kNode).message, "generation 1 of 'app' was built on 'a'");
  EXPECT_EQ(workload_failed(kApp, {1}, "RUN make ended with 2").message,
            "generation 1 of 'app' failed to build: RUN make ended with 2");
  EXPECT_EQ(workload_stopped(app).type, EventType::kWorkloadStopped);
  EXPECT_EQ(workload_removed(app, {}).type, EventType::kWorkloadRemoved);
  for (const EventDraft& event :
       {workload_deploying(kApp, one), workload_built(kApp, {1}, kNode),
        workload_failed(kApp, {1}, ""), workload_stopped(app), workload_removed(app, {})}) {
    EXPECT_EQ(event.subject, "workload/app");
  }
}

TEST(ClusterEvents, AnAdoptedContainerIsNeitherBuiltNorRemoved) {
  Release release{.generation = {1},
                  .spec = {.bundle = *Digest::parse("sha256:" + std::string(64, 'a'))},
                  .deployed_by = "ana@desk"};
  release.spec.instance.adopted = AdoptedContainer{.name = "pg"};
  const Workload app{.name = kApp, .current = release};
  EXPECT_EQ(workload_deploying(kApp, release).message,
            "adopting container 'pg' as generation 1 of 'app', requested by ana@desk");
  EXPECT_EQ(workload_deployed(app).message,
            "generation 1 of 'app' is deployed: container 'pg' is adopted and ready");
  EXPECT_EQ(workload_stopped(app).message,
            "stopping 'app' on request: container 'pg' is kept; 'hearth restart' starts it again");
  EXPECT_EQ(workload_removed(app, {}).message, "'app' was removed: container 'pg' is let go");
}

}  // namespace
}  // namespace hearth::core::events
