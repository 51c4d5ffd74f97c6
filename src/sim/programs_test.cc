// Goal: what a program does can be relied on by a scenario. Method: each illness and each hand, and
// what the engine, the log and the checks show of it.

#include "sim/programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/engine.h"

namespace hearth::sim {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::Pair;
using Kind = ContainerNotice::Kind;

class SimProgramsTest : public testing::Test {
 protected:
  SimProgramsTest() {
    host.boot();
    engine.boot();
    engine.watch({.on_notice = [this](const ContainerNotice& one) { notices.push_back(one.kind); },
                  .on_watching = [] {},
                  .on_lost = [](const Error&) {}});
    pass(3s);
    engine.load("app:1", *Digest::parse("sha256:" + std::string(64, 'a')), [](const auto&) {});
    pass(1s);
  }
  void pass(Duration duration) { world.run_until(world.now() + duration); }

  void start(std::map<std::string, std::string> environment) {
    ContainerRequest request{.instance = {"app-1"},
                             .workload = *WorkloadName::parse("app"),
                             .generation = {1},
                             .image = "app:1",
                             .spec = {.environment = std::move(environment)}};
    engine.create(request, [this](const Result<ContainerId>& made) { container = *made; });
    pass(1s);
    follower = engine.follow_log(
        {.container = container},
        {.on_lines =
             [this](const LogBatch& batch) {
               for (const LogLine& line : batch.lines) lines.emplace_back(line.text);
             },
         .on_gap = [this](const LogGap& gap) { skipped += gap.lines.value_or(0); },
         .on_state = [this](const LogReaderState& state) { reading = state.kind; }});
    engine.start(container, [](const auto&) {});
    pass(1s);
  }
  void start_service() { start({{SimPrograms::kProgramKey, SimPrograms::kService}}); }
  ContainerDetails details() {
    ContainerDetails found;
    engine.inspect(container, [&](const Result<ContainerDetails>& answer) { found = *answer; });
    pass(1s);
    return found;
  }
  std::uint64_t memory() {
    std::uint64_t bytes = 0;
    engine.usage(container, [&](const Result<ContainerUsage>& answer) {
      bytes = answer->memory_bytes.value_or(0);
    });
    pass(1s);
    return bytes;
  }
  std::vector<std::string> lines_within(Duration duration) {
    lines.clear();
    pass(duration);
    return lines;
  }

