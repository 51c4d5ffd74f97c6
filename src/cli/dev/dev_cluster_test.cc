// The programs are scripts that record their start, and the engine is a fake; processes, sockets
// and the loop are real.

#include "cli/dev/dev_cluster.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "adapters/file/file.h"
#include "adapters/loop/coroutine.h"
#include "testing/disk/temporary_directory.h"
#include "testing/engine/fake_engine.h"

namespace hearth::cli {
namespace {

namespace fs = std::filesystem;
using docker::answer;
using docker::FakeEngine;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string kLeft(64, 'a');
const std::string kLate(64, 'b');
constexpr const char* kList = "/containers/json";
constexpr std::string_view kAllStarted = "hearthd\nhearth-agent\nhearth-agent\n";

std::string list_of(const std::string& container) {
  return answer(200, fmt::format(R"([{{"Id":"{}","Image":"heater","State":"running","Labels":)"
                                 R"({{"hearth.cluster":"x","hearth.node":"node-1",)"
                                 R"("hearth.instance":"heater-1","hearth.workload":"heater",)"
                                 R"("hearth.generation":"1","hearth.restarts":"0"}}}}])",
                                 container));
}

class DevClusterTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"hearthd", "hearth-agent"}) {
      const fs::path program = folder_ / name;
      const auto written =
          replace_file(program, fmt::format("#!/bin/sh\necho {} >> '{}'\nexec sleep 60\n", name,
                                            (folder_ / "started").string()));
      ASSERT_TRUE(written) << written.error().message;
      fs::permissions(program, fs::perms::owner_all);
    }
    engine_.on("/_ping", {answer(200, "OK")});
    engine_.on(kList, {list_of(kLeft)});
    engine_.on("/containers/" + kLeft, {answer(204, "")});
    engine_.on("/containers/" + kLate, {answer(204, "")});
  }
  void TearDown() override {
    cluster_.reset();
    engine_.stop();
    loop_.restart();
    loop_.run_for(seconds(10));
    EXPECT_TRUE(loop_.stopped()) << "something is still pending on the loop";
  }

  void prepare(const std::string& kafka = "embedded") {
    auto made = DevCluster::prepare(
        loop_,
        {.state = folder_ / "state",
         .programs = folder_.path(),
         .docker_socket = folder_ / "docker.sock",
         .kafka = kafka,
         .nodes = 2},
        {.on_notice = [this](std::string words) { reported_.push_back(std::move(words)); },
         .on_broken = [this](std::string words) { broken_.push_back(std::move(words)); }});
    ASSERT_TRUE(made) << made.error().message;
    cluster_ = *std::move(made);
  }
  void start() {
    start_coroutine(loop_, [this](Coroutine& coroutine) {
      started_ = cluster_->start(coroutine);
      EXPECT_FALSE(stopped_) << "stop() returned before the start it interrupts";
    });
  }
  void stop() {
    start_coroutine(loop_, [this](Coroutine& coroutine) {
      cluster_->stop(coroutine);
      stopped_ = true;
    });
  }
  /// Runs the loop until `holds()`; false after a time that no machine needs.
  bool until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(30);
    while (!holds() && std::chrono::steady_clock::now() < deadline) {
      loop_.restart();
      loop_.run_for(milliseconds(5));
    }
    return holds();
  }
  std::string programs_started() const {
    return read_file(folder_ / "started", 1 << 20)->value_or("");
  }

  TemporaryDirectory folder_;
  boost::asio::io_context loop_{1};
  FakeEngine engine_{loop_, folder_ / "docker.sock"};
  std::unique_ptr<DevCluster> cluster_;
  std::optional<Result<void>> started_;
  bool stopped_ = false;
  std::vector<std::string> reported_;
  std::vector<std::string> broken_;
};

TEST_F(DevClusterTest, StartRemovesLeftoversAndStopEndsEverything) {
  prepare();
  start();
  ASSERT_TRUE(until([&] { return programs_started().size() >= kAllStarted.size(); }))
      << programs_started();
  ASSERT_TRUE(*started_) << started_->error().message;
  EXPECT_EQ(engine_.count("/containers/" + kLeft), 1U);
  engine_.on(kList, {answer(200, "[]")});
  stop();
  ASSERT_TRUE(until([&] { return stopped_; }));
  EXPECT_THAT(broken_, IsEmpty());
  EXPECT_THAT(reported_, Not(Contains(HasSubstr("may remain"))));
}

TEST_F(DevClusterTest, FewerNodesThanBeforeRequireAFreshCluster) {
  prepare();
  const std::string id = cluster_->facts().cluster;
  cluster_.reset();
  const auto with = [&](std::uint32_t nodes, DevConfig::Begin begin) {
    return DevCluster::prepare(loop_,
                               {.state = folder_ / "state",
                                .programs = folder_.path(),
                                .docker_socket = folder_ / "docker.sock",
                                .kafka = "embedded",
                                .nodes = nodes,
                                .begin = begin},
                               {[](const std::string&) {}, [](const std::string&) {}});
  };
  const auto fewer = with(1, DevConfig::Begin::kWhereItEnded);
  ASSERT_FALSE(fewer);
  EXPECT_EQ(fewer.error().code, ErrorCode::kConflict);
  EXPECT_THAT(fewer.error().message, AllOf(HasSubstr("--nodes 2"), HasSubstr("--fresh")));
  EXPECT_EQ((*with(3, DevConfig::Begin::kWhereItEnded))->facts().cluster, id);
  auto anew = with(1, DevConfig::Begin::kAnew);
  ASSERT_TRUE(anew) << anew.error().message;
  EXPECT_NE((*anew)->facts().cluster, id);
  // Containers that a kill -9 of the previous cluster left are removed as well.
  cluster_ = *std::move(anew);
  start();
  ASSERT_TRUE(until([&] { return started_.has_value(); }));
  std::string asked_for;
  for (const auto& request : engine_.requests()) asked_for += request.path;
  EXPECT_THAT(asked_for, HasSubstr("hearth.cluster%3D" + id));
  engine_.on(kList, {answer(200, "[]")});
  stop();
  ASSERT_TRUE(until([&] { return stopped_; }));
}

