#include "shell/agent_api/agent_api.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "shell/agent_api/agent_metrics.h"
#include "shell/agent_api/watch_view.h"
#include "testing/exchange/fake_http_exchange.h"
#include "testing/idle/idle_container_runtime.h"
#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A runtime with one log; its reader is kept, so that a test controls the progress.
class FakeLogs final : public IdleContainerRuntime {
 public:
  void logs(LogRequest wanted, ChunkSink to, Completion<void> at_end) override {
    request = std::move(wanted);
    sink = std::move(to);
    done = std::move(at_end);
    if (begin) begin();
  }

  LogRequest request;
  ChunkSink sink;
  Completion<void> done;
  std::function<void()> begin;
};

class AgentApiTest : public testing::Test {
 protected:
  AgentApiTest() { add_agent_routes(router, view); }
  static Heartbeat status() {
    return {.incarnation = {"boot", 3},
            .report = Report{.instances = {{InstanceId{"a-1"}, {.state = InstanceState::kRunning}}},
                             .workloads = {{InstanceId{"a-1"}, *WorkloadName::parse("a")}}}};
  }

  FakeLogs runtime;
  std::string words_of;
  Completion<std::string> give_words;
  const AgentView view{
      .node = *NodeName::parse("n1"),
      .status = status,
      .container_of =
          [](const InstanceId& id) { return ContainerId{id.str() == "a-1" ? "c0ffee" : ""}; },
      .watch = [](const InstanceId& id) -> std::optional<std::string> {
        if (id.str() != "a-1") return std::nullopt;
        return R"({"rules":[]})";
      },
      .last_words =
          [this](const InstanceId& id, Completion<std::string> words_done) {
            words_of = id.str();
            give_words = std::move(words_done);
          },
      .metrics = [] { return agent_metrics(status(), {.statuses_sent = 7}, {}); },
      .runtime = runtime};
  HttpRouter router;
};

TEST_F(AgentApiTest, AnswersADialFromAnyoneAndRevealsNothing) {
  FakeHttpExchange dial(HttpMethod::kGet, "/v1/dial");
  dial.run(router);
  EXPECT_EQ(dial.response.status, 204U);
  EXPECT_EQ(dial.response.body, "");
  for (const HttpRoute& route : router.routes()) {
    EXPECT_EQ(route.access == HttpAccess::kOpen, route.pattern == "/v1/dial") << route.pattern;
  }
}

TEST_F(AgentApiTest, AnswersADialByNameOnlyForItsOwnNode) {
  FakeHttpExchange own(HttpMethod::kGet, "/v1/dial/n1");
  EXPECT_EQ(own.run(router).response.status, 204U);
  for (const char* target : {"/v1/dial/n2", "/v1/dial/n", "/v1/dial/n1n1"}) {
    FakeHttpExchange other(HttpMethod::kGet, target);
    other.run(router);
    EXPECT_EQ(other.response.status, 404U) << target;
    EXPECT_THAT(other.response.body, Not(HasSubstr("n1"))) << "it does not reveal its node";
  }
}

TEST_F(AgentApiTest, ShowsItsStatusAsOnTheBusWithItsNode) {
  FakeHttpExchange exchange(HttpMethod::kGet, "/v1/status");
  exchange.run(router);
  Heartbeat reported = status();
  reported.node = "n1";
  EXPECT_EQ(decode_heartbeat(exchange.response.body), reported);
}

TEST_F(AgentApiTest, ShowsWhatRulesAndProbesSayOfItsInstances) {
  FakeHttpExchange own(HttpMethod::kGet, "/v1/instances/a-1/watch");
  EXPECT_EQ(own.run(router).response.body, R"({"rules":[]})");
  FakeHttpExchange other(HttpMethod::kGet, "/v1/instances/b-1/watch");
  EXPECT_EQ(other.run(router).response.status, 404U);
}

