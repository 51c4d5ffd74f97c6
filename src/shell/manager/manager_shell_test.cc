#include "shell/manager/manager_shell.h"

#include <atomic>
#include <mutex>
#include <numeric>

#include <gmock/gmock.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "wire/assignment_codec.h"
#include "wire/canary_codec.h"
#include "wire/event_codec.h"
#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::uint64_t kOldEvents = 10;

NodeName node(const std::string& name) {
  return *NodeName::parse(name);
}

struct FakeClock final : Clock {
  Instant now() const override { return {mono, WallTime(1'772'355'600s)}; }
  MonoTime mono{1h};
};

/// Keeps events and epochs. Can be held (a commit then waits) and made to fail.
struct FakeStore final : Store {
  FakeStore() {
    for (std::uint64_t seq = 1; seq <= kOldEvents; ++seq) events.push_back({.seq = seq});
  }
  Result<Snapshot> load() override { return Snapshot{}; }
  Result<void> commit(const std::vector<Write>& writes) override {
    held.wait(true);
    if (failures > 0) {
      --failures;
      return fail(ErrorCode::kUnavailable, "the disk is gone");
    }
    const std::lock_guard lock(mutex);
    for (const Write& write : writes) {
      if (const auto* put = std::get_if<PutEpoch>(&write)) epochs.push_back(put->epoch);
      if (const auto* add = std::get_if<AppendEvent>(&write)) events.push_back(add->event);
    }
    return {};
  }
  Result<std::vector<ClusterEvent>> events_after(std::uint64_t seq,
                                                 std::size_t count_max) override {
    const std::lock_guard lock(mutex);
    std::vector<ClusterEvent> found = events;
    std::erase_if(found, [&](const ClusterEvent& event) { return event.seq <= seq; });
    found.resize(std::min(found.size(), count_max));
    return found;
  }
  void release() {
    held = false;
    held.notify_all();
  }
  std::uint64_t last_seq() {
    const std::lock_guard lock(mutex);
    return events.back().seq;
  }

  std::atomic<bool> held = false;
  std::atomic<int> failures = 0;  ///< Commits that fail from now on.
  std::mutex mutex;
  std::vector<Epoch> epochs;
  std::vector<ClusterEvent> events;
};

/// Records what is asked of it. Brings canaries back while it carries.
struct FakeBus final : Bus {
  FakeBus(boost::asio::io_context& the_loop, FakeStore& the_store, const FakeClock& the_clock)
      : loop(the_loop), store(the_store), clock(the_clock) {}
  void set_handlers(Handlers given) override { handlers = std::move(given); }
  void ensure_topics(std::vector<TopicSpec> topics, Completion<void> done) override {
    std::vector<std::string> names;
    for (const TopicSpec& one : topics) names.push_back(one.name);
    topic_requests.push_back(std::move(names));
    if (hold_topics) {
      topics_done = std::move(done);
    } else {
      boost::asio::post(loop, [done, outcome = topics_outcome] { done(outcome); });
    }
  }
  void follow(const std::string& topic, FollowFrom from) override {
    EXPECT_EQ(from, FollowFrom::kEnd);
    followed.push_back(topic);
  }
  void unfollow(const std::string&) override {}
  void publish(BusRecord record, Completion<void> done) override {
    if (record.topic == "hearth.events") {
      // Whatever a test is about: nobody hears of an event that could still be lost.
      EXPECT_LE(decode_cluster_event(record.payload)->seq, store.last_seq());
    }
    if (record.topic == "hearth.canary" && carries) deliver(record.topic, record.payload);
    published.push_back(std::move(record));
    boost::asio::post(loop, [done, outcome = publish_outcome] { done(outcome); });
  }
  Result<void> reconnect(const std::string&) override { return {}; }
  void deliver(const std::string& topic, const std::string& payload) {
    boost::asio::post(loop, [this, topic, payload] {
      handlers.on_message(
          {.topic = topic, .key = {}, .payload = payload, .received_at = clock.mono});
    });
  }
  std::vector<BusRecord> on(const std::string& topic) const {
    std::vector<BusRecord> found = published;
    std::erase_if(found, [&](const BusRecord& one) { return one.topic != topic; });
    return found;
  }
  boost::asio::io_context& loop;
  FakeStore& store;
  const FakeClock& clock;
  Handlers handlers;
  bool carries = true;
  bool hold_topics = false;
  Result<void> topics_outcome;
  Result<void> publish_outcome;
  Completion<void> topics_done;
  std::vector<std::vector<std::string>> topic_requests;
  std::vector<std::string> followed;
  std::vector<BusRecord> published;
};

struct FakeDialer final : Dialer {
  explicit FakeDialer(boost::asio::io_context& the_loop) : loop(the_loop) {}
  void dial(const Endpoint& agent, Duration, std::function<void(DialOutcome)> done) override {
    dialled.push_back(agent);
    boost::asio::post(loop, [done, answer = outcome] { done(answer); });
  }
  boost::asio::io_context& loop;
  DialOutcome outcome = DialOutcome::kAnswered;
  std::vector<Endpoint> dialled;
};

struct FakeHttp final : HttpClient {
  explicit FakeHttp(boost::asio::io_context& the_loop) : loop(the_loop) {}
  void send(HttpCall call, Completion<HttpReply> done) override {
    calls.push_back(std::move(call));
    boost::asio::post(loop, [done, answer = reply] { done(answer); });
  }
  // The manager's shell does nothing else with it.
  void download(HttpCall, std::filesystem::path, std::uint64_t, Completion<ReceivedFile>) override {
  }
  void upload(HttpCall, std::filesystem::path, Completion<HttpReply>) override {}
  void stream(HttpCall, ChunkSink, Completion<void>) override {}
  std::unique_ptr<HttpUpload> open_upload(HttpCall, Completion<HttpReply>) override { return {}; }
  boost::asio::io_context& loop;
  Result<HttpReply> reply = fail(ErrorCode::kTimeout, "no answer");
  std::vector<HttpCall> calls;
};

struct FakePower final : PowerDriver {
  void switch_power(const NodeName& name, PowerVerb verb, Completion<void> done) override {
    switched.emplace_back(name.str(), verb);
    last_done = std::move(done);
  }
  std::vector<std::pair<std::string, PowerVerb>> switched;
  Completion<void> last_done;
};

struct WarningCount final : spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  void sink_it_(const spdlog::details::log_msg& line) override {
    if (line.level == spdlog::level::warn) ++count;
  }
  void flush_() override {}
  int count = 0;
};

class ManagerShellTest : public testing::Test {
 protected:
  ManagerShellTest() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", warnings));
  }
  ~ManagerShellTest() override {
    store.release();
    shell.reset();
    spdlog::set_default_logger(usual_logger);
  }

  /// A manager of epoch 7 that knows `nodes`; events 1 to 10 are older than it.
  void start(std::vector<Node> nodes = {}) {
    shell = std::make_unique<ManagerShell>(
        loop, ManagerShellConfig{.bus_bootstrap = "127.0.0.1:9092"},
        core::ManagerSettings{.liveness = settings_of(LivenessProfile::kDefault),
                              .recovery = {},
                              .with_power = {},
                              .power_by_default = true},
        Snapshot{.epoch = Epoch{6}, .last_event_seq = kOldEvents, .nodes = std::move(nodes)},
        ManagerPorts{clock, bus, store, dialer, http, power},
        [this](const Error& error) { fatal.push_back(error); });
    shell->start();
    settle();
  }

  /// Runs what is ready until nothing more comes of it. While the store is held: but for the store.
  void settle() {
    loop.poll();
    if (store.held) return;
    std::uint64_t before = 0;
    do {
      before = commits_ended();
      // The store's jobs run in order: when this one has ended, so has a commit before it.
      bool passed = false;
      shell->events_after(0, 1, [&passed](const auto&) { passed = true; });
      run_until([&passed] { return passed; });
      loop.poll();
    } while (commits_ended() != before);
  }
  std::uint64_t commits_ended() const { return counters().commits + counters().commits_failed; }
  template <class Condition>
  void run_until(Condition reached) {
    const auto patience = std::chrono::steady_clock::now() + 20s;
    while (!reached()) {
      ASSERT_LT(std::chrono::steady_clock::now(), patience) << "it never came";
      loop.run_one_for(100ms);
    }
  }
  /// Time passes, in steps that are no lateness. A word about a node that nobody knows makes the
  /// manager look at the clock.
  void pass(Duration duration) {
    for (Duration gone{}; gone < duration; gone += 50ms) {
      clock.mono += 50ms;
      tell("ghost", {});
      settle();
    }
  }
  void tell(const std::string& name, const Heartbeat& heartbeat) {
    bus.deliver("hearth.node." + name + ".status", encode(heartbeat));
  }
  void beat(const std::string& name) {
    tell(name, {.incarnation = {"boot", 1}, .seq = ++beats, .sent_at = std::nullopt});
    settle();
  }
  void import(const std::string& name) {
    shell->submit(ImportNodes{{{node(name), name, {.address = name + ".test", .port = 7701}}}},
                  [this](const Result<core::CommandResult>& answer) {
                    answers.push_back(answer ? std::nullopt : std::optional(answer.error().code));
                  });
  }
  /// Node n1 is live, its dials are known to be answered, and it begins to be silent.
  void silence_n1() {
    start();
    import("n1");
    settle();
    beat("n1");
    pass(100ms);
    ASSERT_EQ(state("n1"), NodeState::kLive);
    ASSERT_THAT(dialer.dialled, ElementsAre(Endpoint{"n1.test", 7701}));
  }
  const ManagerShellCounters& counters() const { return shell->shell_counters(); }
  NodeState state(const std::string& name) const {
    return shell->manager().find_node(node(name))->state;
  }
  std::vector<std::uint64_t> seqs_after(std::uint64_t seq, std::size_t count_max) {
    std::optional<std::vector<std::uint64_t>> seqs;
    shell->events_after(seq, count_max, [&seqs](const Result<std::vector<ClusterEvent>>& events) {
      seqs.emplace();
      for (const ClusterEvent& event : *events) seqs->push_back(event.seq);
    });
    EXPECT_FALSE(seqs.has_value()) << "a completion from within the call";
    run_until([&seqs] { return seqs.has_value(); });
    return seqs.value_or(std::vector<std::uint64_t>{});
  }

  std::shared_ptr<spdlog::logger> usual_logger = spdlog::default_logger();
  std::shared_ptr<WarningCount> warnings = std::make_shared<WarningCount>();
  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      loop.get_executor()};
  FakeClock clock;
  FakeStore store;
  FakeBus bus{loop, store, clock};
  FakeDialer dialer{loop};
  FakeHttp http{loop};
  FakePower power;
  std::vector<Error> fatal;
  std::vector<std::optional<ErrorCode>> answers;  ///< To import(), in order; nullopt: done.
  std::uint64_t beats = 0;
  std::unique_ptr<ManagerShell> shell;
};

