#include "shell/manager/manager_shell_scene.h"

#include <numeric>

#include "wire/assignment_codec.h"
#include "wire/canary_codec.h"
#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const auto is_exhausted = testing::Optional(testing::Field(&Error::code, ErrorCode::kExhausted));

TEST_F(ManagerShellTest, NothingIsExecutedBeforeItsWritesAreDurable) {
  loop.hold_workers();
  start(eventful_fleet());
  bool reported = false;
  shell->event_added().add([&reported] { reported = true; });
  EXPECT_THAT(bus.published, IsEmpty());
  EXPECT_THAT(bus.followed, ElementsAre("hearth.canary"));
  EXPECT_THAT(dialer.dialled, IsEmpty());
  EXPECT_THAT(http.calls, IsEmpty());
  EXPECT_THAT(power.switched, IsEmpty());
  EXPECT_EQ(shell->last_event_seq(), kOldEvents);
  loop.release_workers();
  settle();
  EXPECT_TRUE(reported);
  EXPECT_THAT(store.epochs, ElementsAre(Epoch{7}));
  EXPECT_GT(shell->last_event_seq(), kOldEvents);
  EXPECT_THAT(bus.followed, SizeIs(4));
  EXPECT_THAT(dialer.dialled, Contains(Endpoint{"live.test", 7701}));
  EXPECT_EQ(http.calls.at(0).server, (Endpoint{"unreachable.test", 7701}));
  EXPECT_THAT(power.switched, ElementsAre(std::pair(std::string("dead"), PowerVerb::kOff)));
  const std::vector<BusRecord> assignments = bus.on("hearth.node.live.assignment");
  ASSERT_THAT(assignments, SizeIs(1));
  EXPECT_EQ(assignments[0].key, "live");
  EXPECT_EQ(decode_assignment(assignments[0].payload)->number.epoch, Epoch{7});
}

TEST_F(ManagerShellTest, ACommandIsAnsweredOnceItIsDurable) {
  start();
  loop.hold_workers();
  import("n1");
  settle();
  EXPECT_THAT(answers, IsEmpty());
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), IsEmpty());
  loop.release_workers();
  settle();
  EXPECT_THAT(answers, ElementsAre(std::nullopt));
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), SizeIs(1));
}

TEST_F(ManagerShellTest, AFailedBatchIsRetriedAndExecutedOnce) {
  store.failures = 1000;
  start(eventful_fleet());
  EXPECT_GE(counters().commits_failed, 1U);
  EXPECT_THAT(bus.published, IsEmpty());
  EXPECT_THAT(power.switched, IsEmpty());
  store.failures = 0;
  run_until([this] { return counters().commits > 0; });
  settle();
  EXPECT_THAT(power.switched, SizeIs(1));
  EXPECT_THAT(store.epochs, SizeIs(1));
  EXPECT_THAT(bus.on("hearth.node.live.assignment"), SizeIs(1));
}

TEST_F(ManagerShellTest, WhileTheStoreFailsCommandsAreRefusedWithTheReason) {
  start();
  store.failures = 1000;
  import("n1");
  run_until([this] { return !answers.empty(); });
  ASSERT_TRUE(answers[0].has_value());
  EXPECT_EQ(answers[0]->code, ErrorCode::kUnavailable);
  EXPECT_THAT(answers[0]->message, HasSubstr("the disk is gone"));
  EXPECT_THAT(answers[0]->message, HasSubstr("might still be executed"));
  import("n2");
  run_until([this] { return answers.size() == 2; });
  ASSERT_TRUE(answers[1].has_value());
  EXPECT_THAT(answers[1]->message, HasSubstr("nothing was changed"));
  ASSERT_TRUE(shell->store_fault().has_value());

  store.failures = 0;
  run_until([this] { return !shell->store_fault(); });
  settle();
  EXPECT_NE(shell->manager().find_node(node("n1")), nullptr);
  EXPECT_EQ(shell->manager().find_node(node("n2")), nullptr);
  import("n2");
  run_until([this] { return answers.size() == 3; });
  EXPECT_FALSE(answers[2].has_value());
}

