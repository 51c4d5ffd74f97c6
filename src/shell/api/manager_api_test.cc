#include "shell/api/manager_api.h"

#include <cctype>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "shell/api/manager_api_fixture.h"
#include "wire/json_reader.h"

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ManagerApiTest, ShowsANode) {
  EXPECT_EQ(
      get("/v1/nodes/n1").response.body,
      R"({"name":"n1","display_name":"N1","address":"10.0.0.7","agent_port":7701,)"
      R"("state":"live","evidence":"first heartbeat received","status":"ACTIVE","cordoned":false,)"
      R"("incarnation":{"boot_id":"boot","start_count":4},)"
      R"("capacity":{"cpu_millis":4000,"memory_bytes":1000000},"load":{},)"
      R"("recovery":{"phase":"none","attempt":0,"reason":""},"problem":"","instances":1,)"
      R"("changed_at":"2026-03-01T09:00:00.000Z","known_at":null,"silence_ms":null})");
  EXPECT_EQ(get("/v1/nodes/n9").response.status, 404U);
  EXPECT_EQ(get("/v1/nodes/N%20").response.status, 404U);
}

TEST_F(ManagerApiTest, ShowsAWorkloadByItsLatestRelease) {
  EXPECT_EQ(
      get("/v1/workloads/heater").response.body,
      R"({"name":"heater","generation":2,"phase":"deployed","reason":"","running":1,)"
      R"("image":"hearth/heater:bb","build_node":"","current_generation":2,"target":{"generation":2,"instances":2,"ready":1},)"
      R"("replacements":{"left":5,"of":5,"within_ms":3600000,"next_in_ms":null},)"
      R"("kind":"application","bundle":")" +
          digest_of('b').str() +
          R"(","instances":2,"environment":{"MODE":"eco"},)"
          R"("resources":{"memory":64000000,"cpu":0.25,"pids":512},)"
          R"("network":"bridge","ports":[],"devices":[],"restart":"always",)"
          R"("stop":{"grace":"10s","pre_stop":[]},"probes":{"image_healthcheck":"readiness"},)"
          R"("log_rules":[],"trends":{},)"
          R"("update":{"min_ready":"10s","ready_deadline":"5m","placement_deadline":"1m"},)"
          R"("replace":"start_first","after":{},"on_node_lost":"replace"})");
  EXPECT_THAT(get("/v1/workloads/pump").response.body,
              HasSubstr(R"("current_generation":null,"target":null)"));
  EXPECT_EQ(get("/v1/workloads/none").response.status, 404U);
}

TEST_F(ManagerApiTest, ListsInstancesOfAllOrOfOneWorkload) {
  const std::string all = get("/v1/instances").response.body;
  EXPECT_THAT(
      all,
      HasSubstr(
          R"({"id":"heater-1","workload":"heater","generation":2,"node":"n1","address":"10.0.0.7",)"
          R"("desired_state":"run","state":"running","status":"ACTIVE","container":"c0ffee","restarts":1,)"
          R"("failures":1,"failed_container":"","cannot_start":false,"health":"ready","health_reason":"","must_be_replaced":false,)"
          R"("last_exit":{"code":137,"out_of_memory":true,"at":"2026-03-01T09:00:00.000Z",)"
          R"("last_words":"FATAL no sensor"},)"
          R"("reason":"","replaces":"","changed_at":"2026-03-01T09:00:00.000Z","known_at":null,"usage":null})"));
  EXPECT_THAT(
      all,
      HasSubstr(
          R"("node":"","address":"","desired_state":"run","state":"pending",)"
          R"("status":"INACTIVE","container":"","restarts":0,"failures":0,"failed_container":"","cannot_start":true,)"
          R"("health":"unknown","health_reason":"","must_be_replaced":false,)"
          R"("last_exit":null)"));
  EXPECT_EQ(get("/v1/instances?workload=heater").response.body, all);
  EXPECT_EQ(get("/v1/instances?workload=pump").response.body, R"({"items":[],"next":null})");
}

