#include "adapters/docker/plain_log.h"

#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/docker/docker_runtime_fixture.h"

namespace hearth::docker {
namespace {

using testing::HasSubstr;
using Then = FakeEngine::Then;

const std::string kLogs = "/containers/" + std::string(kId) + "/logs";

class PlainLogTest : public DockerRuntimeTest {};

TEST_F(PlainLogTest, LogsComeWithoutTheirFrames) {
  using namespace std::string_literals;
  engine.on(kLogs, {chunks({"\1\0\0\0\0\0\0\4on"s, "e\n\2\0\0\0\0\0\0\4two\n"s})});
  std::string log;
  const auto read = [&] {
    return wait_for<void>([&](const auto& done) {
      runtime->logs(
          {.container = kContainer, .tail_lines = 7},
          [&](std::string_view text) {
            log += text;
            return true;
          },
          done);
    });
  };
  EXPECT_TRUE(read());
  EXPECT_EQ(log, "one\ntwo\n");
  EXPECT_THAT(engine.requests().back().path, HasSubstr("follow=0&tail=7"));
  engine.on(kLogs, {chunks({"\1\0\0\0\0\0\0\4on"s})});
  EXPECT_EQ(read().error().code, ErrorCode::kCorrupt);
}

// Goal: an adopted container may have a terminal, whose log has no frames. Method: its bytes come
// in pieces that end anywhere.
TEST_F(PlainLogTest, ALogOfATerminalIsReadAsItIs) {
  using namespace std::string_literals;
  for (const auto& [pieces, expected] :
       {std::pair{std::vector{"one\r\ntwo\r\n"s}, "one\ntwo\n"s},
        std::pair{std::vector{"o"s, "ne\r"s, "\n"s, "50 %\rdone\r\n"s}, "one\n50 %\rdone\n"s},
        std::pair{std::vector{"\1"s, "\0x"s, "\r\n"s}, "\1\0x\n"s}}) {
    engine.on(kLogs, {chunks(pieces)});
    std::string log;
    const auto read = wait_for<void>([&](const auto& done) {
      runtime->logs(
          {.container = kContainer},
          [&](std::string_view text) {
            log += text;
            return true;
          },
          done);
    });
    EXPECT_TRUE(read);
    EXPECT_EQ(log, expected);
  }
}

TEST_F(PlainLogTest, ALogCanBeginAtATimeAndCarryTimes) {
  engine.on(kLogs, {chunks({})});
  const auto read = wait_for<void>([&](const auto& done) {
    runtime->logs(
        {.container = kContainer,
         .since = WallTime(std::chrono::milliseconds(1'772'355'600'050)),
         .timestamps = true},
        [](std::string_view) { return true; }, done);
  });
  EXPECT_TRUE(read);
  EXPECT_THAT(engine.requests().back().path,
              HasSubstr("follow=0&tail=all&timestamps=1&since=1772355600.050000000"));
}

TEST_F(PlainLogTest, AQuietLogAsksItsSinkWhetherToGoOn) {
  using namespace std::string_literals;
  DockerConfig changed = config();
  changed.timeouts.log_check = 20ms;
  recreate(changed);
  engine.on(kLogs, {chunked_head(), Then::kHold});
  std::string log;
  int asked = 0;
  const auto read = wait_for<void>([&](const auto& done) {
    runtime->logs(
        {.container = kContainer, .follow = true},
        [&](std::string_view text) {
          log += text;
          if (!text.empty()) return true;
          if (++asked == 2) engine.send(kLogs, chunk("\1\0\0\0\0\0\0\4one\n"s));
          return asked < 4;
        },
        done);
  });
  EXPECT_TRUE(read);
  EXPECT_EQ(log, "one\n");
  EXPECT_EQ(asked, 4);
}

TEST_F(PlainLogTest, ALogPausesWhileItsReaderIsFull) {
  using namespace std::string_literals;
  engine.on(kLogs, {chunks({"\1\0\0\0\0\0\0\4one\n"s})});
  int asked = 0;
  std::string log;
  const auto read = wait_for<void>([&](const auto& done) {
    runtime->logs(
        {.container = kContainer, .ready = [&] { return ++asked > 3; }},
        [&](std::string_view text) {
          EXPECT_TRUE(text.empty() || asked > 3);
          log += text;
          return true;
        },
        done);
  });
  EXPECT_TRUE(read);
  EXPECT_EQ(log, "one\n");
}

}  // namespace
}  // namespace hearth::docker