// Goal: an operator sees which line made which rule fire, and when it can fire again.
TEST(WatchView, ShowsARuleWithItsLineAndItsHoldOff) {
  using namespace std::chrono_literals;
  constexpr MonoTime kNow{1h};
  LogRule rule{.name = "no-oom", .condition = MustNotAppear{}};
  rule.action = HealthAction::kReplace;
  rule.hold_off = 5min;
  core::RuleWatch::State fired;
  fired.fault = "it ran out of memory";
  fired.fault_until = 5min;
  fired.last = LogFiring{.rule = "no-oom",
                         .action = HealthAction::kReplace,
                         .why = "it ran out of memory",
                         .line = "OutOfMemoryError",
                         .at = kNow - 12s};
  fired.held_off = 3;
  core::InstanceHealth::State health;
  health.rules.started_at = kNow - 1min;
  health.rules.as_of = kNow;
  health.rules.clock.running_since = kNow - 1min;
  health.rules.reading = core::LogReading::kCaughtUp;
  health.rules.rules = {fired};
  health.started_at = kNow - 1min;
  core::InstanceSlot::State slot;
  slot.assigned = AssignedInstance{.id = InstanceId{"a-1"}, .workload = *WorkloadName::parse("a")};
  slot.assigned->spec.log_rules = {rule};
  slot.health = health;
  slot.record.status = {.state = InstanceState::kBackoff};
  slot.record.restart.next_start = kNow + 8s;
  EXPECT_THAT(watch_view(slot, kNow),
              AllOf(HasSubstr(R"({"rule":"no-oom","standing":"faulty",)"
                              R"("words":"it ran out of memory","action":"replace",)"
                              R"("fired_ms_ago":12000,"why":"it ran out of memory",)"
                              R"("line":"OutOfMemoryError","held_off":3,"hold_off_ms":288000})"),
                    HasSubstr(R"("next_start_ms":8000)"), HasSubstr(R"("probes":[])")));
}

TEST_F(AgentApiTest, StreamsALogToItsEnd) {
  FakeHttpExchange exchange(HttpMethod::kGet,
                            "/v1/instances/a-1/logs?tail=5&follow=1&timestamps=1"
                            "&since=2026-03-01T09:00:00.050Z");
  exchange.on_wait = {[&] {
                        EXPECT_TRUE(exchange.answered);  // A quiet log must not look like a hang.
                        EXPECT_TRUE(runtime.sink("one\n"));
                        return WaitEnd::kNotified;
                      },
                      [&] {
                        EXPECT_EQ(exchange.streamed, "one\n");
                        EXPECT_TRUE(runtime.sink("two\n"));
                        runtime.done({});
                        return WaitEnd::kNotified;
                      }};
  exchange.run(router);
  EXPECT_TRUE(exchange.ended);
  EXPECT_EQ(exchange.streamed, "one\ntwo\n");
  EXPECT_EQ(runtime.request.container.str(), "c0ffee");
  EXPECT_EQ(runtime.request.tail_lines, 5U);
  EXPECT_TRUE(runtime.request.follow);
  EXPECT_TRUE(runtime.request.timestamps);
  EXPECT_EQ(runtime.request.since, WallTime(std::chrono::milliseconds(1'772'355'600'050)));
}

TEST_F(AgentApiTest, StopsReadingALogWhenItsReaderIsGone) {
  FakeHttpExchange exchange(HttpMethod::kGet, "/v1/instances/a-1/logs?follow=1");
  exchange.run(router);
  EXPECT_FALSE(exchange.ended);
  EXPECT_FALSE(runtime.sink("nobody reads this\n"));
  EXPECT_TRUE(runtime.request.ready());
}

// Goal: a reader that is slower than the log costs no more memory than the bound, and misses
// nothing.
TEST_F(AgentApiTest, SlowsTheRuntimeDownForASlowReader) {
  const std::string piece(64 * 1024, 'x');
  std::size_t fed = 0;
  runtime.begin = [&] {
    while (runtime.request.ready()) {
      EXPECT_TRUE(runtime.sink(piece));
      ++fed;
    }
  };
  FakeHttpExchange exchange(HttpMethod::kGet, "/v1/instances/a-1/logs");
  exchange.on_wait = {[&] {
    EXPECT_TRUE(runtime.request.ready());
    runtime.done({});
    return WaitEnd::kNotified;
  }};
  exchange.run(router);
  EXPECT_EQ(fed, 4U);
  EXPECT_EQ(exchange.streamed.size(), fed * piece.size());
}

