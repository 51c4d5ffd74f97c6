#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/sqlite_store.h"
#include "testing/disk/temporary_directory.h"

// What the views show to readers of the database with plain SQL.

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

constexpr auto kRun = DesiredState::kRun;
constexpr auto kRunning = InstanceState::kRunning;

class StatusViewsTest : public testing::Test {
 protected:
  StatusViewsTest() {
    put_node("node-1", "10.0.0.1", NodeState::kLive);
    put_node("node-2", "10.0.0.2", NodeState::kLive);
    commit(PutWorkload{
        {.name = app_,
         .phase = WorkloadPhase::kDeployed,
         .current = Release{.spec = {.kind = WorkloadKind::kService,
                                     .bundle = *Digest::parse("sha256:" + std::string(64, '0'))}},
         .next = {},
         .build_node = {}}});
  }

  void put_node(std::string_view name, std::string_view address, NodeState state,
                std::optional<WallTime> known_at = {}) {
    commit(PutNode{{.name = *NodeName::parse(name),
                    .display_name = "Box " + std::string(name),
                    .agent = {.address = std::string(address)},
                    .state = state,
                    .evidence = "because",
                    .changed_at = WallTime(1772356502123ms),
                    .known_at = known_at}});
  }

  /// An instance on node n, with container "c<n>".
  Instance instance(std::uint64_t number, DesiredState desired_state, InstanceState state) const {
    return {.id = make_instance_id(app_, number),
            .workload = app_,
            .node = *NodeName::parse("node-" + std::to_string(number)),
            .desired_state = desired_state,
            .status = {.state = state, .container = {"c" + std::to_string(number)}},
            .changed_at = WallTime(1772356502123ms)};
  }
  Instance stand_in(std::uint64_t number, DesiredState desired_state, InstanceState state,
                    std::uint64_t replaced) const {
    Instance instance = this->instance(number, desired_state, state);
    instance.replaces = make_instance_id(app_, replaced);
    return instance;
  }
  void put(Instance instance) { commit(PutInstance{std::move(instance)}); }
  void commit(Write write) {
    const Result<void> committed = store_->commit({std::move(write)});
    ASSERT_TRUE(committed.has_value()) << committed.error().message;
  }

  /// Rows with columns separated by bars, as the sqlite3 shell shows them.
  std::vector<std::string> rows(const std::string& columns, const std::string& view) const {
    SqlDatabase reader(folder_ / SqliteStore::kFileName, 1s);
    std::vector<std::string> rows;
    reader.prepare("SELECT concat FROM (SELECT " + columns + " AS concat FROM " + view + ")")
        .for_each(view, {}, [&](SqlRow& row) { rows.push_back(row.text()); });
    return rows;
  }
  std::vector<std::string> services() const {
    return rows(
        "service||'|'||status||'|'||ifnull(container_id,'')||'|'||ifnull(node_name,'')||'|'||"
        "ifnull(node_ip,'')",
        "service_status");
  }

  const TemporaryDirectory folder_;
  const std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open({.directory = folder_.path()}).value();
  const WorkloadName app_ = *WorkloadName::parse("heater");
};

TEST_F(StatusViewsTest, ARunningServiceIsActiveWithItsContainerAndIp) {
  put(instance(1, kRun, kRunning));
  EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c1|node-1|10.0.0.1"));
  EXPECT_THAT(
      rows("updated_at||'|'||instance||'|'||kind||'|'||state||'|'||reason", "service_status"),
      ElementsAre("2026-03-01T09:15:02.123Z|heater-1|service|running|"));
}

TEST_F(StatusViewsTest, AServiceWithoutInstancesHasAnInactiveRow) {
  EXPECT_THAT(services(), ElementsAre("heater|INACTIVE|||"));
  EXPECT_THAT(rows("state", "service_status"), ElementsAre("deployed"));
  // The time is by the database's own clock.
  EXPECT_THAT(rows("updated_at BETWEEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour') "
                   "AND strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
                   "service_status"),
              ElementsAre("1"));
}

TEST_F(StatusViewsTest, ARestartIsInactiveUntilTheNewContainerRuns) {
  Instance restarted = instance(1, kRun, kRunning);
  put(restarted);
  for (const InstanceState state : {InstanceState::kBackoff, InstanceState::kStarting}) {
    restarted.status.state = state;
    put(restarted);
    EXPECT_THAT(services(), ElementsAre("heater|INACTIVE|c1|node-1|10.0.0.1"));
  }
  restarted.status.container = {"c9"};
  restarted.status.state = kRunning;
  put(restarted);
  EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c9|node-1|10.0.0.1"));
}