Node known(const std::string& name, NodeState state) {
  return {.name = node(name), .agent = {name + ".test", 7701}, .state = state};
}

/// A first step that calls for every kind of action but a reply.
std::vector<Node> eventful_fleet() {
  Node dead = known("dead", NodeState::kDead);
  dead.recovery = {.phase = RecoveryPhase::kSwitchingOff, .attempt = 1, .reason = {}};
  return {dead, known("live", NodeState::kLive), known("unreachable", NodeState::kUnreachable)};
}

TEST_F(ManagerShellTest, NothingIsDoneBeforeItsWritesAreDurable) {
  store.held = true;
  start(eventful_fleet());
  bool told = false;
  shell->event_added().add([&told] { told = true; });
  EXPECT_THAT(bus.published, IsEmpty());
  EXPECT_THAT(bus.followed, ElementsAre("hearth.canary"));
  EXPECT_THAT(dialer.dialled, IsEmpty());
  EXPECT_THAT(http.calls, IsEmpty());
  EXPECT_THAT(power.switched, IsEmpty());
  EXPECT_EQ(shell->last_event_seq(), kOldEvents);
  store.release();
  settle();
  EXPECT_TRUE(told);
  EXPECT_THAT(store.epochs, ElementsAre(Epoch{7}));
  EXPECT_GT(shell->last_event_seq(), kOldEvents);
  EXPECT_THAT(bus.followed, SizeIs(4));
  EXPECT_THAT(dialer.dialled, Contains(Endpoint{"live.test", 7701}));
  EXPECT_EQ(http.calls.at(0).server, (Endpoint{"unreachable.test", 7701}));
  EXPECT_THAT(power.switched, ElementsAre(std::pair(std::string("dead"), PowerVerb::kOff)));
  const std::vector<BusRecord> wishes = bus.on("hearth.node.live.assignment");
  ASSERT_THAT(wishes, SizeIs(1));
  EXPECT_EQ(wishes[0].key, "live");
  EXPECT_EQ(decode_assignment(wishes[0].payload)->number.epoch, Epoch{7});
}