TEST_F(AgentApiTest, SaysWhyThereIsNoLog) {
  FakeHttpExchange missing(HttpMethod::kGet, "/v1/instances/b-1/logs");
  EXPECT_EQ(missing.run(router).response.status, 404U);
  FakeHttpExchange wrong(HttpMethod::kGet, "/v1/instances/a-1/logs?tail=many");
  EXPECT_EQ(wrong.run(router).response.status, 400U);
  FakeHttpExchange never(HttpMethod::kGet, "/v1/instances/a-1/logs?since=yesterday");
  EXPECT_EQ(never.run(router).response.status, 400U);
  runtime.begin = [&] { runtime.done(fail(ErrorCode::kUnavailable, "there is no runtime")); };
  FakeHttpExchange refused(HttpMethod::kGet, "/v1/instances/a-1/logs");
  EXPECT_EQ(refused.run(router).response.status, 503U);
}

TEST_F(AgentApiTest, SendsTheLastWordsOfTheContainerBefore) {
  const auto ask = [&](const std::string& query, const Result<std::string>& words) {
    FakeHttpExchange exchange(HttpMethod::kGet, "/v1/instances/gone-1/logs?previous=1" + query);
    exchange.on_wait = {[&] {
      give_words(words);
      return WaitEnd::kNotified;
    }};
    return exchange.run(router).response;
  };
  EXPECT_EQ(ask("", std::string("one\ntwo\nthree\n")).body, "one\ntwo\nthree\n");
  EXPECT_EQ(words_of, "gone-1") << "which needs no container";
  EXPECT_EQ(ask("&tail=2", std::string("one\ntwo\nthree\n")).body, "two\nthree\n");
  EXPECT_EQ(ask("&tail=0", std::string("one\n")).body, "one\n");
  EXPECT_EQ(ask("", fail(ErrorCode::kNotFound, "none are kept")).status, 404U);
  for (const char* other : {"&follow=1", "&timestamps=1", "&since=2026-03-01T09:00:00Z"}) {
    const HttpResponse refused = ask(other, std::string());
    EXPECT_EQ(refused.status, 400U) << other;
    EXPECT_THAT(refused.body, HasSubstr("goes with 'tail' alone"));
  }
  EXPECT_EQ(ask("&tail=many", std::string()).status, 400U);
}

std::string reference(const std::string& name) {
  std::ifstream file(std::string(HEARTH_SOURCE_DIR) + "/docs/reference/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_F(AgentApiTest, HasTheRoutesThatItsReferenceNames) {
  const std::string text = reference("api.md");
  std::set<std::string> documented;
  std::istringstream lines(text.substr(text.find("\n## The agent's routes")));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### `")) documented.insert(line.substr(5, line.rfind('`') - 5));
  }
  std::set<std::string> real;
  for (const HttpRoute& route : router.routes()) {
    real.insert(std::string(name_of(route.method)) + " " + route.pattern);
  }
  EXPECT_EQ(documented, real);
}

TEST_F(AgentApiTest, HasTheMetricsThatItsReferenceNames) {
  FakeHttpExchange exchange(HttpMethod::kGet, "/metrics");
  const std::string metrics = exchange.run(router).response.body;
  EXPECT_THAT(metrics, HasSubstr("hearth_agent_statuses_sent_total 7\n"));
  EXPECT_THAT(metrics, HasSubstr("hearth_agent_instances{state=\"running\"} 1\n"));
  const std::string text = reference("metrics.md");
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kType = "# TYPE ";
    if (!line.starts_with(kType)) continue;
    const std::string name = line.substr(kType.size(), line.find(' ', kType.size()) - kType.size());
    EXPECT_THAT(text, HasSubstr("`" + name + "`"));
  }
}

}  // namespace
}  // namespace hearth
