#include "adapters/host/proc_text.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth::host {
namespace {

constexpr std::string_view kStat =
    "cpu  12246 0 6175 381252 930 0 190 3253 7 0\ncpu0 5464 0 2421 192472 87 0 23 1554 0 0\n";
constexpr std::string_view kMeminfo =
    "MemTotal:       24681848 kB\nMemFree:        23955120 kB\nMemAvailable:   18511386 kB\n";

TEST(ProcText, CpuTimesAreThoseOfAllCores) {
  const auto times = parse_cpu_times(kStat);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->total, 12246U + 6175 + 381252 + 930 + 190 + 3253);
  EXPECT_EQ(times->busy, 12246U + 6175 + 190 + 3253);
}

TEST(ProcText, CpuUseIsTheDifferenceOfTwoReadings) {
  EXPECT_EQ(cpu_use({100, 1000}, {150, 1200}), 250);
  EXPECT_EQ(cpu_use({100, 1000}, {100, 1200}), 0);
  EXPECT_EQ(cpu_use({100, 1000}, {300, 1200}), 1000);
  EXPECT_EQ(cpu_use({100, 1000}, {400, 1200}), 1000);
  EXPECT_EQ(cpu_use({100, 1000}, {90, 1200}), 0);
  EXPECT_FALSE(cpu_use({100, 1000}, {100, 1000}));
  EXPECT_FALSE(cpu_use({100, 1000}, {50, 500}));
}

TEST(ProcText, MemoryCountsWhatIsAvailableNotWhatIsFree) {
  const auto memory = parse_memory(kMeminfo);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total_bytes, 24681848ULL * 1024);
  EXPECT_EQ(memory->available_bytes, 18511386ULL * 1024);
  EXPECT_EQ(memory_use(*memory), 250);
  EXPECT_EQ(memory_use({.total_bytes = 1ULL << 62, .available_bytes = 0}), 1000);
}

TEST(ProcText, AStallIsTheShareOfTimeInWhichATaskWaited) {
  EXPECT_EQ(parse_stall("some avg10=0.09 avg60=0.57 avg300=0.61 total=16147128\nfull avg10=9.00\n"),
            0);
  EXPECT_EQ(parse_stall("some avg10=0.09 avg60=0.57 avg300=0.61 total=16147128\nfull avg10=9.00 \n",
                        StallOf::kAll),
            90);
  EXPECT_FALSE(parse_stall("some avg10=12.39 avg60=0.57 avg300=0.61 total=1\n", StallOf::kAll));
  EXPECT_EQ(parse_stall("some avg10=12.39 avg60=0.57 avg300=0.61 total=1\n"), 123);
  EXPECT_EQ(parse_stall("some avg10=100.00 avg60=0.57 avg300=0.61 total=1\n"), 1000);
}

TEST(ProcText, GarbageGivesNothing) {
  for (const std::string_view text : {"",
                                      "\n",
                                      "cpu",
                                      "cpu \n",
                                      "cpu  1 2 3\n",
                                      "cpu  1 2 3 4 5 6 7 x\n",
                                      "cpu  1 2 3 4 5 6 7 99999999999999999999999\n",
                                      "cpu  1 2 3 4 5 6 7 8",
                                      "MemTotal:\n",
                                      "MemTotal: 5 kB\n",
                                      "MemTotal: 5 kB\nMemAvailable: x kB\n",
                                      "MemTotal: 0 kB\nMemAvailable: 0 kB\n",
                                      "MemTotal: 5 MB\nMemAvailable: 5 MB\n",
                                      "MemTotal: 18446744073709551615 kB\nMemAvailable: 5 kB\n",
                                      "MemTotal: 5 kB\nMemAvailable: 5",
                                      "some\n",
                                      "some avg10=\n",
                                      "some avg10=.\n",
                                      "some avg10=1\n",
                                      "some avg10=1.\n",
                                      "some avg10=x.5\n",
                                      "some avg10=101.00 avg60\n",
                                      "some avg10=-1.00 \n",
                                      "some avg10=1.00",
                                      "\xff\xfe\n"}) {
    EXPECT_FALSE(parse_cpu_times(text)) << text;
    EXPECT_FALSE(parse_memory(text)) << text;
    EXPECT_FALSE(parse_stall(text)) << text;
  }
}

TEST(ProcText, TruncatedTextIsNotMisread) {
  for (std::size_t size = 0; size < kMeminfo.size(); ++size) {
    EXPECT_FALSE(parse_memory(kMeminfo.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace hearth::host
