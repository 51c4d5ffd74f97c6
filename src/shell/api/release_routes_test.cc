#include <gmock/gmock.h>

#include "shell/api/manager_api_fixture.h"
#include "shell/api/query.h"

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using ReleaseRoutesTest = ManagerApiTest;

TEST_F(ReleaseRoutesTest, ListsReleasesWithWhatChanged) {
  const std::string bundle = digest_of('b').str();
  EXPECT_EQ(
      get("/v1/workloads/heater/releases").response.body,
      R"({"items":[{"generation":2,"state":"current","deployed_at":"2026-03-01T09:00:00.000Z",)"
      R"("deployed_by":"ana@desk","fault":"","instances":2,"bundle":")" +
          bundle +
          R"(","image":"hearth/heater:bb","changes":"instances 1 -> 2"},)"
          R"({"generation":1,"state":"earlier","deployed_at":"2026-03-01T07:00:00.000Z",)"
          R"("deployed_by":"","fault":"","instances":1,"bundle":")" +
          bundle + R"(","image":"hearth/heater:bb","changes":""}],"next":null})");
  EXPECT_THAT(get("/v1/workloads/pump/releases").response.body, HasSubstr(R"("state":"next")"));
  EXPECT_EQ(get("/v1/workloads/none/releases").response.status, 404U);
}

// Goal: a restart after a failed release shows that nothing changed for what runs. Method: release
// 3 is the same as release 1; release 2, of another bundle, failed.
TEST_F(ReleaseRoutesTest, ShowsChangesAgainstTheReleaseThatRan) {
  Snapshot cluster = example_cluster();
  Workload& heater = cluster.workloads[0];
  heater.current->generation = Generation{3};
  heater.earlier[0].spec.instances = 2;
  heater.earlier.insert(heater.earlier.begin(), *heater.current);
  heater.earlier[0].generation = Generation{2};
  heater.earlier[0].spec.bundle = digest_of('c');
  heater.earlier[0].fault = "it exited with code 1";
  FakeService other_service(std::move(cluster));
  ManagerApi other(other_service, content, {});
  HttpRouter routes;
  other.add_routes(routes, [] { return HttpServerCounters{}; });
  FakeHttpExchange list(HttpMethod::kGet, "/v1/workloads/heater/releases");
  const std::string body = list.run(routes).response.body;
  std::vector<std::string> changes;
  constexpr std::string_view kKey = "\"changes\":\"";
  for (std::size_t at = body.find(kKey); at != std::string::npos; at = body.find(kKey, at + 1)) {
    const std::size_t begin = at + kKey.size();
    changes.push_back(body.substr(begin, body.find('"', begin) - begin));
  }
  EXPECT_THAT(changes, ElementsAre("nothing", "bundle", ""));
}

TEST_F(ReleaseRoutesTest, ListsReleasesByNumberAlsoWhenANewerOneFailed) {
  Snapshot cluster = example_cluster();
  Workload& heater = cluster.workloads[0];
  heater.phase = WorkloadPhase::kFailed;
  heater.earlier.insert(heater.earlier.begin(), *heater.current);
  heater.earlier[0].generation = Generation{3};
  heater.next = heater.earlier[0];
  heater.next->generation = Generation{4};
  FakeService failing(std::move(cluster));
  ManagerApi other(failing, content, {});
  HttpRouter routes;
  other.add_routes(routes, [] { return HttpServerCounters{}; });
  FakeHttpExchange list(HttpMethod::kGet, "/v1/workloads/heater/releases");
  const std::string body = list.run(routes).response.body;
  std::vector<std::string> order;
  for (std::size_t at = body.find("\"generation\":"); at != std::string::npos;
       at = body.find("\"generation\":", at + 1)) {
    const std::size_t state = body.find("\"state\":\"", at) + 9;
    order.push_back(body.substr(at + 13, 1) + body.substr(state, body.find('"', state) - state));
  }
  EXPECT_THAT(order, ElementsAre("4next", "3earlier", "2current", "1earlier"));
}

