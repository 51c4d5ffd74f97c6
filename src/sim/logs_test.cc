#include "sim/logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = LogReaderState::Kind;
using Standing = SimLogs::Standing;

class SimLogsTest : public testing::Test {
 protected:
  SimLogsTest() { host.boot(); }

  void follow(std::optional<LogCursor> after = {}) {
    follower = logs.follow(
        {.container = kContainer, .after = after, .ready = [this] { return ready; }},
        {.on_lines =
             [this](const LogBatch& batch) {
               for (const LogLine& line : batch.lines) {
                 lines.push_back((batch.caught_up ? "new " : "old ") + std::string(line.text));
               }
               cursor = batch.cursor;
             },
         .on_gap = [](const LogGap&) { FAIL(); },
         .on_state = [this](const LogReaderState& state) { states.push_back(state.kind); }});
  }
  void run() { world.run_until(world.now() + 1s); }
  void write(std::string_view text, LogStream stream = LogStream::kStdout) {
    logs.write(kContainer, stream, text);
  }
  void change(Standing to) {
    standing = to;
    logs.changed();
    run();
  }

  const ContainerId kContainer{"c1"};
  World world{1, {}};
  SimHost host{world, {}};
  Standing standing = Standing::kRunning;
  SimLogs logs{host, [this](const ContainerId&) { return standing; }};
  std::unique_ptr<LogFollower> follower;
  bool ready = true;
  std::vector<std::string> lines;
  std::vector<Kind> states;
  LogCursor cursor;
};

TEST_F(SimLogsTest, HistoryIsDistinguishedFromNewLines) {
  write("one");
  follow();
  EXPECT_THAT(states, IsEmpty());
  run();
  write("two", LogStream::kStderr);
  run();
  EXPECT_THAT(lines, ElementsAre("old one", "new two"));
  EXPECT_THAT(states, ElementsAre(Kind::kCatchingUp, Kind::kCaughtUp));
}

TEST_F(SimLogsTest, AReaderContinuesAtItsCursor) {
  write("one");
  write("equal stamp");
  follow();
  run();
  follower.reset();
  write("two");
  write("of stderr", LogStream::kStderr);
  follow(cursor);
  run();
  EXPECT_THAT(lines, ElementsAre("old one", "old equal stamp", "old two", "old of stderr"));
}

TEST_F(SimLogsTest, TheReaderKnowsHowTheContainerAndTheEngineAre) {
  follow();
  run();
  change(Standing::kUnreachable);
  write("while blind");
  change(Standing::kRunning);
  change(Standing::kStopped);
  change(Standing::kGone);
  EXPECT_THAT(lines, ElementsAre("old while blind"));
  EXPECT_THAT(states, ElementsAre(Kind::kCatchingUp, Kind::kCaughtUp, Kind::kReconnecting,
                                  Kind::kCatchingUp, Kind::kCaughtUp, Kind::kAtRest, Kind::kGone));
}

TEST_F(SimLogsTest, AFullReaderAndAnEndedOneGetNothing) {
  write("one");
  ready = false;
  follow();
  run();
  EXPECT_THAT(lines, IsEmpty());
  ready = true;
  run();
  EXPECT_THAT(lines, ElementsAre("old one"));
  write("two");
  follower.reset();
  run();
  EXPECT_THAT(lines, ElementsAre("old one"));
}

}  // namespace
}  // namespace hearth::sim