TEST_F(ManagerShellTest, AStoreThatFailsForTooLongEndsTheProcessWithNothingExecuted) {
  store.failures = 1000;
  start(eventful_fleet());
  const std::uint64_t before = commits_ended();
  loop.advance(59s);
  EXPECT_GT(commits_ended(), before + 10) << "it keeps trying";
  EXPECT_THAT(fatal, IsEmpty());
  loop.advance(10s);
  ASSERT_THAT(fatal, SizeIs(1));
  EXPECT_EQ(fatal[0].code, ErrorCode::kUnavailable);
  beat("live");
  EXPECT_THAT(bus.published, IsEmpty());
  EXPECT_THAT(power.switched, IsEmpty());
}

TEST_F(ManagerShellTest, PatienceWithTheStoreRestartsWithEachOutage) {
  store.failures = 1;
  start();
  run_until([this] { return counters().commits > 0; });
  settle();
  loop.advance(2min);
  store.failures = 1;
  import("n1");
  run_until([this] { return !answers.empty(); });
  EXPECT_EQ(counters().commits_failed, 2U);
  EXPECT_THAT(fatal, IsEmpty());
}

// Goal: a disk that does not answer is a fault like one that fails.
TEST_F(ManagerShellTest, AHangingStoreIsAFaultUntilItReturns) {
  start();
  loop.hold_workers();
  import("n1");
  loop.advance(5s);
  ASSERT_TRUE(answers[0].has_value());
  EXPECT_EQ(answers[0]->code, ErrorCode::kUnavailable);
  EXPECT_THAT(answers[0]->message, HasSubstr("has not completed a commit for 5.0 s"));
  ASSERT_TRUE(shell->store_fault().has_value());
  import("n2");
  run_until([this] { return answers.size() == 2; });
  EXPECT_THAT(answers[1]->message, HasSubstr("nothing was changed"));
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), IsEmpty());

  loop.release_workers();
  run_until([this] { return !shell->store_fault(); });
  settle();
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), SizeIs(1))
      << "the batch in progress is completed";
  EXPECT_THAT(fatal, IsEmpty());
}

TEST_F(ManagerShellTest, AStoreThatHangsForTooLongEndsTheProcess) {
  start();
  loop.hold_workers();
  import("n1");
  settle();
  loop.stall(2h);  // The process was paused, which is not a fault of the store.
  settle();
  EXPECT_TRUE(shell->store_fault().has_value());
  EXPECT_THAT(fatal, IsEmpty());
  const int warned_before = warnings->count;
  loop.advance(59s);
  EXPECT_GT(warnings->count, warned_before);
  EXPECT_THAT(fatal, IsEmpty());
  loop.advance(1s);
  EXPECT_EQ(fatal[0].code, ErrorCode::kTimeout);
  EXPECT_EQ(counters().commits_failed, 0U);
}

TEST_F(ManagerShellTest, TooManyReadersOfOldEventsAreRefused) {
  start();
  loop.hold_workers();
  import("n1");
  settle();
  std::size_t read = 0;
  std::vector<ErrorCode> refused;
  for (std::size_t i = 0; i < ManagerShell::kReadsMax + 2; ++i) {
    shell->events_after(0, 1, [&](const Result<std::vector<ClusterEvent>>& events) {
      if (events) {
        ++read;
      } else {
        refused.push_back(events.error().code);
      }
    });
  }
  settle();
  EXPECT_THAT(refused, ElementsAre(ErrorCode::kExhausted, ErrorCode::kExhausted));
  loop.release_workers();
  run_until([&] { return read == ManagerShell::kReadsMax; });
  EXPECT_THAT(seqs_after(0, 1), ElementsAre(1U)) << "there is room again";
}

TEST_F(ManagerShellTest, WarnsOfAGrowingStoreLogAtALimitedRate) {
  start();
  store.current.backlog_bytes = ManagerShell::kBacklogBytesMax;
  import("n1");
  settle();
  EXPECT_EQ(counters().store.backlog_bytes, ManagerShell::kBacklogBytesMax);
  EXPECT_EQ(warnings->count, 0);
  store.current.backlog_bytes = ManagerShell::kBacklogBytesMax + 1;
  for (const char* name : {"n2", "n3", "n4"}) {
    import(name);
    settle();
  }
  EXPECT_EQ(warnings->count, 1);
}

TEST_F(ManagerShellTest, WarnsOfEventsThatTheStoreDropped) {
  start();
  store.current.events_dropped = 100;
  import("n1");
  settle();
  EXPECT_EQ(counters().store.events_dropped, 100U);
  EXPECT_EQ(warnings->count, 1);
  import("n2");
  settle();
  EXPECT_EQ(warnings->count, 1) << "none since";
}

