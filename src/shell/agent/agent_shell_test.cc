#include "shell/agent/agent_shell.h"

#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "wire/assignment_codec.h"
#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const char kStatusTopic[] = "hearth.node.n1.status";
const char kAssignmentTopic[] = "hearth.node.n1.assignment";

struct FakeClock final : Clock {
  Instant now() const override { return {mono, WallTime(1'772'355'600s)}; }
  MonoTime mono{1h};
};

/// A disk that a test can hold up; used on two threads.
class FakeAgentStore final : public AgentStore {
 public:
  Result<std::uint64_t> count_start(const std::string&, std::uint64_t) override { return 1; }
  Result<std::optional<Assignment>> load() override { return std::nullopt; }
  Result<void> save(const Assignment& assignment) override {
    std::unique_lock lock(mutex_);
    ++asked_;
    // Not for ever, so that a loop that waits for it fails its test.
    released_.wait_for(lock, 20s, [this] { return !held_; });
    if (outcome_) saved_.push_back(assignment);
    return outcome_;
  }
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    released_.notify_all();
  }
  void fail_with(Result<void> outcome) {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
  }
  std::size_t asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::vector<Assignment> saved() {
    const std::lock_guard lock(mutex_);
    return saved_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  bool held_ = false;
  std::size_t asked_ = 0;
  Result<void> outcome_;
  std::vector<Assignment> saved_;
};

/// What the bus was told; outlives it.
struct BusRecords {
  boost::asio::io_context& loop;
  Bus::Handlers handlers;
  std::vector<std::string> followed_from_beginning;
  std::vector<BusRecord> published;
  Result<void> outcome;
};

struct FakeBus final : Bus {
  explicit FakeBus(BusRecords& the_records) : records(the_records) {}
  void set_handlers(Handlers given) override { records.handlers = std::move(given); }
  void ensure_topics(std::vector<TopicSpec>,
                     std::function<void(std::vector<TopicFailure>)>) override {}
  void follow(const std::string& topic, FollowFrom from) override {
    if (from == FollowFrom::kBeginning) records.followed_from_beginning.push_back(topic);
  }
  void publish(BusRecord record, Completion<void> done) override {
    records.published.push_back(std::move(record));
    boost::asio::post(records.loop, [done, outcome = records.outcome] { done(outcome); });
  }
  Result<void> reconnect(const std::string&) override { return {}; }
  BusRecords& records;
};

/// An engine that does at once what it is told. It holds the one image.
struct FakeRuntime final : ContainerRuntime {
  explicit FakeRuntime(boost::asio::io_context& the_loop) : loop(the_loop) {}
  void watch(Handlers given) override { handlers = std::move(given); }
  void inventory(Completion<Inventory> done) override {
    boost::asio::post(loop, [done, listing = listing] { done(listing); });
  }
  void create(ContainerRequest request, Completion<ContainerId> done) override {
    created.push_back(std::move(request));
    const ContainerId id{"container-" + std::to_string(created.size())};
    boost::asio::post(loop, [done, id] { done(id); });
  }
  void start(const ContainerId& container, Completion<void> done) override {
    started.push_back(container.str());
    boost::asio::post(loop, [done] { done({}); });
  }
  void stop(const ContainerId&, Duration, Completion<void> done) override {
    boost::asio::post(loop, [done] { done({}); });
  }
  void remove(const ContainerId& container, Completion<void> done) override {
    removed.push_back(container.str());
    boost::asio::post(loop, [done] { done({}); });
  }
  // No test here comes to these.
  void build(const std::filesystem::path&, const std::string&, ChunkSink,
             Completion<void>) override {}
  void cancel_build(const std::string&) override {}
  void save_image(const std::string&, const std::filesystem::path&, Completion<Digest>) override {}
  void load_image(const std::filesystem::path&, Completion<void>) override {}
  void remove_image(const std::string&, Completion<void>) override {}
  void logs(LogRequest, ChunkSink, Completion<void>) override {}
  boost::asio::io_context& loop;
  Handlers handlers;
  std::vector<ContainerRequest> created;
  std::vector<std::string> started;
  std::vector<std::string> removed;
  Result<Inventory> listing = Inventory{.containers = {}, .images = {"hearth/app:1"}};
};

struct NoHttp final : HttpClient {
  void send(HttpCall, Completion<HttpReply>) override {}
  void download(HttpCall, std::filesystem::path, std::uint64_t, Completion<ReceivedFile>) override {
  }
  void upload(HttpCall, std::filesystem::path, Completion<HttpReply>) override {}
  void stream(HttpCall, ChunkSink, Completion<void>) override {}
  std::unique_ptr<HttpUpload> open_upload(HttpCall, Completion<HttpReply>) override { return {}; }
};

struct NoContent final : ContentClient {
  void download(const Digest&, std::filesystem::path, Completion<void>) override {}
  void upload(std::filesystem::path, const Digest&, Completion<void>) override {}
};

Assignment wish(std::uint64_t revision) {
  return {.node = *NodeName::parse("n1"),
          .number = {Epoch{1}, Revision{revision}},
          .heartbeat_interval = 500ms,
          .instances = {{.id = {"app-1"},
                         .workload = *WorkloadName::parse("app"),
                         .generation = Generation{1},
                         .desire = InstanceDesire::kRun,
                         .image = {"hearth/app:1", std::nullopt},
                         .container = {}}},
          .images = {},
          .builds = {}};
}

class AgentShellTest : public testing::Test {
 protected:
  AgentShellTest() {
    EXPECT_TRUE(shell.start());
    records.handlers.on_caught_up(kAssignmentTopic);
    loop.poll();
  }
  ~AgentShellTest() override { store.release(); }

  void run_until(const std::function<bool()>& seen) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!seen() && std::chrono::steady_clock::now() < give_up) loop.run_one_for(10ms);
    ASSERT_TRUE(seen()) << "waited in vain";
  }
  std::string problem() const { return shell.agent().status().report->problem; }
  /// Delivered, stored, and what follows at once has happened.
  void assign(const Assignment& assignment) {
    deliver(*encode(assignment));
    run_until([&] { return shell.agent().status().applied == assignment.number; });
    loop.poll();
  }
  void deliver(const std::string& payload) {
    records.handlers.on_message(
        {.topic = kAssignmentTopic, .key = "n1", .payload = payload, .received_at = clock.mono});
    loop.poll();
  }
  void find_engine() {
    runtime.handlers.on_watching();
    loop.poll();
  }
  std::vector<Heartbeat> statuses() const {
    std::vector<Heartbeat> all;
    for (const BusRecord& one : records.published) {
      EXPECT_EQ(one.topic, kStatusTopic);
      all.push_back(*decode_heartbeat(one.payload));
    }
    return all;
  }
  /// Time passes; a word that changes nothing makes the agent look at the clock.
  void pass(Duration duration) {
    clock.mono += duration;
    records.handlers.on_caught_up(kAssignmentTopic);
    loop.poll();
  }

  AgentShellConfig config() const {
    return {
        .manager = {"manager.test", 7700},
        .bus = BusAddress{"127.0.0.1:9092", "hearth."},
        .work_folder = std::filesystem::path(testing::TempDir()) /
                       ("agent_shell_test_" +
                        std::string(testing::UnitTest::GetInstance()->current_test_info()->name())),
        .bus_retry = 1ms};
  }
  static core::AgentSettings settings() {
    return {
        .node = *NodeName::parse("n1"), .incarnation = {"boot", 1}, .capacity = {}, .restart = {}};
  }
  AgentPorts ports() {
    return {.clock = clock,
            .runtime = runtime,
            .store = store,
            .http = http,
            .content = content,
            .sample_load = [] { return Load{}; },
            .open_bus = [this](const std::string&) -> Result<std::unique_ptr<Bus>> {
              if (bus_errors.empty()) return std::make_unique<FakeBus>(records);
              const Error error = bus_errors.back();
              bus_errors.pop_back();
              return tl::unexpected(error);
            }};
  }

  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      loop.get_executor()};
  FakeClock clock;
  FakeAgentStore store;
  FakeRuntime runtime{loop};
  NoHttp http;
  NoContent content;
  BusRecords records{.loop = loop};
  std::vector<Error> bus_errors;  ///< Of the next attempts to open it.
  AgentShell shell{loop, config(), settings(), std::nullopt, 1, ports()};
};

