#include "core/events/instance_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core::events {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");
constexpr WallTime kNow{std::chrono::seconds(100)};

InstanceId id(std::uint64_t number) {
  return make_instance_id(kApp, number);
}

Instance fresh(std::uint64_t number, std::optional<NodeName> node = std::nullopt) {
  Instance instance{.id = id(number), .workload = kApp, .generation = {1}};
  instance.node = std::move(node);
  instance.status.state = instance.node ? InstanceState::kAssigned : InstanceState::kPending;
  return instance;
}

InstanceStatus running(const char* container, std::uint32_t restarts = 0) {
  return {.state = InstanceState::kRunning, .container = {container}, .restarts = restarts};
}

/// The events of a change of an instance in `table`, as "type: message" each.
std::vector<std::string> reported(const InstanceTable& table, const InstanceChange& change) {
  std::vector<std::string> lines;
  for (const EventDraft& event : of(change, table)) {
    EXPECT_EQ(event.subject, "instance/" + change.either().id.str());
    lines.push_back(std::string(name_of(event.type)) + ": " + event.message);
  }
  return lines;
}

TEST(InstanceEvents, APlacementNamesTheNodeAndAWaitItsReason) {
  InstanceTable table;
  EXPECT_THAT(reported(table, table.add(fresh(1, kA))),
              ElementsAre("instance.placed: 'app-1' is placed on 'a'"));
  Instance waits = fresh(2);
  waits.status.reason = "no node has room";
  EXPECT_THAT(reported(table, table.add(waits)),
              ElementsAre("instance.pending: 'app-2' is pending: no node has room"));
  EXPECT_THAT(reported(table, *table.note_waiting(id(2), "it rains")), IsEmpty())
      << "another reason is no event";
  EXPECT_THAT(reported(table, table.place(id(2), kB, kNow)),
              ElementsAre("instance.placed: 'app-2' is placed on 'b'"));
}

TEST(InstanceEvents, AReplacementNamesWhatItReplaces) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  Instance staged = fresh(2, kB);
  staged.replaces = id(1);
  staged.desired_state = DesiredState::kStage;
  EXPECT_THAT(reported(table, table.add(staged)),
              ElementsAre("instance.placed: 'app-2' is staged on 'b' to replace 'app-1' on 'a'"));
  EXPECT_THAT(reported(table, table.promote(id(2))),
              ElementsAre("instance.placed: 'app-2', staged on 'b', takes over from 'app-1'"));
  Instance orphan = fresh(3, kB);
  orphan.replaces = id(9);
  EXPECT_THAT(reported(table, table.add(orphan)),
              ElementsAre("instance.placed: 'app-3' is placed on 'b'"))
      << "the instance it replaces is forgotten";
}

TEST(InstanceEvents, AStartIsReportedOnceForEachContainer) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  EXPECT_THAT(reported(table, *table.report(id(1), running("0123456789abcdef"), kNow)),
              ElementsAre("instance.started: 'app-1' runs on 'a' in container 0123456789ab"));
  InstanceStatus same = running("0123456789abcdef");
  same.reason = "well";
  EXPECT_THAT(reported(table, *table.report(id(1), same, kNow)), IsEmpty());
  EXPECT_THAT(reported(table, *table.report(id(1), running("c2", 1), kNow)),
              ElementsAre("instance.started: 'app-1' runs on 'a' in container c2, restart 1"));
}

TEST(InstanceEvents, AContainerThatGoesOnAfterAPauseHasNotStarted) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  (void)table.report(id(1), running("c1"), kNow);
  InstanceStatus paused = running("c1");
  paused.state = InstanceState::kPaused;
  EXPECT_THAT(reported(table, *table.report(id(1), paused, kNow)), IsEmpty());
  EXPECT_THAT(reported(table, *table.report(id(1), running("c1"), kNow)), IsEmpty());
}

TEST(InstanceEvents, AnExitIsReportedOnceAndBeforeTheStartThatFollows) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  (void)table.report(id(1), running("c1"), kNow);
  InstanceStatus again = running("c2", 1);
  again.last_exit = ContainerExit{.code = 137, .out_of_memory = OutOfMemory::kMain};
  EXPECT_THAT(reported(table, *table.report(id(1), again, kNow)),
              ElementsAre("instance.exited: 'app-1' on 'a' ended with exit code 137 (SIGKILL: "
                          "killed, out of memory)",
                          "instance.started: 'app-1' runs on 'a' in container c2, restart 1"));
  again.state = InstanceState::kCrashLoop;
  again.reason = "5 stops within 5 min";
  EXPECT_THAT(
      reported(table, *table.report(id(1), again, kNow)),
      ElementsAre("instance.crash_loop: 'app-1' on 'a' is in a crash loop: 5 stops within 5 min"));
  again.restarts = 2;
  EXPECT_THAT(reported(table, *table.report(id(1), again, kNow)), IsEmpty());
}

TEST(InstanceEvents, AnExitQuotesTheLastWordsOnOneLineAndOnce) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  InstanceStatus ended{.state = InstanceState::kBackoff};
  ended.last_exit = ContainerExit{.code = 3, .last_words = "reading sensors\nFATAL no sensor"};
  EXPECT_THAT(reported(table, *table.report(id(1), ended, kNow)),
              ElementsAre("instance.exited: 'app-1' on 'a' ended with exit code 3; its last words: "
                          "reading sensors | FATAL no sensor"));
  ended.last_exit->last_words.clear();
  EXPECT_THAT(reported(table, *table.report(id(1), ended, kNow)), IsEmpty())
      << "a long report omits them";
}

TEST(InstanceEvents, AnEndThatIsDescribedOtherwiseAfterwardsIsNoSecondExit) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  (void)table.report(id(1), running("c1"), kNow);
  InstanceStatus finished = running("c1");
  finished.state = InstanceState::kCompleted;
  finished.last_exit = ContainerExit{.code = 0, .at = kNow};
  EXPECT_THAT(reported(table, *table.report(id(1), finished, kNow)), SizeIs(1));
  finished.last_exit->at = kNow + std::chrono::milliseconds(3);
  EXPECT_THAT(reported(table, *table.report(id(1), finished, kNow)), IsEmpty());
}

TEST(InstanceEvents, ALossIsReportedOnce) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  EXPECT_THAT(reported(table, *table.lose(id(1), kNow)),
              ElementsAre("instance.lost: 'app-1' is lost with node 'a'"));
  EXPECT_THAT(reported(table, *table.lose(id(1), kNow)), IsEmpty());
}

TEST(InstanceEvents, AForgottenInstanceIsGoneOrWasNeverPlaced) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  (void)table.add(fresh(2));
  EXPECT_THAT(reported(table, table.stop(id(1))), IsEmpty()) << "reported once it is gone";
  EXPECT_THAT(reported(table, table.forget(id(1))),
              ElementsAre("instance.stopped: 'app-1' is gone from 'a'"));
  EXPECT_THAT(reported(table, table.forget(id(2))),
              ElementsAre("instance.stopped: 'app-2' was withdrawn before it was placed"));
}

}  // namespace
}  // namespace hearth::core::events