// Goal: whoever reads a state knows how old it is.
TEST_F(ManagerApiTest, SaysUntilWhenAnInstanceIsKnown) {
  const auto known_at = [](const Snapshot& snapshot) {
    FakeService known(snapshot);
    FakeContentStore store;
    ManagerApi other(known, store, {.version = "1"});
    HttpRouter routes;
    other.add_routes(routes, [] { return HttpServerCounters{}; });
    const std::string body =
        FakeHttpExchange(HttpMethod::kGet, "/v1/instances").run(routes).response.body;
    const std::size_t begin = body.find(R"("known_at":)") + 11;
    return body.substr(begin, body.find(',', begin) - begin);
  };
  Snapshot snapshot = example_cluster();
  EXPECT_EQ(known_at(snapshot), "null") << "the bus has not carried yet";
  snapshot.nodes[0].state = NodeState::kUnreachable;
  EXPECT_EQ(known_at(snapshot), R"("2026-03-01T09:00:00.000Z")") << "its agent answers";
  snapshot.nodes[0].state = NodeState::kDead;
  snapshot.nodes[0].known_at = kWallNow - std::chrono::minutes(1);
  EXPECT_EQ(known_at(snapshot), R"("2026-03-01T08:59:00.000Z")");
  snapshot.instances.erase(snapshot.instances.begin());
  EXPECT_EQ(known_at(snapshot), R"("2026-03-01T09:00:00.000Z")") << "it has no node";
}

TEST_F(ManagerApiTest, ListsInPages) {
  const std::string first = get("/v1/nodes?limit=1").response.body;
  EXPECT_THAT(first, HasSubstr(R"("name":"n1")"));
  EXPECT_THAT(first, HasSubstr(R"("next":"n1")"));
  const std::string second = get("/v1/nodes?limit=1&after=n1").response.body;
  EXPECT_THAT(second, HasSubstr(R"("name":"n2")"));
  EXPECT_THAT(second, HasSubstr(R"("next":null)"));
  EXPECT_EQ(get("/v1/workloads?limit=none").response.status, 400U);
}

TEST_F(ManagerApiTest, ShowsItsStatusAndTheBus) {
  EXPECT_EQ(get("/v1/status").response.body,
            R"({"version":"1.2.3","cluster":"hearth.","epoch":7,)"
            R"("started_at":"2026-03-01T09:00:00.000Z","last_event_seq":0,)"
            R"("bus":{"bootstrap":"127.0.0.1:9092","topic_prefix":"hearth.","carries":false},)"
            R"("store":{"works":true},)"
            R"("nodes":{"awaited":1,"live":1},"workloads":{"building":1,"deployed":1},)"
            R"("instances":{"pending":1,"running":1}})");
  EXPECT_EQ(get("/v1/bus").response.body,
            R"({"bootstrap":"127.0.0.1:9092","topic_prefix":"hearth."})");
  EXPECT_EQ(get("/healthz").response.status, 200U);
  EXPECT_EQ(get("/readyz").response.status, 503U);
}

TEST_F(ManagerApiTest, ReportsThatItsStoreFails) {
  service.fault = Error{ErrorCode::kExhausted, "the disk is full"};
  EXPECT_THAT(get("/v1/status").response.body,
              HasSubstr(R"("store":{"works":false,"fault":"the disk is full"})"));
  const HttpResponse readiness = get("/readyz").response;
  EXPECT_EQ(readiness.status, 503U);
  EXPECT_THAT(readiness.body, HasSubstr("the disk is full"));
}

TEST_F(ManagerApiTest, ExplainsInWords) {
  EXPECT_THAT(get("/v1/nodes/n1/explanation").response.body, testing::StartsWith("{\"lines\":[\""));
  EXPECT_THAT(get("/v1/workloads/heater/explanation").response.body,
              testing::StartsWith("{\"lines\":[\""));
  EXPECT_EQ(get("/v1/nodes/n9/explanation").response.status, 404U);
  EXPECT_EQ(get("/v1/workloads/none/explanation").response.status, 404U);
}