// Goal: an agent that is ending may have asked for a container that the engine lists with a delay.
// Method: the listing after the first removal has another one.
TEST_F(DevClusterTest, StopRemovesContainersThatAppearMeanwhile) {
  prepare();
  start();
  ASSERT_TRUE(until([&] { return started_.has_value(); }));
  engine_.on(kList, {answer(200, "[]")});
  const std::size_t before = engine_.count(kList);
  stop();
  ASSERT_TRUE(until([&] { return engine_.count(kList) > before; }));
  engine_.on(kList, {list_of(kLate)});
  ASSERT_TRUE(until([&] { return engine_.count("/containers/" + kLate) > 0; }));
  engine_.on(kList, {answer(200, "[]")});
  ASSERT_TRUE(until([&] { return stopped_; }));
}

// Goal: a Ctrl-C during the start ends it, wherever the start waits. Method: the engine withholds
// one answer until the stop is in progress.
class InterruptedStart : public DevClusterTest, public testing::WithParamInterface<std::string> {};

TEST_P(InterruptedStart, StartsNothing) {
  const std::string& held = GetParam();
  engine_.on(held, {"", FakeEngine::Then::kHold});
  prepare();
  start();
  ASSERT_TRUE(until([&] { return engine_.count(held) > 0; }));
  stop();
  loop_.restart();
  loop_.run_for(milliseconds(50));
  EXPECT_FALSE(stopped_);
  engine_.on(held, {answer(200, "[]")});
  engine_.on(kList, {answer(200, "[]")});
  engine_.send(held, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]");
  ASSERT_TRUE(until([&] { return stopped_; }));
  EXPECT_TRUE(started_ && started_->has_value());
  EXPECT_EQ(programs_started(), "");
  EXPECT_FALSE(fs::exists(cluster_->facts().power_socket));
  EXPECT_THAT(broken_, IsEmpty());
  EXPECT_THAT(reported_, Not(Contains(HasSubstr("may remain"))));
}

INSTANTIATE_TEST_SUITE_P(AtEachWait, InterruptedStart,
                         testing::Values(kList, "/containers/" + kLeft));

class StartWithoutAnswer : public InterruptedStart {};

// An engine that has not answered yet may never do so, and there is no container to remove.
TEST_P(StartWithoutAnswer, IsInterruptedAtOnce) {
  engine_.on(GetParam(), {"", FakeEngine::Then::kHold});
  prepare();
  start();
  ASSERT_TRUE(until([&] { return engine_.count(GetParam()) > 0; }));
  stop();
  ASSERT_TRUE(until([&] { return stopped_; }));
  EXPECT_TRUE(started_ && started_->has_value());
  EXPECT_EQ(programs_started(), "");
  EXPECT_EQ(engine_.count(kList), 0U);
}

INSTANTIATE_TEST_SUITE_P(OfTheEngine, StartWithoutAnswer, testing::Values("/version", "/_ping"));

/// A port that neither accepts nor refuses connections: its queue is full.
class DeafPort {
 public:
  DeafPort() {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.1", &name.sin_addr);
    socklen_t size = sizeof name;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&name), size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size), 0);
    for (const int waiting : waiting_) {
      (void)::connect(waiting, reinterpret_cast<sockaddr*>(&name), size);
    }
    port_ = ntohs(name.sin_port);
  }
  ~DeafPort() {
    ::close(listener_);
    for (const int waiting : waiting_) ::close(waiting);
  }
  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

 private:
  static int open() { return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

  int listener_ = open();
  int waiting_[4] = {open(), open(), open(), open()};
  std::uint16_t port_ = 0;
};

TEST_F(DevClusterTest, AStartThatWaitsForABrokerIsInterruptedAtOnce) {
  const DeafPort broker;
  prepare(broker.address());
  start();
  ASSERT_TRUE(until([&] { return engine_.count("/_ping") > 0; }));
  loop_.restart();
  loop_.run_for(milliseconds(50));
  ASSERT_FALSE(started_);
  const auto begin = std::chrono::steady_clock::now();
  stop();
  ASSERT_TRUE(until([&] { return engine_.count(kList) > 0; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(2));
  engine_.on(kList, {answer(200, "[]")});
  ASSERT_TRUE(until([&] { return stopped_; }));
  EXPECT_EQ(programs_started(), "");
}

TEST_F(DevClusterTest, SaysWhyItCannotStart) {
  engine_.stop();
  prepare();
  start();
  ASSERT_TRUE(until([&] { return started_.has_value(); }));
  ASSERT_FALSE(*started_);
  EXPECT_THAT(started_->error().message, StartsWith("the Docker engine is not running"));
  stop();
  ASSERT_TRUE(until([&] { return stopped_; }));
  EXPECT_EQ(programs_started(), "");
}

}  // namespace
}  // namespace hearth::cli
