// `hearth history` against prepared answers of a manager.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_fixture.h"

namespace hearth::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAvailability = R"({"at":"2026-03-01T09:15:00.000Z","periods":[
  {"period":"hour","available_ms":3599999,"reduced_ms":1,"unavailable_ms":0,"unwanted_ms":0,"unknown_ms":0},
  {"period":"day","available_ms":43200000,"reduced_ms":0,"unavailable_ms":21600000,"unwanted_ms":0,
   "unknown_ms":21600000},
  {"period":"30 days","available_ms":0,"reduced_ms":0,"unavailable_ms":0,"unwanted_ms":0,
   "unknown_ms":2592000000}]})";
constexpr const char* kReady = R"({"seq":9,"at":"2026-03-01T09:14:00.000Z","subject":"db-2",
  "state":"ready","cause":"","lasts":true,"node":"gw-1","container":"0123456789abcdef","generation":2})";
constexpr const char* kBackingOff = R"({"seq":8,"at":"2026-03-01T09:13:50.000Z","subject":"db-2",
  "state":"backing_off","cause":"it ended with exit code 1","lasts":false,
  "until":"2026-03-01T09:14:00.000Z","node":"gw-1","container":"","generation":2})";

class HistoryTest : public CliTest {
 protected:
  HistoryTest() {
    manager_.answers("GET /v1/workloads/db/availability", kAvailability);
    manager_.answers("GET /v1/workloads/db/history", list({kReady, kBackingOff}));
  }
};

TEST_F(HistoryTest, ShowsAvailabilityAndThenWhatHappenedInItsOrder) {
  EXPECT_EQ(
      run({"history", "db"}).out,
      "LAST     ALL READY  ONE READY  FEWER     NONE  NOT KNOWN\n"
      "hour       99.99 %   100.00 %   1 ms\n"
      "day        66.66 %    66.66 %         6 h 0 m    6 h 0 m\n"
      "30 days                                         30 d 0 h\n"
      "\n"
      "SINCE                WHAT  STATE           FOR  NODE  CONTAINER     CAUSE\n"
      "2026-03-01 09:13:50  db-2  backing_off  10.0 s  gw-1                it ended with exit "
      "code 1\n"
      "2026-03-01 09:14:00  db-2  ready         still  gw-1  0123456789ab\n");
}

TEST_F(HistoryTest, BeginsAtATime) {
  (void)run({"history", "db", "--since", "1h"});
  EXPECT_EQ(manager_.requests().back().query.at("since"), "2026-03-01T08:15:00.000Z");
  (void)run({"history", "db", "--since", "2d"});
  EXPECT_EQ(manager_.requests().back().query.at("since"), "2026-02-27T09:15:00.000Z");
  for (const char* wrong : {"whenever", "d", "-1d", "1000d"})
    EXPECT_EQ(run({"history", "db", "--since", wrong}).code, 2) << wrong;
}

TEST_F(HistoryTest, SaysThatThereIsMore) {
  manager_.answers("GET /v1/workloads/db/history", list({kReady}, "\"9\""));
  EXPECT_THAT(run({"history", "db"}).out, HasSubstr("… and more: --since 31d\n"));
}

TEST_F(HistoryTest, IsOneJsonDocument) {
  EXPECT_THAT(run({"history", "db", "-o", "json"}).out,
              AllOf(HasSubstr(R"({"availability":{"at":)"), HasSubstr(R"("items":[{"seq":9,)")));
}

TEST_F(HistoryTest, NoTextOfOthersControlsTheTerminal) {
  manager_.answers("GET /v1/workloads/db/history",
                   list({R"({"seq":1,"at":"2026-03-01T09:14:00.000Z","subject":"\u001b[2J",
                     "state":"\u001b[2J","cause":"\u001b[2J"})"}));
  EXPECT_THAT(run({"history", "db"}).out, Not(HasSubstr("\x1b[2J")));
}

}  // namespace
}  // namespace hearth::cli