TEST_F(AgentShellTest, AnAssignmentIsStoredAndThenActedOn) {
  EXPECT_THAT(records.followed_from_beginning, ElementsAre(kAssignmentTopic));
  find_engine();
  assign(wish(1));
  EXPECT_THAT(store.saved(), ElementsAre(wish(1)));
  ASSERT_THAT(runtime.created, SizeIs(1));
  EXPECT_EQ(runtime.created[0].instance.str(), "app-1");
  EXPECT_THAT(runtime.started, ElementsAre("container-1"));
}

TEST_F(AgentShellTest, AnAssignmentThatCannotBeStoredIsNotActedOn) {
  find_engine();
  store.fail_with(fail(ErrorCode::kExhausted, "the disk is full"));
  deliver(*encode(wish(1)));
  run_until([&] { return problem() == "its assignment cannot be stored: the disk is full"; });
  EXPECT_THAT(runtime.created, IsEmpty());
}

// Goal: a disk that is busy for seconds does not make the node look dead. Method: a store that does
// not return; heartbeats leave, and the loop, on which dials are answered, goes round.
TEST_F(AgentShellTest, ADiskThatHangsHoldsUpNeitherHeartbeatsNorDials) {
  find_engine();
  pass(2s);
  store.hold();
  deliver(*encode(wish(1)));
  run_until([&] { return store.asked() == 1; });
  const std::size_t before = statuses().size();
  for (int beat = 0; beat < 10; ++beat) pass(500ms);
  EXPECT_THAT(statuses(), SizeIs(before + 10));
  bool answered = false;
  boost::asio::post(loop, [&] { answered = true; });
  loop.poll();
  EXPECT_TRUE(answered);
  EXPECT_THAT(store.saved(), IsEmpty());
  EXPECT_THAT(runtime.created, IsEmpty());
  store.release();
  run_until([&] { return runtime.started.size() == 1; });
}

