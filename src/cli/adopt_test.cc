// `hearth adopt`, and what the other commands say of an adopted container, against prepared answers
// of a manager.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli_fixture.h"
#include "wire/workload_document.h"

namespace hearth::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AdoptTest : public CliTest {
 protected:
  void SetUp() override {
    manager_.answers("GET /healthz", "{}");
    manager_.answers("PUT /v1/workloads/pg", R"({"name":"pg","generation":2})", 202);
    manager_.answers("GET /v1/workloads/pg", workload_);
    manager_.answers("GET /v1/instances", list({instance_}));
  }
  /// The document that was sent.
  std::string sent() {
    for (const FakeManager::Request& request : manager_.requests()) {
      if (request.method == "PUT") return request.body;
    }
    return {};
  }

  const std::string workload_ =
      R"({"name":"pg","kind":"service","generation":2,"phase":"deployed","instances":1,"running":1,
          "adopt":{"container":"pg","restart":"recreate"}})";
  const std::string instance_ =
      R"({"id":"pg-1","workload":"pg","generation":2,"node":"n1","desired_state":"run",
          "state":"running","container":"0123456789abcdef"})";
};

TEST_F(AdoptTest, DescribesTheContainerAndSendsNoBundle) {
  write("rules.yaml", "log_rules: [{name: panic, must_not_appear: PANIC, do: restart}]\n");
  const Outcome outcome = run({"adopt", "pg", "--node", "n1", "--rules",
                               (folder_ / "rules.yaml").string(), "--restart", "start"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("pg is container 'pg' on n1:"), HasSubstr("0123456789ab")));
  const auto spec = decode_workload_request(sent(), *WorkloadName::parse("pg"));
  ASSERT_TRUE(spec) << spec.error().message;
  ASSERT_TRUE(spec->instance.adopted);
  EXPECT_EQ(spec->instance.adopted->name, "pg");
  EXPECT_EQ(spec->instance.adopted->restart, AdoptedContainer::Restart::kStart);
  EXPECT_EQ(spec->node, *NodeName::parse("n1"));
  EXPECT_EQ(spec->kind, WorkloadKind::kService);
  EXPECT_EQ(spec->on_node_lost, NodeLossPolicy::kStay);
  ASSERT_EQ(spec->instance.log_rules.size(), 1U);
  for (const FakeManager::Request& request : manager_.requests())
    EXPECT_THAT(request.path, Not(HasSubstr("/v1/content")));
}

TEST_F(AdoptTest, AFileAdoptsToo) {
  write("pg.yaml",
        "name: pg\nkind: service\nnode: n1\nadopt: {container: pg}\n"
        "probes: {readiness: {tcp: {port: 5432}}}\n");
  const Outcome outcome = run({"deploy", (folder_ / "pg.yaml").string()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto spec = decode_workload_request(sent(), *WorkloadName::parse("pg"));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_TRUE(spec->instance.adopted);
  EXPECT_TRUE(spec->instance.probes.readiness);
  const Outcome checked = run({"deploy", "--check", (folder_ / "pg.yaml").string()});
  EXPECT_THAT(checked.out, HasSubstr("service pg, which adopts container 'pg'"));
  const Outcome refused = run({"deploy", (folder_ / "pg.yaml").string(), "--env", "A=b"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, HasSubstr("keeps its environment"));
}

TEST_F(AdoptTest, WrongArgumentsAreSaidInWords) {
  EXPECT_THAT(run({"adopt", "pg"}).err, HasSubstr("--node"));
  EXPECT_THAT(run({"adopt", "Shop_DB", "--node", "n1"}).err, HasSubstr("--name W"));
  EXPECT_THAT(run({"adopt", "a b", "--name", "pg", "--node", "n1"}).err,
              HasSubstr("as 'docker ps' shows it"));
  EXPECT_THAT(run({"adopt", "pg", "--node", "n1", "--restart", "never"}).err,
              HasSubstr("recreate, start"));
  EXPECT_THAT(run({"adopt", "pg", "--node", "n1", "--kind", "oneshot"}).err,
              HasSubstr("a service or an application"));
}

TEST_F(AdoptTest, IsShownWithItsContainer) {
  manager_.answers("GET /v1/workloads", list({workload_}));
  const Outcome outcome = run({"ps"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("service, adopted"), HasSubstr("container pg")));
}

TEST_F(AdoptTest, StoppingKeepsItAndRemovingLetsItGo) {
  manager_.answers("POST /v1/workloads/pg/stop", "{}", 202);
  manager_.answers("DELETE /v1/workloads/pg", "{}", 202);
  manager_.answers("GET /v1/instances",
                   list({R"({"id":"pg-1","workload":"pg","generation":2,"node":"n1",
                             "desired_state":"stage","state":"staged","container":"0123"})"}));
  const Outcome stopped = run({"stop", "pg"});
  EXPECT_EQ(stopped.code, 0) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("container 'pg' is stopped and kept"));
  manager_.answers("GET /v1/instances", list({}));
  const Outcome removed = run({"rm", "pg"});
  EXPECT_EQ(removed.code, 0) << removed.err;
  EXPECT_THAT(removed.err, HasSubstr("container 'pg' is let go"));
}

}  // namespace
}  // namespace hearth::cli
