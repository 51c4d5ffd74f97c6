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

TEST(DurationText, ShowsUtc) {
  EXPECT_EQ(show_time(WallTime(1772356502123ms)), "2026-03-01T09:15:02.123Z");
  EXPECT_EQ(show_time(WallTime(0ms)), "1970-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace hearth