  World world{1, {}};
  SimHost host{world, {}};
  ContentStore content;
  SimEngine engine{host, "node1", content};
  ContainerId container;
  std::unique_ptr<LogFollower> follower;
  std::vector<Kind> notices;
  std::vector<std::string> lines;
  std::uint64_t skipped = 0;
  std::optional<LogReaderState::Kind> reading;
};

TEST_F(SimProgramsTest, AServiceSaysThatItIsReadyAndThenBeats) {
  start_service();
  pass(20s);
  ASSERT_GT(lines.size(), 10U);
  EXPECT_EQ(lines[0], SimPrograms::kReadyLine);
  EXPECT_EQ(lines[1], SimPrograms::kBeat);
  EXPECT_EQ(engine.answer(container, details().address), ProbeOutcome::kSucceeded);
  EXPECT_FALSE(engine.is_at_fault(container));
}

TEST_F(SimProgramsTest, WhatHasNoProgramOnlyRuns) {
  start({});
  pass(20s);
  EXPECT_THAT(lines, IsEmpty());
  EXPECT_EQ(memory(), 0U);
  EXPECT_EQ(engine.answer(container, details().address), ProbeOutcome::kSucceeded);
}

TEST_F(SimProgramsTest, AnIllProgramShowsItUntilItIsCured) {
  start_service();
  const std::string address = details().address;
  engine.sicken(container, Illness::kErrs);
  EXPECT_THAT(lines_within(20s), Contains(std::string(SimPrograms::kBadLine)));
  engine.sicken(container, Illness::kSilent);
  EXPECT_THAT(lines_within(20s), IsEmpty());
  EXPECT_EQ(engine.answer(container, address), ProbeOutcome::kSucceeded);
  engine.sicken(container, Illness::kRefuses);
  EXPECT_EQ(engine.answer(container, address), ProbeOutcome::kFailed);
  engine.sicken(container, Illness::kHangs);
  EXPECT_EQ(engine.answer(container, address), ProbeOutcome::kTimedOut);
  EXPECT_THAT(lines_within(20s), IsEmpty());
  engine.cure_all();
  EXPECT_THAT(lines_within(20s), Contains(std::string(SimPrograms::kBeat)));
  EXPECT_EQ(engine.answer(container, address), ProbeOutcome::kSucceeded);
  EXPECT_TRUE(engine.is_at_fault(container)) << "it has given cause";
}

TEST_F(SimProgramsTest, TheHealthcheckOfAnImageSaysWhatItsProgramAnswers) {
  start({{SimPrograms::kProgramKey, SimPrograms::kService}, {SimPrograms::kHealthcheckKey, "yes"}});
  EXPECT_EQ(details().health, ImageHealth::kStarting);
  pass(5s);
  EXPECT_EQ(details().health, ImageHealth::kHealthy);
  engine.sicken(container, Illness::kUnhealthy);
  pass(5s);
  EXPECT_EQ(details().health, ImageHealth::kUnhealthy);
  EXPECT_EQ(engine.answer(container, details().address), ProbeOutcome::kSucceeded);
  EXPECT_EQ(std::ranges::count(notices, Kind::kHealth), 2);
}

TEST_F(SimProgramsTest, AJobEndsWellAfterAWhile) {
  start({{SimPrograms::kProgramKey, SimPrograms::kJob}});
  pass(10s);
  EXPECT_EQ(engine.containers().at(container).exit->code, 0);
  EXPECT_THAT(notices, ElementsAre(Kind::kStarted, Kind::kExited));
}

TEST_F(SimProgramsTest, MemoryIsFlatGrowsOrIsASawTooth) {
  const auto course_of = [this](const char* course) {
    start({{SimPrograms::kProgramKey, SimPrograms::kService}, {SimPrograms::kMemoryKey, course}});
    std::vector<std::uint64_t> course_mib;
    for (int i = 0; i < 4; ++i) {
      course_mib.push_back(memory() >> 20);
      pass(29s);
    }
    return course_mib;
  };
  const std::vector<std::uint64_t> flat = course_of("plateau");
  EXPECT_EQ(flat.front(), flat.back());
  const std::vector<std::uint64_t> leak = course_of(SimPrograms::kLeak);
  EXPECT_GE(leak.back(), leak.front() + 89);
  EXPECT_TRUE(std::ranges::is_sorted(leak));
  const std::vector<std::uint64_t> tooth = course_of(SimPrograms::kSawTooth);
  EXPECT_GT(tooth[1], tooth[0]);
  EXPECT_LT(tooth[2], tooth[1]);
  EXPECT_EQ(tooth[2], tooth[0]);
}

TEST_F(SimProgramsTest, APausedProgramDoesNothingAndGoesOnAfterwards) {
  start_service();
  const std::string address = details().address;
  engine.pause(container);
  EXPECT_TRUE(details().paused);
  EXPECT_EQ(engine.answer(container, address), ProbeOutcome::kTimedOut);
  EXPECT_THAT(lines_within(20s), IsEmpty());
  engine.unpause(container);
  EXPECT_THAT(lines_within(20s), Contains(std::string(SimPrograms::kBeat)));
  EXPECT_THAT(notices, ElementsAre(Kind::kStarted, Kind::kPaused, Kind::kUnpaused));
}

TEST_F(SimProgramsTest, EachHandIsNoticedAndLeavesItsMark) {
  start_service();
  const std::string address = details().address;
  EXPECT_FALSE(engine.is_at_fault(container));
  engine.rename(container);
  EXPECT_TRUE(engine.is_at_fault(container));
  engine.restart_by_hand(container, 100ms);
  pass(1s);
  EXPECT_NE(details().address, address);
  EXPECT_EQ(engine.answer(container, address), ProbeOutcome::kTimedOut) << "nobody has it any more";
  engine.stop_by_hand(container);
  engine.start_by_hand(container);
  pass(1s);
  EXPECT_EQ(engine.running({"app-1"}), 1U);
  engine.remove_by_hand(container);
  pass(1s);
  EXPECT_THAT(engine.containers(), IsEmpty());
  EXPECT_THAT(notices, ElementsAre(Kind::kStarted, Kind::kRenamed, Kind::kExited, Kind::kStarted,
                                   Kind::kRestarted, Kind::kExited, Kind::kStarted, Kind::kExited,
                                   Kind::kRemoved));
  EXPECT_TRUE(engine.is_at_fault(container)) << "that outlasts it";
}

TEST_F(SimProgramsTest, ALogThatIsRotatedUnreadHasAGap) {
  start_service();
  engine.hang();
  pass(20s);
  engine.rotate_log(container);
  engine.go_on();
  pass(1s);
  EXPECT_GT(skipped, 10U);
  EXPECT_EQ(reading, LogReaderState::Kind::kCaughtUp);
}

TEST_F(SimProgramsTest, ALogThatCannotBeReadSaysSoUntilItCan) {
  start_service();
  engine.set_logs_readable(false);
  pass(5s);
  EXPECT_EQ(reading, LogReaderState::Kind::kUnreadable);
  engine.set_logs_readable(true);
  pass(1s);
  EXPECT_EQ(reading, LogReaderState::Kind::kCaughtUp);
  EXPECT_EQ(skipped, 0U);
}

TEST_F(SimProgramsTest, ABrokenWorkloadCrashesSoonAfterEachStart) {
  start_service();
  const WorkloadName app = *WorkloadName::parse("app");
  engine.break_workload(app);
  for (int start = 0; start < 3; ++start) {
    pass(2s);
    ASSERT_EQ(engine.containers().at(container).state, ContainerState::kExited) << start;
    engine.start(container, [](const Result<void>&) {});
    pass(200ms);
  }
  EXPECT_TRUE(engine.is_at_fault(container));
  engine.mend_workload(app);
  pass(10s);
  EXPECT_EQ(engine.containers().at(container).state, ContainerState::kRunning);
}

// Containers made by hand. ------------------------------------------------------------------------

class HandMadeTest : public SimProgramsTest {
 protected:
  void adopt(const char* instance) {
    engine.adopt({.instance = {instance},
                  .workload = *WorkloadName::parse("pg"),
                  .generation = {1},
                  .name = "postgres"},
                 [this](const Result<Container>& done) {
                   adopted = done ? std::optional(*done) : std::nullopt;
                 });
    pass(1s);
  }
  void let_go(const char* instance) {
    engine.let_go({instance}, [](const Result<void>&) {});
    pass(1s);
  }
  std::size_t listed() {
    std::size_t count = 0;
    engine.take_inventory(
        [&](const Result<Inventory>& inventory) { count = inventory->containers.size(); });
    pass(1s);
    return count;
  }