TEST_F(AgentShellTest, WhyTheContainersCannotBeListedIsTold) {
  runtime.listing = fail(ErrorCode::kFailed, "the list is broken");
  find_engine();
  EXPECT_EQ(problem(), "its containers cannot be listed: the list is broken");
}

TEST_F(AgentShellTest, SpoiltAssignmentsAreCountedAndChangeNothing) {
  find_engine();
  assign(wish(1));
  const std::string whole = *encode(wish(2));
  for (const std::string& payload :
       {std::string(), std::string("no JSON"), std::string("{}"), whole.substr(0, whole.size() - 1),
        whole + std::string(kAssignmentBytesMax, ' ')}) {
    deliver(payload);
  }
  EXPECT_EQ(shell.counters().payloads_rejected, 5U);
  records.handlers.on_oversized({.topic = kAssignmentTopic, .offset = 9},
                                Error{ErrorCode::kExhausted, "900001 bytes"});
  EXPECT_EQ(shell.counters().payloads_rejected, 6U);
  EXPECT_THAT(store.saved(), SizeIs(1));
  EXPECT_THAT(runtime.removed, IsEmpty());
  EXPECT_EQ(shell.agent().status().applied, wish(1).number);
}

TEST_F(AgentShellTest, WhatExitsIsStartedAgainInAFreshContainer) {
  find_engine();
  assign(wish(1));
  runtime.handlers.on_notice({.kind = ContainerNotice::Kind::kExited,
                              .container = {"container-1"},
                              .instance = {"app-1"},
                              .exit = ContainerExit{.code = 3}});
  loop.poll();
  ASSERT_THAT(runtime.created, SizeIs(2));
  EXPECT_EQ(runtime.created[1].restarts, 1U);
  EXPECT_THAT(runtime.started, ElementsAre("container-1", "container-2"));
  EXPECT_THAT(runtime.removed, ElementsAre("container-1"));
}

TEST_F(AgentShellTest, AHeartbeatGoesOutAtEachInterval) {
  find_engine();
  pass(2s);
  const std::size_t before = statuses().size();
  pass(499ms);
  EXPECT_THAT(statuses(), SizeIs(before));
  pass(1ms);
  ASSERT_THAT(statuses(), SizeIs(before + 1));
  EXPECT_EQ(statuses().back().incarnation, (Incarnation{"boot", 1}));
  EXPECT_EQ(statuses().back().seq, before + 1);
  EXPECT_EQ(shell.counters().statuses_sent, before + 1);
}

TEST_F(AgentShellTest, AReportThatTheBusDidNotTakeIsToldAgain) {
  records.outcome = fail(ErrorCode::kExhausted, "the send queue is full");
  find_engine();
  pass(1s);
  EXPECT_GT(shell.counters().statuses_dropped, 0U);
  ASSERT_TRUE(statuses().back().report.has_value());
  records.outcome = {};
  pass(500ms);
  EXPECT_TRUE(statuses().back().report.has_value());
  pass(500ms);
  EXPECT_FALSE(statuses().back().report.has_value());
}

/// A shell whose bus cannot be opened at first.
class AgentShellBusTest : public AgentShellTest {
 protected:
  AgentShell late{loop, config(), settings(), std::nullopt, 1, ports()};
};

TEST_F(AgentShellBusTest, ABusThatCannotBeOpenedIsTriedAgain) {
  records.followed_from_beginning.clear();
  bus_errors.assign(3, {ErrorCode::kExhausted, "no file descriptor left"});
  ASSERT_TRUE(late.start());
  EXPECT_FALSE(late.knows_bus());
  run_until([&] { return late.knows_bus(); });
  EXPECT_THAT(bus_errors, IsEmpty());
  EXPECT_THAT(records.followed_from_beginning, ElementsAre(kAssignmentTopic));
}

TEST_F(AgentShellBusTest, AnAddressThatNamesNoBusEndsTheStart) {
  bus_errors.assign(1, {ErrorCode::kInvalidArgument, "'kafka' names no kafka broker"});
  const Result<void> started = late.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "'kafka' names no kafka broker");
}

}  // namespace
}  // namespace hearth
