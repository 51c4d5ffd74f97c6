// Following logs on a real engine: the one in DOCKER_HOST, else the machine's. Without one these
// tests fail; ./dev test docker starts one.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>

#include "adapters/docker/container_codec.h"
#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_client.h"
#include "adapters/docker/engine_codec.h"
#include "testing/disk/temporary_directory.h"

namespace hearth::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;
using State = LogReaderState::Kind;

std::filesystem::path engine_socket() {
  constexpr std::string_view kScheme = "unix://";
  const char* host = std::getenv("DOCKER_HOST");
  const std::string_view text = host == nullptr ? "" : host;
  return text.starts_with(kScheme) ? std::string(text.substr(kScheme.size()))
                                   : DockerConfig{.node = *NodeName::parse("x")}.socket.string();
}

class DockerLogTest : public testing::Test {
 protected:
  struct Line {
    std::string text;
    std::int64_t stamp = 0;
    bool caught_up = false;
    bool truncated = false;
  };

  void SetUp() override {
    const std::filesystem::path context = folder / "context";
    std::filesystem::create_directories(context);
    std::filesystem::copy_file("/bin/busybox", context / "busybox");
    std::ofstream(context / "Dockerfile") << fmt::format(
        "FROM scratch\nLABEL test={}\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n", key);
    const std::string tar = folder / "context.tar";
    ASSERT_EQ(std::system(fmt::format("tar -C {} -cf {} .", context.string(), tar).c_str()), 0);
    const auto ignore = [](std::string_view) { return true; };
    std::optional<Result<void>> built;
    runtime->build(tar, image, ignore, [&](Result<void> result) { built = std::move(result); });
    run_until([&] { return built.has_value(); });
    ASSERT_TRUE(*built) << built->error().message;
  }

  void TearDown() override {
    follower.reset();
    for (const ContainerId& container : containers) {
      ask("DELETE", "/containers/" + container.str() + "?force=1");
    }
    ask("DELETE", "/images/" + image);
    runtime.reset();
    client.close();
    loop.restart();
    loop.run_for(10s);
    EXPECT_TRUE(loop.stopped()) << "something still waits on the loop";
  }

  void run_until(const std::function<bool()>& seen) {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!seen() && std::chrono::steady_clock::now() < give_up) {
      loop.restart();
      loop.run_one_for(100ms);
    }
    ASSERT_TRUE(seen()) << "waited in vain";
  }

  std::string ask(std::string_view method, const std::string& target,
                  const std::string& body = {}) {
    std::optional<Result<EngineAnswer>> answer;
    start_coroutine(loop, [&](Coroutine& coroutine) {
      answer = client.ask({.method = method,
                           .target = target,
                           .body = body,
                           .doing = "serve a test",
                           .patience = http::CallTimes::of(30s)},
                          coroutine);
    });
    run_until([&] { return answer.has_value(); });
    EXPECT_TRUE(answer && *answer && (*answer)->status < 400) << target;
    return answer && *answer ? (*answer)->body : "";
  }

  /// Runs `script` in busybox's shell. `options`: further members of the create request.
  ContainerId run(const std::string& script, const std::string& options = {}) {
    const std::string command = fmt::format(R"("Cmd":["/bin/sh","-c","{}"])", script);
    const auto id = decode_new_id(ask("POST", "/containers/create",
                                      fmt::format(R"({{"Image":"{}",{}{}}})", image, command,
                                                  options.empty() ? "" : "," + options)));
    EXPECT_TRUE(id);
    containers.push_back(ContainerId{id.value_or("")});
    start(containers.back());
    return containers.back();
  }
  void start(const ContainerId& container) {
    ask("POST", "/containers/" + container.str() + "/start");
  }
  static std::string small_files(int kib, int files = 2) {
    return fmt::format(
        R"("HostConfig":{{"LogConfig":{{"Type":"json-file","Config":{{"max-size":"{}k",
           "max-file":"{}"}}}}}})",
        kib, files);
  }

  void follow(const ContainerId& container, std::optional<LogCursor> after = {}) {
    states.clear();
    follower = runtime->follow_log(
        {.container = container, .after = after},
        {.on_lines =
             [this](const LogBatch& batch) {
               for (const LogLine& line : batch.lines) {
                 const char* stream = line.stream == LogStream::kStderr ? "e " : "o ";
                 lines.push_back({stream + std::string(line.text), line.stamp, batch.caught_up,
                                  line.truncated});
               }
               cursor = batch.cursor;
               if (restarts_left > 0) {
                 --restarts_left;
                 follower.reset();
               }
             },
         .on_gap = [this](const LogGap& gap) { gaps.push_back(gap); },
         .on_state = [this](const LogReaderState& state) { states.push_back(state); }});
  }
  bool reached(State kind) const { return !states.empty() && states.back().kind == kind; }
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const Line& line : lines) texts.push_back(line.text);
    return texts;
  }

  /// "o line N": each at most once and in order; each that is missing lies before one that came
  /// after a gap.
  void expect_each_once_or_in_a_gap(int count) {
    std::size_t gap = 0;
    int next = 0;
    std::stable_sort(gaps.begin(), gaps.end(),
                     [](const LogGap& a, const LogGap& b) { return a.to < b.to; });
    for (const Line& line : lines) {
      const int number = std::stoi(line.text.substr(std::string("o line ").size()));
      ASSERT_GE(number, next) << "repeated";
      if (number > next) {
        ASSERT_LT(gap, gaps.size()) << next << " to " << number << " are missing without a gap";
        EXPECT_EQ(gaps[gap].to, line.stamp);
        ++gap;
      } else if (gap < gaps.size() && gaps[gap].to == line.stamp) {
        ++gap;  // It was unsure, and nothing was missing.
      }
      next = number + 1;
    }
    EXPECT_EQ(next, count) << "the last ones are missing";
    EXPECT_EQ(gap, gaps.size());
  }

  const std::string key = fmt::format("t{}-{:x}", ::getpid(),
                                      std::chrono::steady_clock::now().time_since_epoch().count());
  const std::string image = "hearth-log-test-" + key;
  TemporaryDirectory folder;
  boost::asio::io_context loop;
  EngineClient client{loop, engine_socket()};
  std::unique_ptr<DockerRuntime> runtime =
      std::make_unique<DockerRuntime>(loop, DockerConfig{.node = *NodeName::parse(key),
                                                         .socket = engine_socket(),
                                                         .timeouts = {.log_rest = 100ms}});
  std::unique_ptr<LogFollower> follower;
  std::vector<ContainerId> containers;
  std::vector<Line> lines;
  std::vector<LogGap> gaps;
  std::vector<LogReaderState> states;
  LogCursor cursor;
  int restarts_left = 0;  ///< The follower is ended after each of the next batches.
};

