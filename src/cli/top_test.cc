#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_fixture.h"
#include "cli/top_view.h"

namespace hearth::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ResultOf;
using ::testing::StartsWith;

constexpr std::uint64_t kMiB = 1024 * 1024;

NodeView node(const std::string& name) {
  NodeView node{.name = name, .state = "live", .capacity = {.cpu_millis = 4000}};
  node.capacity.memory_bytes = 1024 * kMiB;
  node.load = {.cpu = 230, .memory = 800, .disk = 410, .cpu_stall = 120, .io_stall = 5};
  node.instances = 4;
  return node;
}

InstanceView instance(const std::string& id, std::uint64_t used_mib) {
  InstanceView one{.id = id, .workload = id, .node = "node-1", .state = "running"};
  one.health = "ready";
  one.changed_at = *parse_time(kNow) - 3h;
  one.usage = InstanceUsage{.cpu_permille = 52,
                            .memory_bytes = used_mib * kMiB,
                            .memory_limit_bytes = 64 * kMiB,
                            .processes = 4,
                            .processes_max = 512,
                            .open_files = 31,
                            .open_files_max = 1024};
  return one;
}

TopSample sample_of(int instances) {
  TopSample sample{.nodes = {node("node-1"), node("node-2")}};
  for (int i = 0; i < instances; ++i) {
    sample.instances.push_back(
        instance("app-" + std::to_string(i), 10 + static_cast<std::uint64_t>(i) % 40));
  }
  return sample;
}

class TopView : public testing::Test {
 protected:
  std::vector<std::string> lines(const TopSample& sample, const TopLayout& layout) {
    return top_lines(sample, layout, terminal_, *parse_time(kNow));
  }
  /// The place of the line that begins with `text`.
  static std::ptrdiff_t place(const std::vector<std::string>& lines, const std::string& text) {
    return std::find_if(lines.begin(), lines.end(),
                        [&](const std::string& line) { return line.starts_with(text); }) -
           lines.begin();
  }

  std::ostringstream out_;
  std::ostringstream err_;
  Terminal terminal_{out_, err_, {}};
};

TEST_F(TopView, ShowsANodeAndAnInstanceInARowEach) {
  const auto shown = lines(sample_of(1), {.columns = 120, .rows = 40});
  EXPECT_EQ(shown[0], "hearth top  2 nodes  1 instance, 1 running");
  EXPECT_EQ(shown[2],
            "NODE    STATE  CPU            MEMORY            STALL CPU/MEM/IO  DISK  INST");
  EXPECT_EQ(shown[3],
            "node-1  live   23%  █▉······     80%  ██████▍·           12/-/0%   41%     4");
  EXPECT_EQ(shown[6], "INSTANCE  NODE    STATE   CPU   MEMORY            PROCS  FILES  AGE");
  EXPECT_EQ(shown[7], "app-0     node-1  ready  5.2%  10M/64M  █▎······      4     31   3h");
}

TEST_F(TopView, WhatIsWrongComesFirstWithItsReason) {
  TopSample sample = sample_of(3);
  sample.instances[1].state = "crash_loop";
  sample.instances[1].reason = "it exited with code 1";
  sample.instances[1].usage.reset();
  sample.instances[2].health = "degraded";
  sample.instances[2].health_reason = "rule 'errors': 3 lines\x1b[31m";
  sample.nodes[1].state = "dead";
  const auto shown = lines(sample, {.columns = 80, .rows = 24});
  EXPECT_THAT(shown[0], HasSubstr("2 nodes, 1 not well  3 instances, 2 running, 2 not well"));
  EXPECT_LT(place(shown, "node-2"), place(shown, "node-1"));
  EXPECT_EQ(place(shown, "app-2"), place(shown, "app-1") + 2);
  EXPECT_LT(place(shown, "app-2"), place(shown, "app-0"));
  EXPECT_THAT(shown, testing::Contains("  └ it exited with code 1"));
  EXPECT_THAT(shown, testing::Contains("  └ rule 'errors': 3 lines^[[31m"));
}

