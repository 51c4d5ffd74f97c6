#include "shell/api/release_changes.h"

#include <functional>

#include <gtest/gtest.h>

namespace hearth {
namespace {

using namespace std::chrono_literals;

Digest digest_of(char c) {
  return *Digest::parse("sha256:" + std::string(64, c));
}

WorkloadSpec heater() {
  WorkloadSpec spec{.instances = 2, .bundle = digest_of('a')};
  spec.instance.container.environment = {{"MODE", "eco"}, {"KEPT", "1"}, {"GONE", "1"}};
  return spec;
}

TEST(ReleaseChanges, AreNamedWithoutValuesThatCanBeSecret) {
  const WorkloadSpec before = heater();
  WorkloadSpec after = before;
  after.instances = 3;
  after.instance.container.environment = {{"MODE", "boost"}, {"KEPT", "1"}, {"ADDED", "1"}};
  after.bundle = digest_of('b');
  EXPECT_EQ(changes_between(before, after),
            "instances 2 -> 3, environment ADDED GONE MODE, bundle");
}

TEST(ReleaseChanges, ARestartChangesNothing) {
  EXPECT_EQ(changes_between(heater(), heater()), "nothing");
  WorkloadSpec adopted = heater();
  adopted.instance.adopted = AdoptedContainer{.name = "pg"};
  WorkloadSpec restarted = adopted;
  restarted.instance.adopted->afresh = true;
  EXPECT_EQ(changes_between(adopted, restarted), "nothing");
}

// Goal: no difference is called nothing. Method: each member of a specification differs in turn.
TEST(ReleaseChanges, NameEveryMemberThatDiffers) {
  struct Case {
    std::function<void(WorkloadSpec&)> change;
    const char* words;
  };
  const Case cases[] = {
      {[](auto& spec) { spec.kind = WorkloadKind::kService; }, "kind application -> service"},
      {[](auto& spec) { spec.instances = 0; }, "instances 2 -> 0"},
      {[](auto& spec) { spec.bundle = digest_of('b'); }, "bundle"},
      {[](auto& spec) { spec.node = *NodeName::parse("n1"); }, "node"},
      {[](auto& spec) { spec.on_node_lost = NodeLossPolicy::kStay; },
       "on_node_lost replace -> stay"},
      {[](auto& spec) { spec.after = {{*WorkloadName::parse("db")}}; }, "after"},
      {[](auto& spec) { spec.placement_deadline = 2min; }, "placement_deadline 1 m 0 s -> 2 m 0 s"},
      {[](auto& spec) { spec.instance.container.resources.cpu_millis = 500; },
       "cpu_millis 0 -> 500"},
      {[](auto& spec) { spec.instance.container.resources.memory_bytes = 64; },
       "memory_bytes 0 -> 64"},
      {[](auto& spec) { spec.instance.container.pids_max = 8; }, "pids_max 512 -> 8"},
      {[](auto& spec) { spec.instance.container.network = NetworkMode::kHost; },
       "network bridge -> host"},
      {[](auto& spec) { spec.instance.container.ports = {{80, 80}}; }, "ports"},
      {[](auto& spec) { spec.instance.container.devices = {{"/dev/x", "/dev/x"}}; }, "devices"},
      {[](auto& spec) { spec.instance.adopted = AdoptedContainer{.name = "pg"}; }, "adopt"},
      {[](auto& spec) { spec.instance.restart = RestartPolicy::kNever; },
       "restart always -> never"},
      {[](auto& spec) { spec.instance.replace = ReplaceOrder::kStopFirst; },
       "replace start_first -> stop_first"},
      {[](auto& spec) { spec.instance.stop.grace = 1s; }, "stop"},
      {[](auto& spec) { spec.instance.probes.liveness.emplace(); }, "probes"},
      {[](auto& spec) { spec.instance.log_rules.emplace_back(); }, "log_rules"},
      {[](auto& spec) { spec.instance.trends.emplace_back(); }, "trends"},
      {[](auto& spec) { spec.instance.min_ready = 1s; }, "min_ready 10.0 s -> 1.0 s"},
      {[](auto& spec) { spec.instance.ready_deadline = 1s; }, "ready_deadline 5 m 0 s -> 1.0 s"},
  };
  for (const auto& [change, words] : cases) {
    WorkloadSpec after = heater();
    change(after);
    EXPECT_EQ(changes_between(heater(), after), words);
  }
}

}  // namespace
}  // namespace hearth
