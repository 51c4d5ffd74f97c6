#include <gtest/gtest.h>

#include "base/duration_text.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, ReadsNumbersWithAUnit) {
  EXPECT_EQ(parse_duration("250ms"), Duration(250ms));
  EXPECT_EQ(parse_duration("1.5s"), Duration(1500ms));
  EXPECT_EQ(parse_duration("2m"), Duration(2min));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
}

TEST(DurationText, RefusesTheRest) {
  for (const char* text :
       {"", "5", "s", "-1s", "1 s", "1d", "1e3s", "nan", "inf", "nans", "9000h", "1s2"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(DurationText, ShowsTwoUnitsAtMost) {
  EXPECT_EQ(show_duration(250ms), "250 ms");
  EXPECT_EQ(show_duration(1250ms), "1.2 s");
  EXPECT_EQ(show_duration(200s), "3 m 20 s");
  EXPECT_EQ(show_duration(49h), "2 d 1 h");
}

TEST(DurationText, WritesWhatReadsAsExactlyTheSame) {
  using std::chrono::hours;
  using std::chrono::milliseconds;
  using std::chrono::minutes;
  using std::chrono::seconds;
  EXPECT_EQ(exact_duration(Duration::zero()), "0s");
  EXPECT_EQ(exact_duration(seconds(10)), "10s");
  EXPECT_EQ(exact_duration(minutes(90)), "90m");
  EXPECT_EQ(exact_duration(hours(24 * 7)), "168h");
  EXPECT_EQ(exact_duration(milliseconds(1500)), "1500ms");
  EXPECT_EQ(exact_duration(Duration(250'000)), "0.25ms");
  for (const Duration duration : {Duration(1), Duration(999'999'999), hours(24 * 49) - Duration(1),
                                  hours(24 * 7) - Duration(1)}) {
    EXPECT_EQ(parse_duration(exact_duration(duration)), duration);
  }
}

TEST(DurationText, ShowsUtc) {
  EXPECT_EQ(show_time(WallTime(1772356502123ms)), "2026-03-01T09:15:02.123Z");
  EXPECT_EQ(show_time(WallTime(0ms)), "1970-01-01T00:00:00.000Z");
}

TEST(TimeText, ReadsWhatItShowsAndOtherZones) {
  for (const WallTime time :
       {WallTime(0ms), WallTime(1772356502123ms), WallTime(-1ms), WallTime(253402300799999ms)}) {
    EXPECT_EQ(parse_time(show_time(time)), time);
  }
  EXPECT_EQ(parse_time("2026-03-01T11:45:02.1239+02:30"), WallTime(1772356502123ms));
  EXPECT_EQ(parse_time("2026-02-28T23:15:02.123-10:00"), WallTime(1772356502123ms));
  EXPECT_EQ(parse_time("2026-03-01 09:15:02z"), WallTime(1772356502000ms));
  EXPECT_EQ(parse_time("2016-12-31T23:59:60Z"), parse_time("2017-01-01T00:00:00Z"));
}

TEST(TimeText, RefusesTheRest) {
  for (const char* text :
       {"", "now", "2026-03-01", "2026-03-01T09:15:02", "2026-02-30T09:15:02Z",
        "2026-03-01T24:15:02Z", "2026-03-01T09:60:02Z", "2026-03-01T09:15:02.Z",
        "2026-03-01T09:15:02Zx", "2026-03-01T09:15:02+24:00", "20260301T091502Z", "1772356502"}) {
    EXPECT_FALSE(parse_time(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace hearth