TEST_F(ManagerShellTest, ACommandIsAnsweredOnceItIsDurable) {
  start();
  store.held = true;
  import("n1");
  settle();
  EXPECT_THAT(answers, IsEmpty());
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), IsEmpty());
  store.release();
  settle();
  EXPECT_THAT(answers, ElementsAre(std::nullopt));
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), SizeIs(1));
}

TEST_F(ManagerShellTest, AFailedBatchIsTriedAgainAndThenDoneOnce) {
  store.failures = 1000;
  start(eventful_fleet());
  EXPECT_GE(counters().commits_failed, 1U);
  import("n1");
  loop.poll();
  EXPECT_THAT(bus.published, IsEmpty());
  EXPECT_THAT(power.switched, IsEmpty());
  EXPECT_THAT(answers, IsEmpty());
  store.failures = 0;
  run_until([this] { return !answers.empty(); });
  settle();
  EXPECT_THAT(answers, ElementsAre(std::nullopt));
  EXPECT_THAT(power.switched, SizeIs(1));
  EXPECT_THAT(store.epochs, SizeIs(1));
  EXPECT_THAT(bus.on("hearth.node.live.assignment"), SizeIs(1));
}

TEST_F(ManagerShellTest, AStoreThatFailsForTooLongEndsTheProcessWithNothingDone) {
  store.failures = 1000;
  start(eventful_fleet());
  clock.mono += 59s;
  const std::uint64_t before = commits_ended();
  run_until([&] { return commits_ended() > before; });
  EXPECT_THAT(fatal, IsEmpty());
  clock.mono += 1s;
  run_until([this] { return !fatal.empty(); });
  ASSERT_THAT(fatal, SizeIs(1));
  EXPECT_EQ(fatal[0].code, ErrorCode::kUnavailable);
  beat("live");
  EXPECT_THAT(bus.published, IsEmpty());
  EXPECT_THAT(power.switched, IsEmpty());
}