  const SimEngine::HandMade as_made{.mounts = "the data of postgres", .restarts_itself = true};
  std::optional<Container> adopted;
};

TEST_F(HandMadeTest, AFreshContainerHasWhatTheAdoptedOneHadAndIsLetGoAsThatWas) {
  const ContainerId first = engine.run_by_hand("postgres");
  EXPECT_TRUE(engine.is_foreign(first));
  adopt("pg-1");
  ASSERT_EQ(adopted->id, first);
  EXPECT_FALSE(engine.is_foreign(first));
  EXPECT_FALSE(engine.hand_made(first)->restarts_itself) << "Hearth does";
  engine.crash(first);
  engine.recreate({"pg-1"}, 1, [this](const Result<Container>& done) { adopted = *done; });
  pass(1s);
  ASSERT_NE(adopted->id, first);
  EXPECT_EQ(engine.hand_made(first), nullptr) << "it is gone";
  let_go("pg-1");
  EXPECT_EQ(*engine.hand_made(adopted->id), as_made);
  EXPECT_TRUE(engine.is_foreign(adopted->id));
  EXPECT_FALSE(engine.remembers_adoptions());
}

TEST_F(HandMadeTest, AnotherInstanceOfTheWorkloadTakesOverWhatOneHasAdopted) {
  const ContainerId first = engine.run_by_hand("postgres");
  adopt("pg-1");
  adopt("pg-2");
  ASSERT_TRUE(adopted);
  EXPECT_EQ(adopted->id, first);
  EXPECT_EQ(adopted->instance, InstanceId{"pg-2"});
  let_go("pg-1");
  EXPECT_FALSE(engine.is_foreign(first)) << "it serves another instance";
  let_go("pg-2");
  EXPECT_EQ(*engine.hand_made(first), as_made);
}

TEST_F(HandMadeTest, OneThatSomebodyReplacesIsGoneAndThenFoundByItsName) {
  const ContainerId first = engine.run_by_hand("postgres");
  adopt("pg-1");
  engine.replace_by_hand(first, 5s);
  adopt("pg-1");
  EXPECT_FALSE(adopted);
  pass(5s);
  adopt("pg-1");
  ASSERT_TRUE(adopted);
  EXPECT_NE(adopted->id, first);
  EXPECT_EQ(engine.hand_made(adopted->id)->mounts, as_made.mounts);
}

TEST_F(HandMadeTest, OneOfACommittedImageIsAStranger) {
  start_service();
  notices.clear();
  engine.run_commit_by_hand(container);
  pass(1s);
  const Container& stranger = engine.made_by_hand().at("commit-1");
  EXPECT_EQ(stranger.state, ContainerState::kRunning);
  EXPECT_EQ(stranger.instance, engine.containers().at(container).instance) << "by its label";
  EXPECT_TRUE(engine.is_foreign(stranger.id));
  EXPECT_EQ(listed(), 1U);
  EXPECT_THAT(notices, IsEmpty());
}

TEST_F(HandMadeTest, TheEngineStartsItAgainUnlessItIsAdopted) {
  const ContainerId first = engine.run_by_hand("postgres");
  engine.restart(1s);
  pass(2s);
  EXPECT_EQ(engine.made_by_hand().at("postgres").state, ContainerState::kRunning);
  adopt("pg-1");
  engine.restart(1s);
  pass(2s);
  EXPECT_EQ(engine.containers().at(first).state, ContainerState::kExited);
}

}  // namespace
}  // namespace hearth::sim