TEST_F(ReleaseRoutesTest, RollsBackToTheReleaseBeforeOrToANamedOne) {
  const FakeHttpExchange answer = call(HttpMethod::kPost, "/v1/workloads/heater/rollback");
  EXPECT_EQ(answer.response.status, 202U);
  EXPECT_EQ(answer.response.body, R"({"name":"heater","generation":3,"message":"done"})");
  call(HttpMethod::kPost, "/v1/workloads/heater/rollback", R"({"to":1})");
  ASSERT_EQ(service.commands.size(), 2U);
  EXPECT_EQ(std::get<RollBackWorkload>(service.commands[0]).to, std::nullopt);
  EXPECT_EQ(std::get<RollBackWorkload>(service.commands[1]).to, Generation{1});
  for (const char* wrong : {"1", R"({"to":0})", R"({"to":"1"})", R"({"too":1})", "{"}) {
    EXPECT_EQ(call(HttpMethod::kPost, "/v1/workloads/heater/rollback", wrong).response.status, 400U)
        << wrong;
  }
  EXPECT_EQ(call(HttpMethod::kPost, "/v1/workloads/none/rollback").response.status, 404U);
  EXPECT_EQ(service.commands.size(), 2U);
}

TEST_F(ReleaseRoutesTest, RestartsAWorkload) {
  EXPECT_EQ(call(HttpMethod::kPost, "/v1/workloads/heater/restart").response.body,
            R"({"name":"heater","generation":3,"message":"done"})");
  EXPECT_TRUE(std::holds_alternative<RestartWorkload>(service.commands.at(0)));
  EXPECT_EQ(call(HttpMethod::kPost, "/v1/workloads/none/restart").response.status, 404U);
}

// Goal: who asked is recorded with each way to a release, and bounded. Method: a name at the bound,
// one beyond it, and one with a control character.
TEST_F(ReleaseRoutesTest, RecordsWhoAskedForARelease) {
  const auto call_as = [&](HttpMethod method, const std::string& target, const std::string& user) {
    const std::string deploy = R"({"bundle":")" + digest_of('b').str() + R"("})";
    FakeHttpExchange exchange(method, target, method == HttpMethod::kPut ? deploy : "");
    exchange.headers().push_back({"Hearth-User", user});
    return exchange.run(router).response.status;
  };
  const std::string longest = "ana@" + std::string(kUserBytesMax - 4, 'd');
  EXPECT_EQ(call_as(HttpMethod::kPut, "/v1/workloads/fan", longest), 202U);
  EXPECT_EQ(call_as(HttpMethod::kPost, "/v1/workloads/heater/rollback", longest), 202U);
  EXPECT_EQ(call_as(HttpMethod::kPost, "/v1/workloads/heater/restart", longest), 202U);
  ASSERT_EQ(service.commands.size(), 3U);
  EXPECT_EQ(std::get<DeployWorkload>(service.commands[0]).by, longest);
  EXPECT_EQ(std::get<RollBackWorkload>(service.commands[1]).by, longest);
  EXPECT_EQ(std::get<RestartWorkload>(service.commands[2]).by, longest);
  for (const std::string& wrong :
       {longest + "d", std::string("\x1b[2J"), std::string("gr\xC3\xBCn")}) {
    EXPECT_EQ(call_as(HttpMethod::kPut, "/v1/workloads/fan", wrong), 400U);
    EXPECT_EQ(call_as(HttpMethod::kPost, "/v1/workloads/heater/rollback", wrong), 400U);
    EXPECT_EQ(call_as(HttpMethod::kPost, "/v1/workloads/heater/restart", wrong), 400U);
  }
  EXPECT_EQ(service.commands.size(), 3U);
}

}  // namespace
}  // namespace hearth