TEST_F(StatusViewsTest, AServiceThatMovesKeepsOneRow) {
  put(instance(1, kRun, kRunning));
  put(stand_in(2, DesiredState::kStage, InstanceState::kStaged, 1));
  EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c1|node-1|10.0.0.1")) << "staged";
  put(instance(1, kRun, InstanceState::kLost));
  EXPECT_THAT(services(), ElementsAre("heater|INACTIVE|c1|node-1|10.0.0.1")) << "lost";
  put(stand_in(2, kRun, InstanceState::kStarting, 1));
  EXPECT_THAT(services(), ElementsAre("heater|INACTIVE|c2|node-2|10.0.0.2")) << "starting";
  put(stand_in(2, kRun, kRunning, 1));
  EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c2|node-2|10.0.0.2")) << "moved";
  put(instance(1, kRun, kRunning));
  EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c2|node-2|10.0.0.2")) << "first is back";
  put(instance(1, DesiredState::kStop, InstanceState::kStopping));
  EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c2|node-2|10.0.0.2")) << "first stops";
}

TEST_F(StatusViewsTest, AReplacementThatProvesUnnecessaryIsNeverShown) {
  put(instance(1, kRun, kRunning));
  put(stand_in(2, kRun, InstanceState::kStarting, 1));
  EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c1|node-1|10.0.0.1"));
  for (const InstanceState state : {kRunning, InstanceState::kStopping}) {
    put(stand_in(2, DesiredState::kStop, state, 1));
    EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c1|node-1|10.0.0.1"));
  }
}

TEST_F(StatusViewsTest, AStoppingServiceIsActiveUntilItHasStopped) {
  put(instance(1, DesiredState::kStop, kRunning));
  EXPECT_THAT(services(), ElementsAre("heater|ACTIVE|c1|node-1|10.0.0.1"));
  put(instance(1, DesiredState::kStop, InstanceState::kStopping));
  EXPECT_THAT(services(), ElementsAre("heater|INACTIVE|||"));
}

// Goal: whatever the states of an instance and its replacement, there is exactly one row, and it is
// active exactly if one of those that should run does.
TEST_F(StatusViewsTest, AnInstanceAndItsReplacementHaveOneRowInAllStates) {
  for (const auto desired_state : {DesiredState::kStage, kRun, DesiredState::kStop}) {
    for (int first = 0; first <= static_cast<int>(InstanceState::kLost); ++first) {
      for (int second = 0; second <= static_cast<int>(InstanceState::kLost); ++second) {
        const auto state = static_cast<InstanceState>(first);
        const auto other = static_cast<InstanceState>(second);
        ASSERT_TRUE(store_
                        ->commit({PutInstance{instance(1, kRun, state)},
                                  PutInstance{stand_in(2, desired_state, other, 1)}})
                        .has_value());
        const bool runs =
            state == kRunning || (other == kRunning && desired_state != DesiredState::kStage);
        EXPECT_THAT(rows("status", "service_status"), ElementsAre(runs ? "ACTIVE" : "INACTIVE"))
            << name_of(desired_state) << ' ' << name_of(state) << ' ' << name_of(other);
      }
    }
  }
}

TEST_F(StatusViewsTest, ARemovedWorkloadHasNoRow) {
  commit(PutWorkload{{.name = app_, .phase = WorkloadPhase::kRemoved, .build_node = {}}});
  EXPECT_THAT(services(), testing::IsEmpty());
}

TEST_F(StatusViewsTest, SeveralInstancesHaveARowEach) {
  put(instance(1, kRun, kRunning));
  Instance pending = instance(2, kRun, InstanceState::kPending);
  pending.node = std::nullopt;
  pending.status.container = {};
  pending.status.reason = "no node has room";
  put(pending);
  EXPECT_THAT(services(),
              UnorderedElementsAre("heater|ACTIVE|c1|node-1|10.0.0.1", "heater|INACTIVE|||"));
  EXPECT_THAT(rows("reason", "service_status WHERE status = 'INACTIVE'"),
              ElementsAre("no node has room"));
}

// Goal: the state in one word is the same in the database as in the program.
TEST_F(StatusViewsTest, AnInstanceShowsItsStateAndHealthInOneWord) {
  for (int state = 0; state <= static_cast<int>(InstanceState::kLost); ++state) {
    for (int health = 0; health <= static_cast<int>(Health::kDegraded); ++health) {
      Instance one = instance(1, kRun, static_cast<InstanceState>(state));
      one.status.health = static_cast<Health>(health);
      put(one);
      EXPECT_THAT(rows("state", "instance_status"),
                  ElementsAre(std::string(name_of(condition_of(one.status)))));
    }
  }
}

