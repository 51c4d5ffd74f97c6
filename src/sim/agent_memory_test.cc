// Goal: what rules did and what completed survives a restart of the agent at any moment. Method: a
// whole cluster, whose agents die at random instants around the events that count.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/assignments/assignment_ledger.h"
#include "sim/cluster.h"
#include "sim/silent_log.h"

namespace hearth::sim {
namespace {

using namespace std::chrono_literals;

class AgentMemoryTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void start(InstanceSpec instance, WorkloadKind kind, std::uint32_t cpu_millis = 100) {
    cluster.emplace(world, ClusterShape{.nodes = 1, .with_power = false, .cpu_millis = 1000});
    cluster->start();
    instance.container.resources.cpu_millis = cpu_millis;
    cluster->the_operator().deploy(*WorkloadName::parse("app"),
                                   {.kind = kind,
                                    .instances = 1,
                                    .bundle = *Digest::parse("sha256:" + std::string(64, 'a')),
                                    .instance = std::move(instance)});
    for (int second = 0; second < 60 && running().str().empty(); ++second) pass(1s);
    ASSERT_FALSE(running().str().empty());
    pass(1s);
  }
  void pass(Duration duration) { world.run_until(world.now() + duration); }
  SimMachine& machine() { return cluster->machine(*NodeName::parse("node1")); }
  ContainerId running() {
    for (const auto& [id, container] : machine().engine().containers()) {
      if (container.state == ContainerState::kRunning) return id;
    }
    return {};
  }
  InstanceState state() {
    const Report report = *machine().agent().agent().status().report;
    return report.instances.empty() ? InstanceState::kAssigned
                                    : report.instances.begin()->second.state;
  }

  SilentLog silent_log;
  World world{GetParam(), {}};
  std::optional<Cluster> cluster;
};

TEST_P(AgentMemoryTest, ARuleActsOnceWithinItsHoldOffWheneverTheAgentDies) {
  start({.log_rules = {{.name = "fatal",
                        .condition = MustNotAppear{.pattern = "FATAL"},
                        .action = HealthAction::kRestart,
                        .hold_off = 10min}},
         .min_ready = 0s},
        WorkloadKind::kService);
  std::set<ContainerId> seen{running()};
  for (int death = 0; death < 12; ++death) {
    machine().engine().write_bad_line(running(), LogStream::kStdout, "FATAL no sensor");
    pass(world.between(0ms, death % 2 == 0 ? 30ms : 400ms));
    machine().crash_agent(world.between(100ms, 3s));
    pass(20s);
    seen.insert(running());
  }
  EXPECT_EQ(seen.size(), 2U) << "restarted once";
  EXPECT_FALSE(seen.contains(ContainerId{})) << "it always runs";
  EXPECT_FALSE(world.violation()) << world.violation()->detail;
}

// Method: of what only tells operators, nothing else would show that it is repeated.
TEST_P(AgentMemoryTest, AnEventIsReportedOnceWithinItsHoldOffWheneverTheAgentDies) {
  start({.log_rules = {{.name = "fatal",
                        .condition = MustNotAppear{.pattern = "FATAL"},
                        .action = HealthAction::kEvent,
                        .hold_off = 10min}},
         .min_ready = 0s},
        WorkloadKind::kService);
  for (int death = 0; death < 12; ++death) {
    machine().engine().write_bad_line(running(), LogStream::kStdout, "FATAL no sensor");
    pass(world.between(0ms, death % 2 == 0 ? 30ms : 100ms));
    machine().crash_agent(world.between(100ms, 3s));
    pass(20s);
  }
  EXPECT_FALSE(world.violation()) << world.violation()->property << world.violation()->detail;
}

TEST_P(AgentMemoryTest, AFullDiskDelaysARestartAndPreventsNone) {
  start({.log_rules = {{.name = "fatal",
                        .condition = MustNotAppear{.pattern = "FATAL"},
                        .action = HealthAction::kRestart}},
         .min_ready = 0s},
        WorkloadKind::kService);
  const ContainerId first = running();
  machine().disk().set_full(true);
  machine().engine().write_bad_line(first, LogStream::kStdout, "FATAL no sensor");
  pass(5s);
  EXPECT_NE(running(), first);
  EXPECT_FALSE(running().str().empty());
}

TEST_P(AgentMemoryTest, WhatTheManagerCannotReplaceIsRestartedWhereItIs) {
  start({.log_rules = {{.name = "fatal",
                        .condition = MustNotAppear{.pattern = "FATAL"},
                        .action = HealthAction::kReplace}},
         .min_ready = 0s},
        WorkloadKind::kService);
  const ContainerId first = running();
  cluster->cut_off(*NodeName::parse("node1"));
  machine().engine().write_bad_line(first, LogStream::kStdout, "FATAL no sensor");
  pass(50s);
  EXPECT_EQ(running(), first);
  pass(40s);
  EXPECT_NE(running(), first);
  EXPECT_FALSE(running().str().empty());
}

// Goal: a manager that is dead behind a broker that lives is missed, too; one that lives is not.
TEST_P(AgentMemoryTest, WhatADeadManagerCannotReplaceIsRestartedWhereItIs) {
  start({.log_rules = {{.name = "fatal",
                        .condition = MustNotAppear{.pattern = "FATAL"},
                        .action = HealthAction::kReplace}},
         .min_ready = 0s},
        WorkloadKind::kService, 600);
  const ContainerId first = running();
  machine().engine().write_bad_line(first, LogStream::kStdout, "FATAL no sensor");
  pass(150s);
  EXPECT_EQ(running(), first) << "there is no room for another one: the manager knows, and waits";
  cluster->manager().crash_for(1h);
  pass(50s - core::AssignmentRecord::kSignPeriod);
  EXPECT_EQ(running(), first);
  pass(40s);
  EXPECT_NE(running(), first);
  EXPECT_FALSE(running().str().empty());
}

TEST_P(AgentMemoryTest, WhatCompletedNeverRunsAgain) {
  start({.restart = RestartPolicy::kOnFailure}, WorkloadKind::kOneshot);
  const ContainerId only = running();
  machine().engine().complete(only);
  for (int waits = 0; waits < 500 && state() != InstanceState::kCompleted; ++waits) pass(1ms);
  ASSERT_EQ(state(), InstanceState::kCompleted);
  for (int death = 0; death < 5; ++death) {
    machine().crash_agent(2s);
    if (death == 1) machine().engine().remove(only, [](const Result<void>&) {});
    pass(world.between(3s, 20s));
    EXPECT_EQ(running(), ContainerId{}) << death;
    EXPECT_EQ(state(), InstanceState::kCompleted) << death;
  }
}

// Goal: a damaged file is as good as none: nothing is remembered, and all goes on.
TEST_P(AgentMemoryTest, ATornMemoryIsIgnored) {
  start({.min_ready = 0s}, WorkloadKind::kService);
  machine().damage_at_power_off();
  machine().power_off();
  machine().power_on();
  pass(60s);
  EXPECT_FALSE(running().str().empty());
  EXPECT_FALSE(world.violation()) << world.violation()->detail;
}

INSTANTIATE_TEST_SUITE_P(Seeds, AgentMemoryTest, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace hearth::sim