TEST_F(ManagerShellTest, PatienceWithTheStoreBeginsAnewWithEachOutage) {
  store.failures = 1;
  start();
  run_until([this] { return counters().commits > 0; });
  settle();
  clock.mono += 2min;
  store.failures = 1;
  import("n1");
  run_until([this] { return !answers.empty(); });
  EXPECT_EQ(counters().commits_failed, 2U);
  EXPECT_THAT(fatal, IsEmpty());
}

TEST_F(ManagerShellTest, TopicsThatAreWantedMeanwhileGoIntoOneRequest) {
  bus.hold_topics = true;
  start({known("n1", NodeState::kAwaited)});
  import("n2");
  settle();
  ASSERT_THAT(bus.topic_requests, SizeIs(1));
  EXPECT_THAT(bus.topic_requests[0], ElementsAre("hearth.events", "hearth.canary"));
  EXPECT_THAT(bus.followed, ElementsAre("hearth.canary"));
  bus.topics_done({});
  ASSERT_THAT(bus.topic_requests, SizeIs(2));
  EXPECT_THAT(bus.topic_requests[1],
              ElementsAre("hearth.node.n1.status", "hearth.node.n1.assignment",
                          "hearth.node.n2.status", "hearth.node.n2.assignment"));
  EXPECT_THAT(bus.followed,
              ElementsAre("hearth.canary", "hearth.node.n1.status", "hearth.node.n2.status"));
  bus.topics_done({});
  EXPECT_THAT(bus.topic_requests, SizeIs(2));
}

TEST_F(ManagerShellTest, TopicsThatCannotBeMadeAreAskedForAgainAndHoldNothingUp) {
  bus.topics_outcome = fail(ErrorCode::kUnavailable, "no broker");
  start({known("n1", NodeState::kAwaited)});
  EXPECT_THAT(bus.on("hearth.node.n1.assignment"), SizeIs(1));
  const std::size_t before = bus.topic_requests.size();
  bus.topics_outcome = {};
  run_until([&] { return bus.topic_requests.size() > before; });
  EXPECT_THAT(bus.topic_requests.back(),
              UnorderedElementsAre("hearth.events", "hearth.canary", "hearth.node.n1.status",
                                   "hearth.node.n1.assignment"));
  EXPECT_THAT(bus.followed, ElementsAre("hearth.canary", "hearth.node.n1.status"));
}