TEST_F(StatusViewsTest, AnInstanceShowsWhereItIsAndWhy) {
  Instance one = instance(1, kRun, InstanceState::kCrashLoop);
  one.generation = {4};
  one.status.restarts = 7;
  one.status.reason = "it ended with exit code 1";
  put(one);
  Instance pending = instance(2, kRun, InstanceState::kPending);
  pending.node = std::nullopt;
  pending.status.container = {};
  put(pending);
  EXPECT_THAT(rows("instance||'|'||workload||'|'||state||'|'||generation||'|'||"
                   "ifnull(node_name,'')||'|'||ifnull(node_ip,'')||'|'||ifnull(container_id,'')||"
                   "'|'||restarts||'|'||reason||'|'||changed_at",
                   "instance_status"),
              ElementsAre("heater-1|heater|crash_loop|4|node-1|10.0.0.1|c1|7|it ended with exit "
                          "code 1|2026-03-01T09:15:02.123Z",
                          "heater-2|heater|pending|0||||0||2026-03-01T09:15:02.123Z"));
}

/// Within a minute before the reader's own clock.
constexpr const char* kIsCurrent =
    "known_at BETWEEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 minute') "
    "AND strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

TEST_F(StatusViewsTest, WhatALiveNodeRunsIsKnownUpToThePresent) {
  put(instance(1, kRun, kRunning));
  for (const char* view : {"service_status", "instance_status", "node_status"})
    EXPECT_THAT(rows(kIsCurrent, std::string(view) + " WHERE node_name = 'node-1'"),
                ElementsAre("1"));
}

TEST_F(StatusViewsTest, WhatASilentNodeRunsIsKnownAsOfItsLastReport) {
  put(instance(1, kRun, kRunning));
  const WallTime last(1772356503000ms);
  for (const NodeState state :
       {NodeState::kSuspect, NodeState::kUnreachable, NodeState::kAgentDown, NodeState::kDead}) {
    put_node("node-1", "10.0.0.1", state, last);
    for (const char* view : {"service_status", "instance_status", "node_status"})
      EXPECT_THAT(rows("known_at", std::string(view) + " WHERE node_name = 'node-1'"),
                  ElementsAre("2026-03-01T09:15:03.000Z"))
          << view << ' ' << name_of(state);
  }
  EXPECT_THAT(rows("status||' '||updated_at", "service_status"),
              ElementsAre("ACTIVE 2026-03-01T09:15:02.123Z"))
      << "the row keeps its value";
  put_node("node-1", "10.0.0.1", NodeState::kUnreachable);
  EXPECT_THAT(rows(kIsCurrent, "service_status"), ElementsAre("1")) << "it answers over HTTP";
}

TEST_F(StatusViewsTest, ANodeThatWasNeverReceivedIsNotKnown) {
  put_node("node-1", "10.0.0.1", NodeState::kAwaited);
  EXPECT_THAT(rows("known_at IS NULL", "node_status WHERE node_name = 'node-1'"), ElementsAre("1"));
}

TEST_F(StatusViewsTest, WhileTheManagerIsBlindEverythingIsKnownAsOfBefore) {
  put(instance(1, kRun, kRunning));
  commit(AppendHistory{{.at = WallTime(1772356503000ms), .condition = Condition::kBlind}});
  EXPECT_THAT(rows("known_at", "service_status"), ElementsAre("2026-03-01T09:15:03.000Z"));
  put_node("node-1", "10.0.0.1", NodeState::kUnreachable);
  EXPECT_THAT(rows(kIsCurrent, "service_status"), ElementsAre("1")) << "it answers over HTTP";
  put_node("node-1", "10.0.0.1", NodeState::kLive);
  commit(AppendHistory{{.at = WallTime(1772356504000ms), .condition = Condition::kSeeing}});
  EXPECT_THAT(rows(kIsCurrent, "service_status"), ElementsAre("1"));
}

TEST_F(StatusViewsTest, WhileTheManagerDoesNotRunEverythingIsKnownAsOfItsLastWrite) {
  put(instance(1, kRun, kRunning));
  commit(PutAlive{WallTime(1772356503000ms)});
  for (const char* view : {"service_status", "instance_status", "node_status"})
    EXPECT_THAT(rows("known_at", std::string(view) + " WHERE node_name = 'node-1'"),
                ElementsAre("2026-03-01T09:15:03.000Z"));
}

TEST_F(StatusViewsTest, ANodeIsActiveWhileItsWorkStays) {
  const std::map<NodeState, std::string> expected{
      {NodeState::kAwaited, "INACTIVE"},   {NodeState::kLive, "ACTIVE"},
      {NodeState::kSuspect, "ACTIVE"},     {NodeState::kUnreachable, "INACTIVE"},
      {NodeState::kAgentDown, "INACTIVE"}, {NodeState::kDead, "INACTIVE"},
  };
  for (const auto& [state, status] : expected) {
    put_node("node-1", "10.0.0.1", state);
    EXPECT_THAT(rows("display_name||'|'||status||'|'||state||'|'||node_ip||'|'||evidence||'|'||"
                     "updated_at",
                     "node_status WHERE node_name = 'node-1'"),
                ElementsAre("Box node-1|" + status + "|" + std::string(name_of(state)) +
                            "|10.0.0.1|because|2026-03-01T09:15:02.123Z"));
  }
}

}  // namespace
}  // namespace hearth