TEST_F(DockerLogTest, BothStreamsAreFollowedToTheContainersEnd) {
  const ContainerId container = run("echo one; echo two >&2; exec /bin/busybox sleep 99");
  follow(container);
  run_until([&] { return lines.size() == 2; });
  EXPECT_THAT(texts(), testing::UnorderedElementsAre("o one", "e two"));
  ask("POST", "/containers/" + container.str() + "/kill?signal=KILL");
  run_until([&] { return reached(State::kAtRest); });
  ask("DELETE", "/containers/" + container.str() + "?force=1");
  containers.clear();
  run_until([&] { return reached(State::kGone); });
}

TEST_F(DockerLogTest, NewLinesComeAtOnceAndTheLastNeedsNoEnd) {
  const ContainerId container =
      run("end() { /bin/busybox printf 'line 20'; exit; }; trap end TERM; "
          "i=0; while [ $i -lt 20 ]; do echo line $i; i=$((i+1)); /bin/busybox usleep 20000; done; "
          "while :; do /bin/busybox usleep 20000; done");
  follow(container);
  run_until([&] { return lines.size() == 20 && reached(State::kCaughtUp); });
  ask("POST", "/containers/" + container.str() + "/kill?signal=TERM");
  run_until([&] { return reached(State::kAtRest); });
  expect_each_once_or_in_a_gap(21);
  EXPECT_THAT(gaps, IsEmpty());
  EXPECT_TRUE(lines.back().caught_up);
}

// Goal: however often the reader is restarted, it neither loses nor repeats.
TEST_F(DockerLogTest, AReaderThatIsRestartedContinuesAtItsCursor) {
  const ContainerId container = run(
      "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exec /bin/busybox sleep 99");
  restarts_left = 40;
  follow(container);
  run_until([&] {
    if (!follower) follow(container, cursor);
    return lines.size() >= 3000;
  });
  follow(container, cursor);
  run_until([&] { return reached(State::kCaughtUp); });
  expect_each_once_or_in_a_gap(3000);
  EXPECT_THAT(gaps, IsEmpty());
}

// Goal: an engine that loses and repeats lines while files change does neither to us.
TEST_F(DockerLogTest, EachLineOfALogThatRotatesFastIsReadOnceOrLiesInAGap) {
  constexpr int kLines = 20'000;
  const ContainerId container =
      run(fmt::format("i=0; while [ $i -lt {} ]; do echo line $i; i=$((i+1)); done", kLines),
          small_files(10));
  follow(container);
  run_until([&] { return reached(State::kAtRest); });
  expect_each_once_or_in_a_gap(kLines);
  RecordProperty("lines", static_cast<int>(lines.size()));
  RecordProperty("gaps", static_cast<int>(gaps.size()));
}