TEST_F(ManagerShellTest, SpoiltPayloadsAreCountedAndChangeNothing) {
  bus.carries = false;
  start({known("n1", NodeState::kAwaited)});
  const std::uint64_t commits = counters().commits;
  const std::string filler(kHeartbeatBytesMax, 'x');
  for (const std::string& payload :
       {std::string(), std::string("no JSON"), std::string("[1]"), std::string(R"({"seq":"1"})"),
        R"({"fill":")" + filler + "\"}"})
    bus.deliver("hearth.node.n1.status", payload);
  settle();
  EXPECT_EQ(counters().payloads_rejected, 5U);
  EXPECT_EQ(shell->manager().counters().heartbeats, 0U);
  EXPECT_EQ(state("n1"), NodeState::kAwaited);
  const std::string canary = encode(Canary{.epoch = Epoch{7}, .seq = 1, .sent_at = clock.mono});
  for (const std::string& payload :
       {std::string("no JSON"), std::string("{}"), canary + std::string(kCanaryBytesMax, ' ')})
    bus.deliver("hearth.canary", payload);
  settle();
  EXPECT_EQ(counters().payloads_rejected, 8U);
  EXPECT_FALSE(shell->manager().bus_carries());
  EXPECT_EQ(counters().commits, commits);
  beat("n1");
  EXPECT_EQ(state("n1"), NodeState::kLive);
}

TEST_F(ManagerShellTest, OneTopicsSpoiltPayloadsAreLoggedAtALimitedRate) {
  start();
  for (int i = 0; i < 100; ++i) bus.deliver("hearth.node.n1.status", "no JSON");
  settle();
  EXPECT_EQ(warnings->count, 1);
  bus.deliver("hearth.node.n2.status", "no JSON");
  settle();
  EXPECT_EQ(warnings->count, 2);
  clock.mono += LogLimit::kPeriod;
  bus.deliver("hearth.node.n1.status", "no JSON");
  settle();
  EXPECT_EQ(warnings->count, 3);
  EXPECT_EQ(counters().payloads_rejected, 102U);
}

TEST_F(ManagerShellTest, OnlyItsOwnCanaryProvesThatTheBusCarries) {
  bus.carries = false;
  start();
  ASSERT_THAT(bus.on("hearth.canary"), SizeIs(1));
  const std::string own = bus.on("hearth.canary")[0].payload;
  EXPECT_EQ(*decode_canary(own), (Canary{Epoch{7}, 1, clock.mono}));
  bus.deliver("hearth.canary", encode(Canary{Epoch{6}, 1, clock.mono}));
  bus.deliver("hearth.canary", encode(Canary{Epoch{7}, 1, clock.mono + 1ns}));
  bus.deliver("hearth.elsewhere", own);
  settle();
  EXPECT_FALSE(shell->manager().bus_carries());
  EXPECT_EQ(counters().payloads_rejected, 0U);
  bus.deliver("hearth.canary", own);
  settle();
  EXPECT_TRUE(shell->manager().bus_carries());
}

TEST_F(ManagerShellTest, TheCanaryGoesRoundByTheShellsOwnTimer) {
  start();
  EXPECT_TRUE(shell->manager().bus_carries());
  clock.mono += 250ms;
  run_until([this] { return bus.on("hearth.canary").size() == 2; });
  EXPECT_EQ(decode_canary(bus.on("hearth.canary")[1].payload)->seq, 2U);
}

TEST_F(ManagerShellTest, ASilentNodeThatAnswersItsDialIsAskedOverHttp) {
  silence_n1();
  pass(2500ms);
  EXPECT_EQ(state("n1"), NodeState::kUnreachable);
  EXPECT_EQ(http.calls.at(0).server, (Endpoint{"n1.test", 7701}));
  EXPECT_EQ(http.calls[0].target, "/v1/status");
  const auto heard = [this] { return shell->manager().find_soft_state(node("n1"))->last_heard; };
  const std::optional<MonoTime> before = heard();
  http.reply = HttpReply{.body = "no JSON"};
  pass(1100ms);
  EXPECT_EQ(heard(), before);
  http.reply = HttpReply{
      .body = encode(Heartbeat{.incarnation = {"boot", 1}, .seq = 99, .sent_at = std::nullopt})};
  pass(1100ms);
  EXPECT_GT(heard(), before);
}

