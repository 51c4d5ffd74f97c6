#include "shell/agent/bus_finder.h"

#include <gmock/gmock.h>

#include "testing/idle/idle_http_client.h"
#include "testing/loop/manual_loop.h"

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using namespace std::chrono_literals;

/// A manager that always gives the same answer, until it is changed.
struct FakeManager final : IdleHttpClient {
  void send(HttpCall call, Completion<HttpReply> done) override {
    asked.push_back(call.target);
    done(answer);
  }
  Result<HttpReply> answer = fail(ErrorCode::kUnavailable, "nothing answers");
  std::vector<std::string> asked;
};

TEST(BusFinder, AsksUntilItGetsAnAnswerAndReportsEachFailure) {
  ManualLoop loop;
  FakeManager manager;
  std::vector<std::string> failures;
  std::optional<BusAddress> found;
  BusFinder finder(
      loop, manager, {"manager.test", 7700}, [&](const BusAddress& address) { found = address; },
      [&](const Error& error) { failures.push_back(error.message); });

  finder.seek();
  finder.seek();
  EXPECT_THAT(manager.asked, ElementsAre("/v1/bus")) << "it asks already";
  EXPECT_THAT(failures, ElementsAre("nothing answers"));

  manager.answer = HttpReply{.status = 200, .body = R"({"bootstrap":7})"};
  loop.advance(BusFinder::kRetry);
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_THAT(failures[1], HasSubstr("does not contain the address of the bus"));

  manager.answer = HttpReply{.status = 200, .body = R"({"bootstrap":"k:9","topic_prefix":"p."})"};
  loop.advance(BusFinder::kRetry);
  EXPECT_EQ(found, (BusAddress{"k:9", "p."}));
  const std::size_t asked = manager.asked.size();
  loop.advance(1min);
  EXPECT_THAT(manager.asked, SizeIs(asked)) << "what is found is not asked for again";

  finder.seek();
  EXPECT_EQ(manager.asked.size(), 4U);
}

}  // namespace
}  // namespace hearth
