#include <gmock/gmock.h>

#include "shell/api/manager_api_fixture.h"

namespace hearth {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class HistoryRoutesTest : public ManagerApiTest {
 protected:
  HistoryRoutesTest() {
    const WorkloadName heater = *WorkloadName::parse("heater");
    service.history.manager = {{.seq = 1, .at = kWallNow - 2h, .condition = Condition::kSeeing}};
    service.history.workload = {
        {.seq = 2, .workload = heater, .at = kWallNow - 60min, .condition = Condition::kAvailable},
        {.seq = 3,
         .workload = heater,
         .instance = InstanceId{"heater-1"},
         .at = kWallNow - 30min,
         .condition = Condition::kBackingOff,
         .cause = "it ended with exit code 1",
         .node = *NodeName::parse("n1"),
         .container = {"c1"},
         .generation = {2}},
        {.seq = 4, .workload = heater, .at = kWallNow - 30min, .condition = Condition::kReduced},
        {.seq = 5,
         .workload = heater,
         .instance = InstanceId{"heater-1"},
         .at = kWallNow - 29min,
         .condition = Condition::kGone}};
  }
  std::string body(const std::string& target) { return get(target).response.body; }
};

TEST_F(HistoryRoutesTest, ListsTheNewestFirstWithHowLongEachLasted) {
  const std::string all = body("/v1/workloads/heater/history");
  EXPECT_THAT(
      all,
      HasSubstr(
          R"({"seq":3,"at":"2026-03-01T08:30:00.000Z","subject":"heater-1",)"
          R"("state":"backing_off","cause":"it ended with exit code 1","lasts":false,)"
          R"("until":"2026-03-01T08:31:00.000Z","node":"n1","container":"c1","generation":2})"));
  EXPECT_THAT(all, HasSubstr(R"("subject":"workload","state":"reduced","cause":"","lasts":true)"));
  EXPECT_THAT(all, HasSubstr(R"("state":"gone","cause":"","lasts":false)"));
  EXPECT_LT(all.find(R"("seq":5)"), all.find(R"("seq":1)"));
}

TEST_F(HistoryRoutesTest, ListsItInPages) {
  const std::string first = body("/v1/workloads/heater/history?limit=2");
  EXPECT_THAT(first, AllOf(HasSubstr(R"("seq":5)"), HasSubstr(R"("seq":4)"),
                           HasSubstr(R"("next":"4")"), Not(HasSubstr(R"("seq":3)"))));
  const std::string last = body("/v1/workloads/heater/history?limit=3&after=4");
  EXPECT_THAT(last, AllOf(HasSubstr(R"("seq":3)"), HasSubstr(R"("seq":1)"),
                          HasSubstr(R"("next":null)"), Not(HasSubstr(R"("seq":4)"))));
  EXPECT_THAT(body("/v1/workloads/heater/history?since=2026-03-01T08:30:00Z"),
              AllOf(HasSubstr(R"("seq":3)"), Not(HasSubstr(R"("seq":2)"))));
}

TEST_F(HistoryRoutesTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(get("/v1/workloads/heater/history?since=yesterday").response.status, 400U);
  EXPECT_EQ(get("/v1/workloads/heater/history?limit=0").response.status, 400U);
  EXPECT_EQ(get("/v1/workloads/none/history").response.status, 404U);
  EXPECT_EQ(get("/v1/workloads/none/availability").response.status, 404U);
}

TEST_F(HistoryRoutesTest, AddsUpTheAvailabilityOfEachPeriodFromTheFirstDeploy) {
  EXPECT_THAT(body("/v1/workloads/heater/availability"),
              AllOf(HasSubstr(R"({"period":"hour","available_ms":1800000,"reduced_ms":1800000,)"
                              R"("unavailable_ms":0,"unwanted_ms":0,"unknown_ms":0})"),
                    HasSubstr(R"("period":"30 days","available_ms":1800000,"reduced_ms":1800000,)"
                              R"("unavailable_ms":0,"unwanted_ms":3600000,"unknown_ms":0})")));
}

}  // namespace
}  // namespace hearth