TEST_F(TopView, SortsByTheShareOfMemoryOrByCpu) {
  TopSample sample = sample_of(2);
  sample.instances[0].usage->memory_limit_bytes.reset();
  sample.instances[0].usage->memory_bytes = 900 * kMiB;  // Of 1024 on its node.
  sample.instances[1].usage->cpu_permille = 2500;
  auto shown = lines(sample, {.columns = 120, .rows = 40});
  EXPECT_LT(place(shown, "app-0"), place(shown, "app-1"));
  shown = lines(sample, {.columns = 120, .rows = 40, .sort = TopSort::kCpu});
  EXPECT_LT(place(shown, "app-1"), place(shown, "app-0"));
  EXPECT_THAT(shown[static_cast<std::size_t>(place(shown, "app-1"))], HasSubstr("  250%  "));
}

TEST_F(TopView, OneWhoseMemoryIsFullSoonIsNotWell) {
  TopSample sample = sample_of(3);
  sample.instances[0].usage->memory_full_in = 8min;
  const auto shown = lines(sample, {.columns = 120, .rows = 40});
  EXPECT_THAT(shown[6], HasSubstr("FULL IN"));
  EXPECT_THAT(shown[7], AllOf(StartsWith("app-0"), HasSubstr("  8m  ")));
}

// Goal: no window is ever overrun, whatever its size.
TEST_F(TopView, FitsEveryWindow) {
  TopSample sample = sample_of(100);
  sample.instances[7].id = std::string(60, 'x');
  sample.instances[8].state = "backoff";
  sample.instances[8].reason = std::string(300, 'y');
  for (int i = 0; i < 30; ++i) sample.nodes.push_back(node("n" + std::to_string(i)));
  for (const std::size_t columns : {60U, 80U, 100U, 120U, 200U}) {
    for (const std::size_t rows : {1U, 5U, 10U, 24U, 40U, 200U}) {
      const auto shown = lines(sample, {.columns = columns, .rows = rows, .hint = "q quit"});
      EXPECT_LE(shown.size(), rows);
      for (const std::string& line : shown) EXPECT_LE(columns_of(line), columns) << line;
    }
  }
  const auto shown = lines(sample, {.columns = 80, .rows = 24, .hint = "q quit"});
  EXPECT_EQ(shown.size(), 24U);
  EXPECT_EQ(shown.back(), "q quit");
  EXPECT_THAT(shown[22], StartsWith("… ")) << "what is left out is counted";
}

TEST_F(TopView, ANarrowWindowShowsWhatMattersMost) {
  TopSample sample = sample_of(1);
  sample.instances[0].restarts = 3;
  sample.instances[0].usage->memory_full_in = 8min;
  const auto shown = lines(sample, {.columns = 60, .rows = 24});
  EXPECT_THAT(shown[6], AllOf(HasSubstr("MEMORY"), HasSubstr("FULL IN"), Not(HasSubstr("FILES"))));
}

TEST_F(TopView, AnOldSampleSaysWhy) {
  const auto shown = lines(sample_of(1), {.columns = 80, .fault = "as of 5 s ago: no answer"});
  EXPECT_EQ(shown[1], "as of 5 s ago: no answer");
}

class TopCommandTest : public CliTest {};

TEST_F(TopCommandTest, ShowsItOnceIfTheOutputIsNoTerminal) {
  manager_.answers("GET /v1/nodes", list({kNode1, kNode2}));
  std::string heater = kHeater1;
  heater.replace(
      heater.rfind('}'), 1,
      R"(,"usage":{"cpu_permille":52,"memory_bytes":41943040,"memory_limit_bytes":67108864,)"
      R"("memory_full_in_s":480}})");
  manager_.answers("GET /v1/instances", list({heater, kHeater2}));
  const Outcome outcome = run({"top"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("heater-1"));
  EXPECT_THAT(outcome.out, HasSubstr("40M/64M"));
  EXPECT_THAT(outcome.out, HasSubstr("8m"));
  EXPECT_THAT(outcome.out, HasSubstr("  └ no node has 64 MiB free"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
}

TEST_F(TopCommandTest, RefusesWhatItCannotDo) {
  EXPECT_THAT(run({"top", "--sort", "name"}).err, HasSubstr("it must be memory or cpu"));
  EXPECT_THAT(run({"top", "--interval", "1ms"}).err, HasSubstr("must be from 200ms to 1h"));
  EXPECT_NE(run({"top", "--once"}).code, 0) << "no answer is prepared";
}

}  // namespace
}  // namespace hearth::cli
