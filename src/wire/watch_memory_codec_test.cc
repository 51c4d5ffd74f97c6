#include "wire/watch_memory_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

WatchMemory with_instances(std::size_t count, const std::string& line, std::size_t rules) {
  WatchMemory memory{.boot_id = "boot", .saved_at = MonoTime(1h)};
  for (std::size_t i = 0; i < count; ++i) {
    InstanceMemory& instance = memory.instances[InstanceId{"app-" + std::to_string(i)}];
    for (std::size_t rule = 0; rule < rules; ++rule) {
      instance.rules.rules.push_back(
          {.last = LogFiring{.rule = "fatal", .line = line, .at = MonoTime(59min)}});
    }
  }
  return memory;
}

TEST(WatchMemoryCodec, WritesAgesSoThatNoClockIsNeededToReadThem) {
  const std::string text = encode(with_instances(1, "FATAL", 1)).value();
  EXPECT_THAT(text, HasSubstr(R"("age_ns":60000000000)"));
  EXPECT_THAT(text, HasSubstr(R"("v":1)"));
}

TEST(WatchMemoryCodec, HoldsASmallNumberOfInstances) {
  const std::size_t many = kRememberedInstancesMax + 1;
  const std::string text = encode(with_instances(many, "FATAL", 1)).value();
  EXPECT_EQ(decode_watch_memory(text).value().instances.size(), kRememberedInstancesMax);
}

TEST(WatchMemoryCodec, LeavesOutQuotationsOfLogsAndThenGivesUpRatherThanGrow) {
  const std::string line(200, 'x');
  const WatchMemory large = with_instances(kRememberedInstancesMax, line, 90);
  const std::string text = encode(large).value();
  EXPECT_LE(text.size(), kWatchMemoryBytesMax);
  const WatchMemory read = decode_watch_memory(text).value();
  EXPECT_EQ(read.instances.begin()->second.rules.rules[0].last->line, "");
  EXPECT_EQ(read.instances.begin()->second.rules.rules[0].last->at, MonoTime(59min));
  const Result<std::string> refused = encode(with_instances(kRememberedInstancesMax, line, 400));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
}

TEST(WatchMemoryCodec, NamesTheFaultOfAnythingElse) {
  for (const auto& [text, fault] : {
           std::pair{R"({})", "$.v"},
           std::pair{R"({"v":2,"boot_id":"b","saved_at_ns":1,"instances":[]})", "version 2"},
           std::pair{R"({"v":1,"boot_id":"b","saved_at_ns":-1,"instances":[]})", "$.saved_at_ns"},
           std::pair{R"({"v":1,"boot_id":"b","saved_at_ns":1})", "$.instances"},
           std::pair{R"({"v":1,"boot_id":"b","saved_at_ns":1,"instances":[{"id":"a"}]})",
                     "$.instances[0].generation"},
       }) {
    const Result<WatchMemory> read = decode_watch_memory(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(read.error().message, HasSubstr(fault));
  }
}

// Goal: a file written by hand or by another build never brings the agent down.
TEST(WatchMemoryCodec, ReadsInstantsInAscendingOrder) {
  const WatchMemory read =
      decode_watch_memory(
          R"({"v":1,"boot_id":"b","saved_at_ns":9,"instances":[{"id":"a","generation":1,)"
          R"("restart":{"stops_ns":[1,3,2],"waits":1,"wait_ns":5}}]})")
          .value();
  EXPECT_THAT(read.instances.begin()->second.restart.stops,
              testing::ElementsAre(MonoTime(6ns), MonoTime(7ns), MonoTime(8ns)));
  EXPECT_EQ(read.instances.begin()->second.restart.next_start, MonoTime(14ns));
}

}  // namespace
}  // namespace hearth