TEST_F(ManagerShellTest, TopicsWantedMeanwhileShareOneRequest) {
  bus.hold_topics = true;
  start({known("n1", NodeState::kAwaited)});
  import("n2");
  settle();
  ASSERT_THAT(bus.topic_requests, SizeIs(1));
  EXPECT_THAT(bus.topic_requests[0], ElementsAre("hearth.events", "hearth.canary"));
  EXPECT_THAT(bus.followed, ElementsAre("hearth.canary"));
  bus.topics_done({});
  ASSERT_THAT(bus.topic_requests, SizeIs(2));
  EXPECT_THAT(bus.topic_requests[1],
              ElementsAre("hearth.node.n1.status", "hearth.node.n1.assignment",
                          "hearth.node.n2.status", "hearth.node.n2.assignment"));
  EXPECT_THAT(bus.followed,
              ElementsAre("hearth.canary", "hearth.node.n1.status", "hearth.node.n2.status"));
  bus.topics_done({});
  EXPECT_THAT(bus.topic_requests, SizeIs(2));
}

TEST_F(ManagerShellTest, TopicsThatCannotBeCreatedAreRetriedAndDelayNothing) {
  bus.topics_outcome = fail(ErrorCode::kUnavailable, "no broker");
  start({known("n1", NodeState::kAwaited)});
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), SizeIs(1));
  const std::size_t before = bus.topic_requests.size();
  bus.topics_outcome = {};
  run_until([&] { return bus.topic_requests.size() > before; });
  EXPECT_THAT(bus.topic_requests.back(),
              UnorderedElementsAre("hearth.events", "hearth.canary", "hearth.node.n1.status",
                                   "hearth.node.n1.assignment"));
  EXPECT_THAT(bus.followed, ElementsAre("hearth.canary", "hearth.node.n1.status"));
}

TEST_F(ManagerShellTest, OnlyRefusedTopicsAreRetried) {
  bus.refused = {"hearth.node.n2.status"};
  start({known("n1", NodeState::kAwaited), known("n2", NodeState::kAwaited)});
  const std::size_t before = bus.topic_requests.size();
  run_until([&] { return bus.topic_requests.size() > before; });
  EXPECT_THAT(bus.topic_requests.back(),
              ElementsAre("hearth.node.n2.status", "hearth.node.n2.assignment"));
  bus.refused.clear();
  run_until([&] { return bus.topic_requests.size() > before + 1; });
  settle();
  EXPECT_THAT(bus.topic_requests, SizeIs(before + 2));
}

TEST_F(ManagerShellTest, ALostCanaryTopicIsCreatedAgainWithAllOthersAndTheManagerSees) {
  start({known("n1", NodeState::kAwaited)});
  const std::size_t before = bus.topic_requests.size();
  bus.lose("hearth.canary");
  loop.advance(900ms);
  EXPECT_FALSE(shell->manager().bus_carries());
  EXPECT_GE(counters().topics_missing, 2U);  // Each canary fails, and the follower is notified too.
  run_until([&] { return bus.topic_requests.size() > before; });
  EXPECT_THAT(bus.topic_requests.back(),
              ElementsAre("hearth.events", "hearth.canary", "hearth.node.n1.status",
                          "hearth.node.n1.assignment"));
  loop.advance(1s);
  EXPECT_TRUE(shell->manager().bus_carries());
  EXPECT_THAT(bus.topic_requests, SizeIs(before + 1)) << "an existing topic is not requested again";
}

TEST_F(ManagerShellTest, LostTopicsOfANodeAreCreatedAgainAndItsAssignmentIsRepublished) {
  start();
  import("n1");
  settle();
  const auto says_what_it_took_over = [this](AssignmentNumber applied) {
    tell("n1",
         {.incarnation = {"boot", 1}, .seq = ++beats, .sent_at = std::nullopt, .applied = applied});
    settle();
  };
  const AssignmentNumber first =
      decode_assignment(bus.on("hearth.node.n1.assignment").back().payload)->number;
  says_what_it_took_over(first);
  const std::size_t before = bus.topic_requests.size();
  bus.lose("hearth.node.n1.assignment");
  bus.lose("hearth.node.n1.status");
  run_until([&] { return bus.topic_requests.size() > before; });
  EXPECT_THAT(bus.topic_requests.back(),
              ElementsAre("hearth.node.n1.status", "hearth.node.n1.assignment"));
  settle();
  const std::size_t sent = bus.on("hearth.node.n1.assignment").size();
  // The node has lost its disk as well, and the new topic is empty.
  for (int second = 0; second < 4; ++second) {
    loop.advance(1s);
    says_what_it_took_over({});
  }
  ASSERT_EQ(bus.on("hearth.node.n1.assignment").size(), sent + 1);
  EXPECT_EQ(decode_assignment(bus.on("hearth.node.n1.assignment").back().payload)->number, first);
}

