#include "adapters/docker/log_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/docker/log_follower_fixture.h"
#include "adapters/docker/log_source.h"

namespace hearth::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(LogFollowerTest, HistoryComesFirstAndThenWhatIsNew) {
  log.write_unseen({1, 1, "one\n"});
  log.write_unseen({2, 2, "two\n"});
  follow();
  EXPECT_TRUE(states.empty()) << "nothing is called within the call";
  run_until_followed();
  log.out(3, "three\n");
  run_until_lines(3);
  EXPECT_THAT(history, ElementsAre("o one", "e two"));
  EXPECT_THAT(fresh, ElementsAre("o three"));
  EXPECT_THAT(kinds(), ElementsAre(State::kCatchingUp, State::kCaughtUp));
  EXPECT_EQ(cursor.standard_output, (LogPosition{.stamp = 3, .lines = 1, .latest = 3}));
  EXPECT_EQ(cursor.standard_error, (LogPosition{.stamp = 2, .lines = 1, .latest = 2}));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(LogFollowerTest, AnotherReaderContinuesAtTheCursor) {
  for (int i = 0; i < 5; ++i) log.write_unseen({1, 7, "equal\n"});
  follow();
  run_until_followed();
  follower.reset();
  lines.clear();
  log.write_unseen({1, 7, "equal, too\n"});
  log.write_unseen({2, 7, "of the other stream\n"});
  log.write_unseen({1, 8, "later\n"});
  follow(cursor);
  run_until_lines(3);
  run_until_followed();
  EXPECT_THAT(lines, ElementsAre("o equal, too", "e of the other stream", "o later"));
  EXPECT_THAT(gaps, IsEmpty());
}

// Goal: no restart of the reader, at whatever line, loses or repeats any.
// Method: lines with few stamps; a reader that ends after each batch, and batches of every size.
TEST_F(LogFollowerTest, RestartsAtAnyPointLoseAndRepeatNothing) {
  std::optional<LogCursor> after;
  std::vector<std::string> written;
  for (int i = 0; i < 40; ++i) {
    for (int j = 0; j <= i % 4; ++j) {
      const std::string text = std::to_string(written.size());
      log.write_unseen({static_cast<char>(1 + (i + j) % 2), i / 3, text + "\n"});
      written.push_back(((i + j) % 2 == 0 ? "o " : "e ") + text);
    }
    follow(after);
    run_until_lines(written.size());
    after = cursor;
    follower.reset();
  }
  EXPECT_EQ(lines, written);
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(LogFollowerTest, ABrokenConnectionIsReportedAndMadeAgain) {
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  log.break_off();
  log.write_unseen({1, 2, "two\n"});
  run_until_lines(2);
  run_until_followed();
  log.out(3, "three\n");
  run_until_lines(3);
  EXPECT_THAT(lines, ElementsAre("o one", "o two", "o three"));
  EXPECT_THAT(fresh, ElementsAre("o three")) << "what was written while blind is history";
  EXPECT_THAT(kinds(), ElementsAre(State::kCatchingUp, State::kCaughtUp, State::kReconnecting,
                                   State::kCatchingUp, State::kCaughtUp));
  EXPECT_THAT(states.at(2).reason, HasSubstr("closed the connection"));
}

TEST_F(LogFollowerTest, ARestartedEngineIsFoundAgain) {
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  log.followed = false;
  engine.stop();
  run_until([&] { return reached(State::kReconnecting); });
  log.write_unseen({1, 2, "two\n"});
  engine.start();
  run_until_followed();
  EXPECT_THAT(lines, ElementsAre("o one", "o two"));
}

TEST_F(LogFollowerTest, AFrameThatIsNoneBreaksTheConnection) {
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  log.followed = false;
  engine.send(ScriptedLog::kLogs, chunk("not a frame at all"));
  run_until_followed();
  EXPECT_THAT(kinds(), testing::Contains(State::kReconnecting));
  EXPECT_THAT(lines, ElementsAre("o one"));
}

// The engine can end a followed log at a change of files, without a word.
TEST_F(LogFollowerTest, ALogThatEndsThoughItsContainerRunsIsFollowedAgain) {
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  log.end_regularly();
  log.write_unseen({1, 2, "two\n"});
  run_until_lines(2);
  run_until_followed();
  EXPECT_THAT(lines, ElementsAre("o one", "o two"));
  EXPECT_THAT(fresh, ElementsAre("o two"));
  EXPECT_THAT(kinds(), ElementsAre(State::kCatchingUp, State::kCaughtUp));
}

TEST_F(LogFollowerTest, ALogThatAlwaysEndsIsReported) {
  log.write_unseen({1, 1, "one\n"});
  follow();
  int ends = 0;
  run_until([&] {
    if (log.followed) {
      log.end_regularly();
      ++ends;
    }
    return reached(State::kReconnecting);
  });
  EXPECT_GE(ends, 4);
  EXPECT_THAT(states.back().reason, HasSubstr("though its container runs"));
  run_until_followed();
  EXPECT_THAT(lines, ElementsAre("o one"));
}

// The engine can stop sending, with the connection open.
TEST_F(LogFollowerTest, AQuietLogIsLookedAtOnceInAWhile) {
  DockerConfig changed = config();
  changed.timeouts.log_quiet = 30ms;
  recreate(changed);
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  log.silent = true;
  log.out(2, "two\n");
  run_until_lines(2);
  EXPECT_THAT(lines, ElementsAre("o one", "o two"));
  const int snapshots = log.snapshots;
  run_until([&] { return log.snapshots > snapshots + 2; });
  EXPECT_THAT(lines, SizeIs(2));
  EXPECT_THAT(kinds(), ElementsAre(State::kCatchingUp, State::kCaughtUp)) << "nothing is wrong";
  EXPECT_EQ(log.tails.back(), "64") << "only the end is asked for";
}

TEST_F(LogFollowerTest, AClockThatIsSetBackLosesAndRepeatsNothing) {
  log.write_unseen({1, 1'000, "before\n"});
  follow();
  run_until_followed();
  log.out(500, "set back\n");
  log.err(501, "other stream\n");
  run_until_lines(3);
  log.break_off();
  log.write_unseen({1, 510, "while blind\n"});
  run_until_lines(4);
  run_until_followed();
  log.out(520, "live\n");
  log.out(1'001, "the clock has caught up\n");
  run_until_lines(6);
  EXPECT_THAT(lines, ElementsAre("o before", "o set back", "e other stream", "o while blind",
                                 "o live", "o the clock has caught up"));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(LogFollowerTest, LinesDiscardedBeforeTheyWereReadAreAGap) {
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  follower.reset();
  for (int i = 2; i < 10; ++i) log.write_unseen({1, i, std::to_string(i) + "\n"});
  log.rotate(5);
  follow(cursor);
  run_until_lines(5);
  run_until_followed();
  EXPECT_THAT(lines, ElementsAre("o one", "o 6", "o 7", "o 8", "o 9"));
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause, LogGap::Cause::kRotated);
  EXPECT_EQ(gaps[0].from, 1);
  EXPECT_EQ(gaps[0].to, 6);
  EXPECT_EQ(gaps[0].lines, std::nullopt);
}

// Goal: a first line that need not be the first is said to be one.
// Method: logs just below and at the size at which the engine begins to discard files.
TEST_F(LogFollowerTest, ALogThatCanHaveLostItsStartSaysSo) {
  log.log_options = R"({"max-size":"1k","max-file":"2"})";
  const std::size_t frame = 8 + std::string("1970-01-01T00:00:00.000000001Z ").size();
  const std::size_t whole = 1024 - 1024 / 16;
  log.write_unseen({1, 5, std::string(whole - frame - kJsonLineExtraBytes - 2, 'x') + "\n"});
  follow();
  run_until([&] { return reached(State::kCaughtUp); });
  EXPECT_THAT(gaps, IsEmpty());
  follower.reset();
  log.pieces[0].text.insert(0, "x");
  follow();
  run_until([&] { return states.size() > 2 && reached(State::kCaughtUp); });
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].from, std::nullopt);
  EXPECT_EQ(gaps[0].to, 5);
}

// Goal: a gap is claimed only if the whole log was looked through.
TEST_F(LogFollowerTest, AManyTimesLongerLogIsSearchedForTheLastLine) {
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  follower.reset();
  for (int i = 2; i <= 20'000; ++i) log.write_unseen({1, i, "x\n"});
  follow(cursor);
  run_until_lines(20'000);
  EXPECT_THAT(lines, SizeIs(20'000));
  EXPECT_THAT(gaps, IsEmpty());
  EXPECT_THAT(log.tails, testing::IsSupersetOf({"1024", "16384", "262144"}));
}

TEST_F(LogFollowerTest, ADamagedFileIsAGapAndReadingGoesOn) {
  for (int i = 1; i <= 50; ++i) log.write_unseen({1, i, std::to_string(i) + "\n"});
  log.damaged = 20;
  follow();
  run_until_lines(20 + 29);
  run_until_followed();
  log.out(51, "51\n");
  run_until_lines(50);
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause, LogGap::Cause::kDamaged);
  EXPECT_EQ(gaps[0].from, 20);
  EXPECT_EQ(gaps[0].to, 22);
  EXPECT_EQ(lines.at(19), "o 20");
  EXPECT_EQ(lines.at(20), "o 22");
  EXPECT_EQ(lines.back(), "o 51");
  EXPECT_THAT(lines, SizeIs(50));
}

TEST_F(LogFollowerTest, DamageAtTheVeryEndHidesNothingNew) {
  for (int i = 1; i <= 5; ++i) log.write_unseen({1, i, std::to_string(i) + "\n"});
  log.damaged = 4;
  follow();
  run_until_lines(4);
  run_until_followed();
  log.out(6, "6\n");
  log.out(7, "7\n");
  run_until_lines(6);
  EXPECT_THAT(lines, ElementsAre("o 1", "o 2", "o 3", "o 4", "o 6", "o 7"));
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause, LogGap::Cause::kDamaged);
  EXPECT_EQ(gaps[0].from, 4);
  EXPECT_EQ(gaps[0].to, 6);
  log.break_off();
  log.write_unseen({1, 8, "8\n"});
  run_until_lines(7);
  EXPECT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(lines.back(), "o 8");
}

TEST_F(LogFollowerTest, DamageBeforeWhatWasReadIsNotNoticed) {
  for (int i = 1; i <= 2000; ++i) log.write_unseen({1, i, "x\n"});
  follow(LogCursor{.standard_output = {.stamp = 1990, .lines = 1, .latest = 1990}});
  log.damaged = 20;
  run_until_lines(10);
  run_until_followed();
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(LogFollowerTest, ADriverThatCannotBeReadIsReportedAndRetried) {
  log.refusal = answer(501, R"({"message":"configured logging driver does not support reading"})");
  follow();
  run_until([&] { return reached(State::kUnreadable); });
  EXPECT_THAT(states.back().reason,
              HasSubstr("configured logging driver does not support reading"));
  const std::size_t asked = engine.count(ScriptedLog::kLogs);
  run_until([&] { return engine.count(ScriptedLog::kLogs) > asked; });
  log.refusal.clear();
  log.write_unseen({1, 1, "one\n"});
  run_until_lines(1);
  EXPECT_THAT(kinds(), testing::Contains(State::kUnreadable));
}

TEST_F(LogFollowerTest, ARefusalForAnotherReasonIsRetriedSoon) {
  log.refusal = answer(500, R"({"message":"cannot open the file"})");
  follow();
  run_until([&] { return reached(State::kReconnecting); });
  EXPECT_THAT(states.back().reason, HasSubstr("cannot open the file"));
  log.refusal.clear();
  run_until_followed();
}

TEST_F(LogFollowerTest, ARemovedContainerEndsTheReading) {
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  log.gone = true;
  log.end_regularly();
  run_until([&] { return reached(State::kGone); });
  EXPECT_THAT(kinds(), ElementsAre(State::kCatchingUp, State::kCaughtUp, State::kGone));
  const std::size_t asked = engine.requests().size();
  loop.restart();
  loop.run_for(200ms);
  EXPECT_EQ(engine.requests().size(), asked) << "it is over";
}

TEST_F(LogFollowerTest, AContainerThatEndsLeavesItsLastWordsAndCanStartAgain) {
  follow();
  run_until_followed();
  log.out(1, "killed within a li");
  log.running = false;
  log.run = "1 ended";
  log.end_regularly();
  run_until([&] { return reached(State::kAtRest); });
  EXPECT_THAT(lines, ElementsAre("o killed within a li"));
  const int snapshots = log.snapshots;
  const std::size_t inspections = engine.count(ScriptedLog::kInspect);
  run_until([&] { return engine.count(ScriptedLog::kInspect) > inspections + 2; });
  EXPECT_EQ(log.snapshots, snapshots) << "its log cannot have grown";
  log.running = true;
  log.run = "2";
  log.out(2, "second run\n");
  run_until_followed();
  EXPECT_THAT(lines, ElementsAre("o killed within a li", "o second run"));
  EXPECT_THAT(kinds(), ElementsAre(State::kCatchingUp, State::kCaughtUp, State::kAtRest,
                                   State::kCatchingUp, State::kCaughtUp));
}

TEST_F(LogFollowerTest, AReaderThatIsFullReadsNothing) {
  log.write_unseen({1, 1, "one\n"});
  bool ready = false;
  int asked = 0;
  follower = runtime->follow_log({.container = kContainer,
                                  .ready =
                                      [&] {
                                        ++asked;
                                        return ready;
                                      }},
                                 handlers());
  run_until([&] { return asked > 5; });
  EXPECT_THAT(lines, IsEmpty());
  ready = true;
  run_until_lines(1);
}

// Goal: what an engine leaves out while its reader was full is read all the same.
TEST_F(LogFollowerTest, AReaderThatWasFullForLongIsUnsure) {
  log.log_options = R"({"max-size":"10m"})";
  bool ready = true;
  int refused = 0;
  follower = runtime->follow_log({.container = kContainer,
                                  .ready =
                                      [&] {
                                        if (!ready) ++refused;
                                        return ready;
                                      }},
                                 handlers());
  run_until_followed();
  ready = false;
  log.out(1, "one\n");
  run_until([&] { return refused > 15; });  // Asked every 10 ms.
  log.write_unseen({1, 2, "left out by the engine\n"});
  log.out(3, "three\n");
  ready = true;
  run_until_lines(3);
  EXPECT_THAT(lines, ElementsAre("o one", "o left out by the engine", "o three"));
}

// Goal: an attempt that fails again and again at the same place does not stop the reading for good.
// Method: the engine hangs up within the file, each time, without saying why.
TEST_F(LogFollowerTest, AnEngineThatAlwaysBreaksOffAtOnePlaceIsReadPastIt) {
  for (int i = 1; i <= 9; ++i) log.write_unseen({1, i, std::to_string(i) + "\n"});
  log.damaged = 4;
  log.damage_is_silent = true;
  follow();
  run_until_lines(8);
  EXPECT_THAT(lines, ElementsAre("o 1", "o 2", "o 3", "o 4", "o 6", "o 7", "o 8", "o 9"));
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause, LogGap::Cause::kDamaged);
}

TEST_F(LogFollowerTest, AHandlerMayEndTheReading) {
  for (int i = 0; i < 10; ++i) log.write_unseen({1, i, "x\n"});
  on_batch = [&] { follower.reset(); };
  follow();
  run_until([&] { return follower == nullptr; });
  loop.restart();
  loop.run_for(50ms);
  EXPECT_EQ(batches, 1);
  EXPECT_THAT(states, SizeIs(1));
}

TEST_F(LogFollowerTest, TheRuntimeMayEndBeforeAReadingHasBegun) {
  follow();
  follower.reset();
  runtime.reset();
}

TEST_F(LogFollowerTest, ATerminalHasLinesToo) {
  log.terminal = true;
  log.write_unseen({1, 1, "one\r\n"});
  follow();
  run_until_followed();
  log.out(2, "two\r\n");
  run_until_lines(2);
  EXPECT_THAT(lines, ElementsAre("o one", "o two"));
}

TEST_F(LogFollowerTest, ALongLineIsTruncatedAndTheReaderGoesOn) {
  follow();
  run_until_followed();
  const std::string piece(16'384, 'x');
  for (int i = 0; i < 5; ++i) log.write_unseen({1, 1, piece});
  log.write_unseen({1, 1, "end\n"});
  log.write_unseen({1, 2, "next\n"});
  log.break_off();
  run_until_lines(2);
  run_until_followed();
  EXPECT_THAT(lines, ElementsAre("o " + std::string(kLogLineBytesMax, 'x') + "…", "o next"));
}

// Goal: what an engine repeats after a change of files is read once.
// Method: the engine sends the last file again from its start, as Docker 20.10 does.
TEST_F(LogFollowerTest, LinesThatTheEngineRepeatsAreReadOnce) {
  log.log_options = R"({"max-size":"10m"})";
  follow();
  run_until_followed();
  log.out(1, "one\n");
  log.out(2, "two\n");
  run_until_lines(2);
  const int snapshots = log.snapshots;
  log.send_again({1, 2, "two\n"});
  run_until([&] { return log.snapshots > snapshots; });
  run_until_followed();
  log.out(3, "three\n");
  run_until_lines(3);
  EXPECT_THAT(lines, ElementsAre("o one", "o two", "o three"));
  EXPECT_THAT(kinds(), ElementsAre(State::kCatchingUp, State::kCaughtUp));
}

// Goal: with small files, what the followed log leaves out is read all the same.
TEST_F(LogFollowerTest, SmallFilesAreReadInSnapshots) {
  log.log_options = R"({"max-size":"10k","max-file":"2"})";
  log.write_unseen({1, 1, "one\n"});
  follow();
  run_until_followed();
  log.write_unseen({1, 2, "left out by the engine\n"});
  log.out(3, "three\n");
  run_until_lines(3);
  EXPECT_THAT(lines, ElementsAre("o one", "o left out by the engine", "o three"));
  EXPECT_THAT(fresh, SizeIs(2));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(LogFollowerTest, ALogThatIsWrittenFastIsReadInSnapshots) {
  log.log_options = R"({"max-size":"1m"})";
  follow();
  run_until_followed();
  const std::string text(60'000, 'x');
  for (int i = 1; i <= 4; ++i) {
    log.out(i, text + "\n");
    run_until_lines(static_cast<std::size_t>(i));
  }
  log.write_unseen({1, 5, "left out by the engine\n"});
  log.out(6, text + "\n");
  run_until_lines(6);
  EXPECT_EQ(lines.at(4), "o left out by the engine");
}

// Goal: a log that never pauses delays nobody. Method: one has 8 MB to send at once.
TEST_F(LogFollowerTest, AFullLogDoesNotDelayOthers) {
  const std::string other_id(64, 'a');
  const std::string other_logs = "/containers/" + other_id + "/logs";
  engine.on("/containers/" + other_id + "/json", {answer(200, R"({"State":{"Running":true}})")});
  engine.on(other_logs, {chunked_head(), FakeEngine::Then::kHold});
  engine.on_request(other_logs, [](const FakeEngine::Request& request) -> FakeEngine::Reply {
    if (request.path.find("follow=1") == std::string::npos) return {chunks({})};
    return {chunked_head(), FakeEngine::Then::kHold};
  });
  bool seen_other = false;
  ContainerRuntime::LogHandlers others = handlers();
  others.on_lines = [&](const LogBatch&) { seen_other = true; };
  others.on_state = [](const LogReaderState&) {};
  const auto other = runtime->follow_log({.container = ContainerId{other_id}}, others);
  run_until([&] { return engine.holds(other_logs); });

  constexpr std::size_t kCount = 40'000;
  std::size_t full_when_other_came = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    log.write_unseen({1, static_cast<std::int64_t>(i), std::string(150, 'x') + "\n"});
  }
  std::size_t largest = 0;
  std::size_t before = 0;
  on_batch = [&] {
    largest = std::max(largest, lines.size() - before);
    before = lines.size();
    if (batches == 3) engine.send(other_logs, chunk(log_frame(1, 1, "bad\n")));
    if (seen_other && full_when_other_came == 0) full_when_other_came = lines.size();
  };
  follow();
  run_until_lines(kCount);
  EXPECT_GT(full_when_other_came, 0U);
  EXPECT_LT(full_when_other_came, kCount / 4);
  EXPECT_LE(largest, 1000U) << "a turn reads at most 64 KiB";
}

TEST_F(LogFollowerTest, TooManyFollowedLogsAreReported) {
  engine.stop();
  std::size_t reconnecting = 0;
  std::string refused;
  ContainerRuntime::LogHandlers counting = handlers();
  counting.on_state = [&](const LogReaderState& state) {
    if (state.kind == State::kReconnecting) ++reconnecting;
    if (state.kind == State::kUnreadable) refused = state.reason;
  };
  std::vector<std::unique_ptr<LogFollower>> followers;
  for (std::size_t i = 0; i < LogFollowing::kFollowedMax + 1; ++i) {
    followers.push_back(runtime->follow_log({.container = kContainer}, counting));
  }
  run_until([&] { return reconnecting == LogFollowing::kFollowedMax && !refused.empty(); });
  EXPECT_THAT(refused, HasSubstr("512 logs are followed already"));
  followers.erase(followers.begin());
  run_until([&] { return reconnecting == LogFollowing::kFollowedMax + 1; });
}

}  // namespace
}  // namespace hearth::docker
