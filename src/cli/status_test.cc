// `hearth status` of a large cluster, on terminals of several sizes.

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/columns.h"
#include "cli/cli_fixture.h"

namespace hearth::cli {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Not;
using testing::SizeIs;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// 20 services and 200 applications on 10 nodes.
class StatusTest : public CliTest {
 protected:
  static std::string workload(const std::string& name, const char* kind, std::uint32_t ready,
                              const std::string& reason = "", const char* phase = "deployed") {
    return fmt::format(R"({{"name":"{}","kind":"{}","generation":2,"phase":"{}","reason":"{}",)"
                       R"("instances":2,"running":{},"target":{{"generation":2,"instances":2,)"
                       R"("ready":{}}}}})",
                       name, kind, phase, reason, ready, ready);
  }
  static std::string node(int number, const char* state) {
    return fmt::format(R"({{"name":"node-{}","state":"{}","evidence":"silent for {} s, no )"
                       R"(answer to a dial, and nothing else that could be said of it"}})",
                       number, state, number);
  }
  void SetUp() override {
    manager_.answers("GET /v1/status", R"({"version":"0.1.0","epoch":4,"bus":{"carries":true,)"
                                       R"("bootstrap":"127.0.0.1:9092"}})");
    manager_.answers("GET /v1/instances", list({}));
  }
  /// `wrong` of the applications are, each for a reason of its own unless `same`.
  Outcome status(int wrong, bool same, int dead, const std::vector<std::string>& more = {}) {
    std::vector<std::string> nodes;
    for (int i = 0; i < 10; ++i) nodes.push_back(node(i, i < dead ? "dead" : "live"));
    manager_.answers("GET /v1/nodes", list(nodes));
    std::vector<std::string> workloads;
    for (int i = 0; i < 200; ++i) {
      const std::string reason = same ? "no node has room" : fmt::format("reason {}", i);
      workloads.push_back(i < wrong
                              ? workload(fmt::format("app-{:03}", i), "application", 0, reason)
                              : workload(fmt::format("app-{:03}", i), "application", 2));
    }
    for (int i = 0; i < 20; ++i) {
      workloads.push_back(workload(fmt::format("service-{:02}", i), "service", i == 7 ? 1 : 2,
                                   i == 7 ? "its log is silent" : ""));
    }
    manager_.answers("GET /v1/workloads", list(workloads));
    std::vector<std::string> words{"status"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
};

// Goal: on any screen, whatever is wrong, all of the overview is seen at once.
TEST_F(StatusTest, FitsOnOneScreenWhateverIsWrong) {
  for (const std::size_t width : {40U, 80U, 200U}) {
    for (const std::size_t height : {16U, 24U, 60U}) {
      style_ = {.width = width, .height = height, .out_is_terminal = true};
      for (const int wrong : {0, 3, 200}) {
        for (const int dead : {0, 2, 10}) {
          const std::vector<std::string> lines = lines_of(status(wrong, false, dead).out);
          EXPECT_THAT(lines, SizeIs(Le(height - 1))) << width << ' ' << wrong << ' ' << dead;
          std::vector<std::size_t> widths;
          for (const std::string& line : lines) widths.push_back(columns_of(line));
          EXPECT_THAT(widths, Each(Le(width))) << wrong << ' ' << dead;
        }
      }
    }
  }
}

TEST_F(StatusTest, ShowsWhatHurtsMostFirstAndCountsTheRest) {
  style_ = {.width = 80, .height = 24, .out_is_terminal = true};
  const std::string out = status(60, false, 2).out;
  const auto at = [&](const char* words) { return out.find(words); };
  EXPECT_LT(at("node-0 "), at("service-07 (service)"));
  EXPECT_LT(at("service-07 (service)"), at("app-000 "));
  EXPECT_THAT(out, AllOf(HasSubstr("1 of 2 ready; its log is silent"),
                         HasSubstr("nodes         10: 2 dead, 8 live\n"),
                         HasSubstr("services      20: 1 reduced, 19 well\n"),
                         HasSubstr("applications  200: 60 unavailable, 140 well\n"),
                         HasSubstr("more (--all shows them): 50 applications unavailable"),
                         HasSubstr("8 nodes, 19 services and 140 applications are well\n")));
}

TEST_F(StatusTest, MarksWhatWasAdopted) {
  const auto adopted = [](const std::string& name, std::uint32_t ready) {
    std::string text = workload(name, "service", ready, "its log is silent");
    return text.replace(text.size() - 1, 1, R"(,"adopt":{"container":"pg_1"}})");
  };
  manager_.answers("GET /v1/nodes", list({node(1, "live")}));
  manager_.answers("GET /v1/workloads", list({adopted("pg", 1), adopted("web", 2),
                                              workload("db", "service", 1, "its log is silent")}));
  const std::string out = run({"status"}).out;
  EXPECT_THAT(out, AllOf(HasSubstr("services      3 (2 adopted): 2 reduced, 1 well\n"),
                         HasSubstr("db (service)           reduced"),
                         HasSubstr("pg (service, adopted)  reduced")));
}

TEST_F(StatusTest, ShowsTheSameFaultOfManyOnce) {
  const std::string out = status(60, true, 0).out;
  EXPECT_THAT(out, HasSubstr("60 applications       unavailable  0 of 2 ready; no node has room: "
                             "app-000, app-001"));
  EXPECT_THAT(out, Not(HasSubstr("more (--all")));
}

TEST_F(StatusTest, ShowsEverythingIfAsked) {
  style_ = {.width = 80, .height = 24, .out_is_terminal = true};
  const std::string out = status(200, false, 10, {"--all"}).out;
  EXPECT_THAT(lines_of(out), SizeIs(Ge(211U)));
  EXPECT_THAT(out, AllOf(HasSubstr("app-199"), Not(HasSubstr("--all"))));
}

TEST_F(StatusTest, IsShortIfAllIsWell) {
  for (int i = 0; i < 2; ++i) manager_.answers("GET /v1/nodes", list({node(1, "live")}));
  manager_.answers("GET /v1/workloads", list({workload("db", "service", 2)}));
  EXPECT_EQ(run({"status"}).out, "manager       " + manager_.url() +
                                     ", version 0.1.0, epoch 4\n"
                                     "bus           127.0.0.1:9092\n"
                                     "nodes         1: 1 live\n"
                                     "services      1: 1 well\n"
                                     "instances     2 of 2 ready\n");
}

}  // namespace
}  // namespace hearth::cli