// Goal: a change of files alone loses nothing. Method: more files than are filled.
TEST_F(DockerLogTest, ALogThatRotatesAndDiscardsNothingHasNoGap) {
  const ContainerId container =
      run("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); "
          "if [ $((i%50)) = 0 ]; then /bin/busybox usleep 20000; fi; done",
          small_files(20, 50));
  follow(container);
  run_until([&] { return reached(State::kAtRest); });
  expect_each_once_or_in_a_gap(3000);
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(DockerLogTest, ALargerLogThatRotatesWhileItIsFollowedLosesNothingUnseen) {
  constexpr int kLines = 100'000;
  const ContainerId container = run(
      fmt::format("i=0; while [ $i -lt {} ]; do echo line $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; "
                  "i=$((i+1)); done",
                  kLines),
      small_files(2048));
  follow(container);
  run_until([&] { return reached(State::kAtRest); });
  expect_each_once_or_in_a_gap(kLines);
  RecordProperty("lines", static_cast<int>(lines.size()));
  RecordProperty("gaps", static_cast<int>(gaps.size()));
}

TEST_F(DockerLogTest, LongLinesAndBinaryBytesAreNoObstacle) {
  const std::string script =
      "/bin/busybox printf 'a\\\\000b\\\\033[31m\\\\377\\\\n'; "
      "/bin/busybox head -c 40000 /dev/zero | /bin/busybox tr '\\\\000' x; echo; "
      "/bin/busybox head -c 102400 /dev/zero | /bin/busybox tr '\\\\000' y; echo; echo end";
  for (const bool terminal : {false, true}) {
    lines.clear();
    follow(run(script, terminal ? R"("Tty":true)" : ""));
    run_until([&] { return reached(State::kAtRest); });
    ASSERT_THAT(lines, SizeIs(4));
    // The engine stores text: what is no UTF-8 becomes U+FFFD.
    EXPECT_EQ(lines[0].text, std::string("o a\0b\x1b[31m\xEF\xBF\xBD", 13));
    EXPECT_EQ(lines[1].text, "o " + std::string(40'000, 'x'));
    EXPECT_FALSE(lines[1].truncated);
    EXPECT_EQ(lines[2].text, "o " + std::string(kLogLineBytesMax, 'y'));
    EXPECT_TRUE(lines[2].truncated);
    EXPECT_EQ(lines[3].text, "o end");
  }
}

TEST_F(DockerLogTest, TheWholeLogIsReadWithOrWithoutATerminal) {
  for (const std::string options : {"", R"("Tty":true)"}) {
    const ContainerId container = run("echo one; echo two", options);
    follow(container);
    run_until([&] { return reached(State::kAtRest); });
    std::string log;
    std::optional<Result<void>> read;
    runtime->logs(
        {.container = container},
        [&](std::string_view text) {
          log += text;
          return true;
        },
        [&](Result<void> result) { read = std::move(result); });
    run_until([&] { return read.has_value(); });
    EXPECT_TRUE(*read) << (*read).error().message;
    EXPECT_EQ(log, "one\ntwo\n") << options;
  }
}

TEST_F(DockerLogTest, AContainerStartedByHandIsFollowedOn) {
  const ContainerId container = run("echo run; /bin/busybox printf unfinished");
  follow(container);
  run_until([&] { return reached(State::kAtRest); });
  start(container);
  run_until([&] { return lines.size() == 4 && reached(State::kAtRest); });
  EXPECT_THAT(texts(), ElementsAre("o run", "o unfinished", "o run", "o unfinished"));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(DockerLogTest, ADriverThatKeepsNoLogIsReported) {
  const ContainerId container = run("exec /bin/busybox sleep 99",
                                    R"("HostConfig":{"LogConfig":{"Type":"none","Config":{}}})");
  follow(container);
  run_until([&] { return reached(State::kUnreadable); });
  EXPECT_THAT(states.back().reason, HasSubstr("does not support reading"));
}

TEST_F(DockerLogTest, TheLocalDriverIsFollowedToo) {
  const ContainerId container = run("i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done",
                                    R"("HostConfig":{"LogConfig":{"Type":"local","Config":{}}})");
  follow(container);
  run_until([&] { return reached(State::kAtRest); });
  expect_each_once_or_in_a_gap(500);
  EXPECT_THAT(gaps, IsEmpty());
}

}  // namespace
}  // namespace hearth::docker