TEST_F(ManagerShellTest, AnAssignmentWithoutATopicIsRepublishedOnceThereIsOne) {
  bus.refused = {"hearth.node.n1.assignment"};
  bus.lost = {"hearth.node.n1.assignment"};
  start();
  import("n1");
  settle();
  beat("n1");
  for (int second = 0; second < 4; ++second) {
    loop.advance(1s);
    beat("n1");
  }
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), SizeIs(2)) << "tried again, and failed again";
  bus.refused.clear();
  run_until([this] { return bus.lost.empty(); });
  const std::uint64_t failures = counters().publish_failures;
  for (int second = 0; second < 3; ++second) {
    loop.advance(1s);
    beat("n1");
  }
  EXPECT_EQ(counters().publish_failures, failures);
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), SizeIs(3));
}

TEST_F(ManagerShellTest, ForeignTopicsAreNotCreated) {
  start({known("n1", NodeState::kAwaited)});
  const std::size_t before = bus.topic_requests.size();
  for (const char* topic : {"hearth.node.ghost.status", "hearth.elsewhere", ""}) {
    bus.handlers.on_missing(topic);
  }
  bus.handlers.on_missing("hearth.node.n1.status");
  run_until([&] { return bus.topic_requests.size() > before; });
  EXPECT_THAT(bus.topic_requests.back(),
              ElementsAre("hearth.node.n1.status", "hearth.node.n1.assignment"));
  EXPECT_EQ(counters().topics_missing, 1U);
}

TEST_F(ManagerShellTest, MalformedPayloadsAreCountedAndChangeNothing) {
  bus.carries = false;
  start({known("n1", NodeState::kAwaited)});
  const std::uint64_t commits = counters().commits;
  const std::string filler(kHeartbeatBytesMax, 'x');
  for (const std::string& payload :
       {std::string(), std::string("no JSON"), std::string("[1]"), std::string(R"({"seq":"1"})"),
        R"({"fill":")" + filler + "\"}"})
    bus.deliver("hearth.node.n1.status", payload);
  settle();
  EXPECT_EQ(counters().payloads_rejected, 5U);
  EXPECT_EQ(shell->manager().counters().heartbeats, 0U);
  EXPECT_EQ(state("n1"), NodeState::kAwaited);
  const std::string canary =
      encode(Canary{.epoch = Epoch{7}, .seq = 1, .sent_at = loop.now().mono});
  for (const std::string& payload :
       {std::string("no JSON"), std::string("{}"), canary + std::string(kCanaryBytesMax, ' ')})
    bus.deliver("hearth.canary", payload);
  settle();
  EXPECT_EQ(counters().payloads_rejected, 8U);
  bus.handlers.on_oversized({.topic = "hearth.node.n1.status", .offset = 9},
                            Error{ErrorCode::kExhausted, "900001 bytes"});
  EXPECT_EQ(counters().payloads_rejected, 9U);
  EXPECT_FALSE(shell->manager().bus_carries());
  EXPECT_EQ(counters().commits, commits);
  beat("n1");
  EXPECT_EQ(state("n1"), NodeState::kLive);
}

TEST_F(ManagerShellTest, MalformedPayloadsOfATopicAreLoggedAtALimitedRate) {
  start();
  for (int i = 0; i < 100; ++i) bus.deliver("hearth.node.n1.status", "no JSON");
  settle();
  EXPECT_EQ(warnings->count, 1);
  bus.deliver("hearth.node.n2.status", "no JSON");
  settle();
  EXPECT_EQ(warnings->count, 2);
  loop.advance(LogLimit::kPeriod);
  bus.deliver("hearth.node.n1.status", "no JSON");
  settle();
  EXPECT_EQ(warnings->count, 3);
  EXPECT_EQ(counters().payloads_rejected, 102U);
}