TEST_F(ManagerShellTest, ASilentNodeThatAnswersNoDialIsSwitchedOffAndThenOn) {
  silence_n1();
  dialer.outcome = DialOutcome::kNoAnswer;
  pass(2500ms);
  EXPECT_EQ(state("n1"), NodeState::kDead);
  EXPECT_THAT(power.switched, ElementsAre(std::pair(std::string("n1"), PowerVerb::kOff)));
  power.last_done({});
  settle();
  EXPECT_EQ(power.switched.at(1), std::pair(std::string("n1"), PowerVerb::kOn));
  power.last_done(fail(ErrorCode::kFailed, "the relay is stuck"));
  settle();
  EXPECT_EQ(shell->manager().find_node(node("n1"))->recovery.phase, RecoveryPhase::kWaiting);
}

TEST_F(ManagerShellTest, WhatTheBusDoesNotTakeStopsNothingAndTheAssignmentIsSentAgain) {
  start();
  bus.publish_outcome = fail(ErrorCode::kExhausted, "the send queue is full");
  import("n1");
  settle();
  beat("n1");
  EXPECT_EQ(state("n1"), NodeState::kLive);
  const std::uint64_t failures = counters().publish_failures;
  EXPECT_GE(failures, 2U);  // An event, and the assignment.
  const std::vector<BusRecord> lost = bus.on("hearth.node.n1.assignment");
  ASSERT_THAT(lost, SizeIs(1));
  bus.publish_outcome = {};
  for (int second = 0; second < 4; ++second) {
    pass(1s);
    beat("n1");
  }
  EXPECT_EQ(counters().publish_failures, failures);
  const std::vector<BusRecord> sent = bus.on("hearth.node.n1.assignment");
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_EQ(sent[1].payload, lost[0].payload);
}

TEST_F(ManagerShellTest, AFullInboxDropsHeartbeatsAndRefusesCommands) {
  store.held = true;
  start({known("n1", NodeState::kAwaited)});
  for (std::size_t i = 0; i < ManagerShell::kInboxMax + 3; ++i) tell("n1", {});
  import("n2");
  settle();
  // The command was taken before the messages came.
  EXPECT_EQ(counters().inbox_overflows, 4U);
  EXPECT_THAT(answers, IsEmpty());
  import("n3");
  store.release();
  settle();
  EXPECT_THAT(answers, ElementsAre(ErrorCode::kExhausted, std::nullopt));
  EXPECT_EQ(shell->manager().counters().heartbeats, ManagerShell::kInboxMax - 1);
  EXPECT_EQ(shell->manager().find_node(node("n3")), nullptr);
}

TEST_F(ManagerShellTest, TooManyWaitingCommandsAreRefused) {
  start();
  store.held = true;
  for (int i = 0; i < 257; ++i) import("n1");
  settle();
  EXPECT_THAT(answers, ElementsAre(ErrorCode::kExhausted));
  store.release();
  settle();
  EXPECT_THAT(answers, SizeIs(257));
  EXPECT_EQ(answers.back(), std::nullopt);
}

TEST_F(ManagerShellTest, EventsGoOnFromAnyNumberAcrossTheManagersStart) {
  start();
  for (const char* name : {"n1", "n2", "n3"}) import(name);
  settle();
  const std::uint64_t last = shell->last_event_seq();
  std::vector<std::uint64_t> followed;
  for (std::vector<std::uint64_t> page = seqs_after(7, 2); !page.empty();
       page = seqs_after(followed.back(), 2)) {
    followed.insert(followed.end(), page.begin(), page.end());
  }
  std::vector<std::uint64_t> all(last - 7);
  std::iota(all.begin(), all.end(), 8U);
  EXPECT_EQ(followed, all);
  EXPECT_THAT(bus.on("hearth.events"), SizeIs(last - kOldEvents));
}

TEST_F(ManagerShellTest, RecentEventsAreToldWhileTheStoreIsBusy) {
  start();
  const std::uint64_t last = shell->last_event_seq();
  store.held = true;
  import("n1");
  settle();
  EXPECT_THAT(seqs_after(last - 1, 10), ElementsAre(last));
  EXPECT_THAT(seqs_after(last, 10), IsEmpty());
}

}  // namespace
}  // namespace hearth