TEST_F(ManagerApiTest, ShowsMetricsWithZerosToo) {
  const std::string text = get("/metrics").response.body;
  EXPECT_THAT(text, HasSubstr("hearth_nodes{state=\"live\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("hearth_nodes{state=\"dead\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("hearth_node_up{node=\"n2\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("hearth_instances{state=\"running\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("hearth_store_commits_total 4\n"));
}

// --- Commands.

TEST_F(ManagerApiTest, DeploysABundleThatIsThere) {
  const std::string body = R"({"bundle":")" + digest_of('b').str() + R"(","instances":2})";
  const FakeHttpExchange answer = call(HttpMethod::kPut, "/v1/workloads/fan", body);
  EXPECT_EQ(answer.response.status, 202U);
  EXPECT_EQ(answer.response.body, R"({"name":"fan","generation":3,"message":"done"})");
  ASSERT_EQ(service.commands.size(), 1U);
  const auto& deploy = std::get<DeployWorkload>(service.commands[0]);
  EXPECT_EQ(deploy.name.str(), "fan");
  EXPECT_EQ(deploy.spec.instances, 2U);
}

// Goal: the program decides how bodies are read. Method: a reader that records what it is given.
TEST_F(ManagerApiTest, ReadsABodyByTheGivenReaderWithItsType) {
  std::string seen;
  ManagerApi with_reader(service, content,
                         {.read_workload = [&](std::string_view content_type, std::string_view body,
                                               const WorkloadName& name) -> Result<WorkloadSpec> {
                           seen = fmt::format("{} {} {}", content_type, body, name.str());
                           return WorkloadSpec{.instances = 7, .bundle = digest_of('b')};
                         }});
  HttpRouter routes;
  with_reader.add_routes(routes, [] { return HttpServerCounters{}; });
  FakeHttpExchange exchange(HttpMethod::kPut, "/v1/workloads/fan", "instances: 7");
  exchange.headers().push_back({"content-type", "application/yaml"});
  EXPECT_EQ(exchange.run(routes).response.status, 202U);
  EXPECT_EQ(seen, "application/yaml instances: 7 fan");
  EXPECT_EQ(std::get<DeployWorkload>(service.commands.at(0)).spec.instances, 7U);
}

TEST_F(ManagerApiTest, RefusesAnImpossibleDeploy) {
  const std::string missing = R"({"bundle":")" + digest_of('c').str() + R"("})";
  EXPECT_THAT(call(HttpMethod::kPut, "/v1/workloads/fan", missing).response.body,
              HasSubstr("PUT it to /v1/content/"));
  EXPECT_EQ(call(HttpMethod::kPut, "/v1/workloads/Fan", missing).response.status, 400U);
  EXPECT_EQ(call(HttpMethod::kPut, "/v1/workloads/fan", "{").response.status, 400U);
  EXPECT_THAT(service.commands, ElementsAre());
}

TEST_F(ManagerApiTest, PassesOnTheManagersAnswerToACommand) {
  service.result = fail(ErrorCode::kConflict, "it is being removed");
  const FakeHttpExchange answer = call(HttpMethod::kPost, "/v1/workloads/heater/stop");
  EXPECT_EQ(answer.response.status, 409U);
  EXPECT_THAT(answer.response.body, HasSubstr("it is being removed"));
}

TEST_F(ManagerApiTest, StopsAndRemovesWorkloadsThatItKnows) {
  EXPECT_EQ(call(HttpMethod::kPost, "/v1/workloads/heater/stop").response.status, 202U);
  EXPECT_EQ(call(HttpMethod::kDelete, "/v1/workloads/heater").response.status, 202U);
  EXPECT_EQ(call(HttpMethod::kDelete, "/v1/workloads/none").response.status, 404U);
  ASSERT_EQ(service.commands.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<StopWorkload>(service.commands[0]));
  EXPECT_TRUE(std::holds_alternative<RemoveWorkload>(service.commands[1]));
}

TEST_F(ManagerApiTest, ImportsTheOperatorsList) {
  const FakeHttpExchange answer =
      call(HttpMethod::kPost, "/v1/nodes/import",
           R"({"1":{"node_name":"IAS-Node-1-new","node_ip":"52.188.83.232"}})");
  EXPECT_EQ(answer.response.body, R"({"message":"done","nodes":["ias-node-1-new"]})");
  const auto& import = std::get<ImportNodes>(service.commands.at(0));
  EXPECT_EQ(import.nodes.at(0).agent, (Endpoint{"52.188.83.232", 7701}));
  EXPECT_EQ(call(HttpMethod::kPost, "/v1/nodes/import", "[]").response.status, 400U);
}

// --- Content.

TEST_F(ManagerApiTest, TransfersContentByItsDigest) {
  EXPECT_EQ(get("/v1/content/" + digest_of('b').str()).file_sent,
            std::filesystem::path("/content") / std::string(64, 'b'));
  EXPECT_EQ(get("/v1/content/" + digest_of('c').str()).response.status, 404U);
  EXPECT_EQ(get("/v1/content/x").response.status, 400U);

  FakeHttpExchange put(HttpMethod::kPut, "/v1/content/" + digest_of('c').str());
  put.received = ReceivedFile{digest_of('c'), 12};
  put.run(router);
  EXPECT_EQ(put.response.status, 201U);
  EXPECT_THAT(put.response.body, HasSubstr("\"size\":12"));
  EXPECT_TRUE(content.there.contains(digest_of('c')));
}

TEST_F(ManagerApiTest, RefusesContentOfAnotherDigest) {
  FakeHttpExchange put(HttpMethod::kPut, "/v1/content/" + digest_of('d').str());
  put.received = ReceivedFile{digest_of('e'), 12};
  put.run(router);
  EXPECT_EQ(put.response.status, 422U);
  EXPECT_FALSE(content.there.contains(digest_of('d')));
}

// --- Events.

TEST_F(ManagerApiTest, ListsEventsAsCloudEvents) {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) service.add_event(seq);
  const std::string page = get("/v1/events?limit=2").response.body;
  EXPECT_THAT(page, HasSubstr(R"("id":"1")"));
  EXPECT_THAT(page, HasSubstr(R"("type":"hearth.node.dead")"));
  EXPECT_THAT(page, HasSubstr(R"("next":"2")"));
  for (const char* wrong : {"limit=0", "limit=1001", "limit=2x", "after=5abc", "after=-1"}) {
    EXPECT_EQ(get(std::string("/v1/events?") + wrong).response.status, 400U) << wrong;
  }
  const std::string rest = get("/v1/events?limit=2&after=2").response.body;
  EXPECT_THAT(rest, HasSubstr(R"("id":"3")"));
  EXPECT_THAT(rest, HasSubstr(R"("next":null)"));
}

TEST_F(ManagerApiTest, StreamsEventsFromWhereTheClientWas) {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) service.add_event(seq);
  FakeHttpExchange exchange(HttpMethod::kGet, "/v1/events");
  exchange.headers() = {{"Accept", "text/event-stream"}, {"Last-Event-ID", "2"}};
  exchange.on_wait = {[&] {
                        EXPECT_THAT(exchange.streamed,
                                    testing::StartsWith("id: 3\nevent: node.dead\ndata: {"));
                        service.add_event(4);
                        return WaitEnd::kNotified;
                      },
                      [&] { return WaitEnd::kTimedOut; }};
  exchange.run(router);
  EXPECT_EQ(exchange.response.content_type, "text/event-stream");
  EXPECT_THAT(exchange.streamed, HasSubstr("\n\nid: 4\n"));
  EXPECT_THAT(exchange.streamed, testing::EndsWith("}\n\n: alive\n\n"));
  EXPECT_THAT(exchange.streamed, testing::Not(HasSubstr("id: 2\n")));
}

TEST_F(ManagerApiTest, RefusesAnInvalidLastEventId) {
  for (const char* wrong : {"5abc", "abc", "-1", " 5", "99999999999999999999"}) {
    FakeHttpExchange exchange(HttpMethod::kGet, "/v1/events");
    exchange.headers() = {{"Accept", "text/event-stream"}, {"Last-Event-ID", wrong}};
    exchange.run(router);
    EXPECT_EQ(exchange.response.status, 400U) << wrong;
  }
}

TEST_F(ManagerApiTest, StreamsOnlyNewEventsByDefault) {
  service.add_event(1);
  FakeHttpExchange exchange(HttpMethod::kGet, "/v1/events");
  exchange.headers() = {{"Accept", "text/event-stream"}};
  exchange.run(router);
  EXPECT_EQ(exchange.streamed, "");
}

TEST_F(ManagerApiTest, ContinuesFromTheLastEventOfARecreatedStore) {
  service.add_event(1);
  FakeHttpExchange exchange(HttpMethod::kGet, "/v1/events");
  exchange.headers() = {{"Accept", "text/event-stream"}, {"Last-Event-ID", "900"}};
  exchange.on_wait = {[&] {
    service.add_event(2);
    return WaitEnd::kNotified;
  }};
  exchange.run(router);
  EXPECT_THAT(exchange.streamed, testing::StartsWith("id: 2\n"));
}

// --- Logs.

TEST_F(ManagerApiTest, RelaysALogFromTheNodeOfItsInstance) {
  const FakeHttpExchange answer = get("/v1/instances/heater-1/logs?follow=1&tail=20");
  ASSERT_TRUE(answer.relayed);
  EXPECT_EQ(answer.relayed->first, (Endpoint{"10.0.0.7", 7701}));
  EXPECT_EQ(answer.relayed->second, "/v1/instances/heater-1/logs?follow=1&tail=20");
  EXPECT_EQ(get("/v1/instances/heater-1/logs?timestamps=1&since=2026-03-01T10:00:00%2B01:00")
                .relayed->second,
            "/v1/instances/heater-1/logs?follow=0&tail=0&timestamps=1"
            "&since=2026-03-01T09%3A00%3A00.000Z");
  EXPECT_EQ(get("/v1/instances/heater-1/watch").relayed->second, "/v1/instances/heater-1/watch");
  EXPECT_EQ(get("/v1/instances/none/watch").response.status, 404U);
  EXPECT_EQ(get("/v1/instances/heater-1/logs?previous=1&tail=5").relayed->second,
            "/v1/instances/heater-1/logs?follow=0&tail=5&previous=1");
  EXPECT_EQ(get("/v1/instances/heater-1/logs?previous=yes").response.status, 400U);
  EXPECT_EQ(get("/v1/instances/heater-1/logs?since=yesterday").response.status, 400U);
  EXPECT_EQ(get("/v1/instances/heater-2/logs").response.status, 409U);
  EXPECT_EQ(get("/v1/instances/heater-9/logs").response.status, 404U);
  EXPECT_EQ(get("/v1/instances/heater-1/logs?tail=x").response.status, 400U);
}

TEST_F(ManagerApiTest, KeepsTheBuildLogThatANodeSends) {
  FakeHttpExchange post(HttpMethod::kPost, "/v1/workloads/pump/build-log?generation=1");
  post.pieces = {"step 1\n", "step 2\n"};
  post.run(router);
  EXPECT_EQ(post.response.status, 204U);
  EXPECT_EQ(get("/v1/workloads/pump/build-log").response.body, "step 1\nstep 2\n");
  EXPECT_EQ(get("/v1/workloads/heater/build-log").response.status, 404U);
  EXPECT_EQ(get("/v1/workloads/pump/build-log?generation=2").response.status, 400U);
}

// Goal: a builder that never ends its log does not keep its connection forever, however it pauses.
TEST_F(ManagerApiTest, WaitsForABuildLogForFourHoursInAll) {
  using std::chrono::minutes;
  FakeHttpExchange post(HttpMethod::kPost, "/v1/workloads/pump/build-log?generation=1");
  post.pieces = {"1", "2", "3", "4", "5"};
  std::vector<Duration> waits;
  post.on_read = [&](Duration quiet_max) {
    waits.push_back(quiet_max);
    service.passed += minutes(50);
  };
  post.run(router);
  EXPECT_EQ(waits, (std::vector<Duration>{minutes(60), minutes(60), minutes(60), minutes(60),
                                          minutes(40), minutes(0)}));
}

TEST_F(ManagerApiTest, FollowsABuildInProgress) {
  FakeHttpExchange follower(HttpMethod::kGet, "/v1/workloads/pump/build-log?follow=1");
  follower.on_wait = {[&] { return WaitEnd::kTimedOut; },  // No node has begun yet.
                      [&] {
                        FakeHttpExchange post(HttpMethod::kPost,
                                              "/v1/workloads/pump/build-log?generation=1");
                        post.pieces = {"step 1\n"};
                        post.breaks_off = true;
                        post.run(router);
                        return WaitEnd::kNotified;
                      }};
  follower.run(router);
  EXPECT_EQ(follower.streamed, "step 1\n[hearth: the building node broke off]\n");
  EXPECT_FALSE(follower.ended);  // It still waits for another node to build.
}

TEST_F(ManagerApiTest, EndsTheLogOfAFinishedBuild) {
  FakeHttpExchange follower(HttpMethod::kGet, "/v1/workloads/heater/build-log?follow=1");
  follower.run(router);
  EXPECT_TRUE(follower.ended);
  EXPECT_EQ(follower.streamed, "");
}

// --- The reference.

std::string reference(const std::string& name) {
  std::ifstream file(std::string(HEARTH_SOURCE_DIR) + "/docs/reference/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> routes_of(const HttpRouter& router) {
  std::set<std::string> routes;
  for (const HttpRoute& route : router.routes()) {
    routes.insert(std::string(name_of(route.method)) + " " + route.pattern);
  }
  return routes;
}

std::vector<std::string> keys_of(std::string_view json) {
  std::vector<std::string> keys;
  const auto faults = read_json(json, {.bytes_max = 1 << 20}, [&](JsonObject& in) {
    in.each([&](std::string_view key, const JsonValue&) { keys.emplace_back(key); });
  });
  EXPECT_TRUE(faults.empty()) << json;
  return keys;
}

/// The first JSON example below a heading of the reference.
std::string example_of(const std::string& text, const std::string& heading) {
  const std::size_t at = text.find("### `" + heading + "`");
  const std::size_t begin = text.find("```json\n", at) + 8;
  return text.substr(begin, text.find("```", begin) - begin);
}

// Goal: docs/reference/api.md names every route of the manager, and no other.
// Method: compare its headings "### `GET /v1/…`", up to the chapter about agents, with the router.
TEST_F(ManagerApiTest, HasTheRoutesThatItsReferenceNames) {
  const std::string text = reference("api.md");
  std::set<std::string> documented;
  std::istringstream lines(text.substr(0, text.find("\n## The agent's routes")));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### `")) documented.insert(line.substr(5, line.rfind('`') - 5));
  }
  EXPECT_EQ(documented, routes_of(router));
}

TEST_F(ManagerApiTest, AnswersWithTheMembersThatItsReferenceShows) {
  const std::string text = reference("api.md");
  for (const auto& [pattern, target] :
       {std::pair("/v1/status", "/v1/status"), std::pair("/v1/bus", "/v1/bus"),
        std::pair("/v1/nodes/{name}", "/v1/nodes/n1"),
        std::pair("/v1/workloads/{name}", "/v1/workloads/heater")}) {
    EXPECT_EQ(keys_of(example_of(text, std::string("GET ") + pattern)),
              keys_of(get(target).response.body))
        << pattern;
  }
}

// Goal: docs/reference/openapi.json describes every route of the manager, and no other.
TEST_F(ManagerApiTest, HasTheRoutesThatItsOpenApiDocumentDescribes) {
  std::set<std::string> described;
  const auto faults =
      read_json(reference("openapi.json"), {.bytes_max = 1 << 20}, [&](JsonObject& in) {
        in.required("paths").object().each([&](std::string_view path, const JsonValue& methods) {
          methods.object().each([&](std::string_view method, const JsonValue&) {
            std::string route;
            for (const char c : method) route += static_cast<char>(std::toupper(c));
            described.insert(route + " " + std::string(path));
          });
        });
      });
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(described, routes_of(router));
}

// Goal: docs/reference/metrics.md names every metric of the manager.
TEST_F(ManagerApiTest, HasTheMetricsThatItsReferenceNames) {
  const std::string text = reference("metrics.md");
  std::istringstream lines(get("/metrics").response.body);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kType = "# TYPE ";
    if (!line.starts_with(kType)) continue;
    const std::string name = line.substr(kType.size(), line.find(' ', kType.size()) - kType.size());
    EXPECT_THAT(text, HasSubstr("`" + name + "`"));
  }
}

}  // namespace
}  // namespace hearth