TEST_F(ManagerShellTest, OnlyItsOwnCanaryProvesThatTheBusCarries) {
  bus.carries = false;
  start();
  ASSERT_THAT(bus.on("hearth.canary"), SizeIs(1));
  const std::string own = bus.on("hearth.canary")[0].payload;
  EXPECT_EQ(*decode_canary(own), (Canary{Epoch{7}, 1, loop.now().mono}));
  bus.deliver("hearth.canary", encode(Canary{Epoch{6}, 1, loop.now().mono}));
  bus.deliver("hearth.canary", encode(Canary{Epoch{7}, 1, loop.now().mono + 1ns}));
  bus.deliver("hearth.elsewhere", own);
  settle();
  EXPECT_FALSE(shell->manager().bus_carries());
  EXPECT_EQ(counters().payloads_rejected, 0U);
  bus.deliver("hearth.canary", own);
  settle();
  EXPECT_TRUE(shell->manager().bus_carries());
}

TEST_F(ManagerShellTest, TheShellsOwnTimerSendsTheCanary) {
  start();
  EXPECT_TRUE(shell->manager().bus_carries());
  loop.advance(250ms);
  ASSERT_THAT(bus.on("hearth.canary"), SizeIs(2));
  EXPECT_EQ(decode_canary(bus.on("hearth.canary")[1].payload)->seq, 2U);
}

TEST_F(ManagerShellTest, ASilentNodeThatAnswersItsDialIsAskedOverHttp) {
  silence_n1();
  loop.advance(2500ms);
  EXPECT_EQ(state("n1"), NodeState::kUnreachable);
  EXPECT_EQ(http.calls.at(0).server, (Endpoint{"n1.test", 7701}));
  EXPECT_EQ(http.calls[0].target, "/v1/status");
  const auto received = [this] {
    return shell->manager().fleet().node(node("n1")).last_received();
  };
  const std::optional<MonoTime> before = received();
  http.reply = HttpReply{.body = "no JSON"};
  loop.advance(1100ms);
  EXPECT_EQ(received(), before);
  http.reply = HttpReply{
      .body = encode(Heartbeat{.incarnation = {"boot", 1}, .seq = 99, .sent_at = std::nullopt})};
  loop.advance(1100ms);
  EXPECT_GT(received(), before);
}

// Goal: another node's agent at the address of a silent node changes nothing, and leaves no trace:
// once the node's own agent answers, its status counts.
TEST_F(ManagerShellTest, AStatusThatNamesAnotherNodeIsDropped) {
  silence_n1();
  loop.advance(2500ms);
  ASSERT_EQ(state("n1"), NodeState::kUnreachable);
  const auto received = [this] {
    return shell->manager().fleet().node(node("n1")).last_received();
  };
  const std::optional<MonoTime> before = received();
  const int warned = warnings->count;
  http.reply = HttpReply{
      .body = encode(Heartbeat{.incarnation = {"another boot", 9}, .seq = 5, .node = "n2"})};
  loop.advance(3300ms);
  EXPECT_EQ(received(), before);
  EXPECT_GE(counters().statuses_of_others, 2U);
  EXPECT_EQ(warnings->count, warned + 1);
  http.reply =
      HttpReply{.body = encode(Heartbeat{.incarnation = {"boot", 1}, .seq = 99, .node = "n1"})};
  loop.advance(1100ms);
  EXPECT_GT(received(), before);
}

TEST_F(ManagerShellTest, ASilentNodeThatAnswersNoDialIsSwitchedOffAndThenOn) {
  silence_n1();
  dialer.outcome = DialOutcome::kNoAnswer;
  loop.advance(2500ms);
  EXPECT_EQ(state("n1"), NodeState::kDead);
  EXPECT_THAT(power.switched, ElementsAre(std::pair(std::string("n1"), PowerVerb::kOff)));
  power.last_done({});
  settle();
  EXPECT_EQ(power.switched.at(1), std::pair(std::string("n1"), PowerVerb::kOn));
  power.last_done(fail(ErrorCode::kFailed, "the relay is stuck"));
  settle();
  EXPECT_EQ(shell->manager().find_node(node("n1"))->recovery.phase, RecoveryPhase::kWaiting);
}

TEST_F(ManagerShellTest, ARefusedRecordStopsNothingAndTheAssignmentIsSentAgain) {
  start();
  bus.publish_outcome = fail(ErrorCode::kExhausted, "the send queue is full");
  import("n1");
  settle();
  beat("n1");
  EXPECT_EQ(state("n1"), NodeState::kLive);
  const std::uint64_t failures = counters().publish_failures;
  EXPECT_GE(failures, 2U);  // An event, and the assignment.
  const std::vector<BusRecord> lost = bus.on("hearth.node.n1.assignment");
  ASSERT_THAT(lost, SizeIs(1));
  bus.publish_outcome = {};
  for (int second = 0; second < 4; ++second) {
    loop.advance(1s);
    beat("n1");
  }
  EXPECT_EQ(counters().publish_failures, failures);
  const std::vector<BusRecord> sent = bus.on("hearth.node.n1.assignment");
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_EQ(sent[1].payload, lost[0].payload);
}

// Goal: while a commit is in progress, a node that floods its topic costs the others nothing.
TEST_F(ManagerShellTest, ANodeThatFloodsItsTopicCostsOnlyItsOwnHeartbeats) {
  loop.hold_workers();
  start({known("n1", NodeState::kAwaited), known("n2", NodeState::kAwaited)});
  for (std::uint64_t i = 1; i <= 20'003; ++i) {
    tell("n1", {.incarnation = {"boot", 1}, .seq = i, .sent_at = std::nullopt});
  }
  tell("n2", {.incarnation = {"boot", 1}, .seq = 1, .sent_at = std::nullopt});
  settle();
  import("n3");
  loop.release_workers();
  settle();
  EXPECT_EQ(state("n1"), NodeState::kLive);
  EXPECT_EQ(state("n2"), NodeState::kLive);
  EXPECT_THAT(answers, ElementsAre(std::nullopt));
  EXPECT_EQ(counters().inbox_overflows, 0U);
  EXPECT_EQ(counters().heartbeats_superseded, 20'002U);
  EXPECT_EQ(shell->manager().counters().heartbeats, 2U);
}

TEST_F(ManagerShellTest, AFullInboxDropsHeartbeatsAndRefusesCommands) {
  loop.hold_workers();
  start();
  for (std::size_t i = 0; i < config.inbox.events_max + 3; ++i) {
    tell("n" + std::to_string(i), {});
  }
  settle();
  EXPECT_EQ(counters().inbox_overflows, 3U);
  import("n1");
  settle();
  EXPECT_THAT(answers, ElementsAre(is_exhausted));
  loop.release_workers();
  settle();
  import("n2");
  settle();
  EXPECT_THAT(answers, ElementsAre(is_exhausted, std::nullopt));
}

TEST_F(ManagerShellTest, TooManyWaitingCommandsAreRefused) {
  start();
  loop.hold_workers();
  for (int i = 0; i < 257; ++i) import("n1");
  settle();
  EXPECT_THAT(answers, ElementsAre(is_exhausted));
  loop.release_workers();
  settle();
  EXPECT_THAT(answers, SizeIs(257));
  EXPECT_EQ(answers.back(), std::nullopt);
}

TEST_F(ManagerShellTest, EventsAreReadFromAnyNumberAcrossAManagerStart) {
  start();
  for (const char* name : {"n1", "n2", "n3"}) import(name);
  settle();
  const std::uint64_t last = shell->last_event_seq();
  std::vector<std::uint64_t> followed;
  for (std::vector<std::uint64_t> page = seqs_after(7, 2); !page.empty();
       page = seqs_after(followed.back(), 2)) {
    followed.insert(followed.end(), page.begin(), page.end());
  }
  std::vector<std::uint64_t> all(last - 7);
  std::iota(all.begin(), all.end(), 8U);
  EXPECT_EQ(followed, all);
  EXPECT_THAT(bus.on("hearth.events"), SizeIs(last - kOldEvents));
}

TEST_F(ManagerShellTest, RecentEventsAreServedWhileTheStoreIsBusy) {
  start();
  const std::uint64_t last = shell->last_event_seq();
  loop.hold_workers();
  import("n1");
  settle();
  EXPECT_THAT(seqs_after(last - 1, 10), ElementsAre(last));
  EXPECT_THAT(seqs_after(last, 10), IsEmpty());
}

TEST_F(ManagerShellTest, TheStoreHoldsThatTheManagerRunsThoughNothingHappens) {
  start();
  settle();
  const std::size_t before = store.alive.size();
  ASSERT_GT(before, 0U);
  const MonoTime end = loop.now().mono + 5 * ManagerShell::kAlivePeriod;
  run_until([&] { return loop.now().mono >= end; });
  EXPECT_GE(store.alive.size(), before + 4);
  EXPECT_LE(store.alive.size(), before + 6);
}

}  // namespace
}  // namespace hearth
