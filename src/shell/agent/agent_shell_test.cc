#include "shell/agent/agent_shell.h"

#include <gmock/gmock.h>

#include "shell/agent/fake_patterns.h"
#include "shell/agent/fake_work_folder.h"
#include "testing/idle/idle_container_runtime.h"
#include "testing/idle/idle_http_client.h"
#include "testing/loop/manual_loop.h"
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

struct FakeAgentStore final : AgentStore {
  Result<std::uint64_t> count_start(const std::string&, std::uint64_t) override { return 1; }
  Result<std::optional<Assignment>> load() override { return std::nullopt; }
  Result<void> save(const Assignment& assignment) override {
    if (outcome) saved.push_back(assignment);
    return outcome;
  }
  Result<WatchMemory> load_memory() override { return WatchMemory{}; }
  Result<void> save_memory(const WatchMemory& memory) override {
    if (outcome) saved_memory = memory;
    return outcome;
  }
  Result<void> outcome;
  std::vector<Assignment> saved;
  WatchMemory saved_memory;
};

/// Keeps what it was asked, for a test to answer.
struct FakeProber final : Prober {
  void run(ProbeRequest request, std::function<void(ProbeResult)> done) override {
    asked.emplace_back(std::move(request), std::move(done));
  }
  std::vector<std::pair<ProbeRequest, std::function<void(ProbeResult)>>> asked;
};

/// Records what the bus was given; outlives the bus.
struct BusRecords {
  ManualLoop& loop;
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
    records.loop.post([done, outcome = records.outcome] { done(outcome); });
  }
  Result<void> reconnect(const std::string&) override { return {}; }
  BusRecords& records;
};

/// A runtime that carries out every request at once. It has the one image.
struct FakeRuntime final : IdleContainerRuntime {
  explicit FakeRuntime(ManualLoop& the_loop) : loop(the_loop) {}
  void watch(Handlers given) override { handlers = std::move(given); }
  void inventory(Completion<Inventory> done) override {
    ++inventories;
    loop.post([done, listing = listing] { done(listing); });
  }
  void create(ContainerRequest request, Completion<ContainerId> done) override {
    created.push_back(std::move(request));
    const ContainerId id{"container-" + std::to_string(created.size())};
    loop.post([done, id] { done(id); });
  }
  void start(const ContainerId& container, Completion<void> done) override {
    started.push_back(container.str());
    loop.post([done] { done({}); });
  }
  void stop(const ContainerId&, Duration, Completion<void> done) override {
    loop.post([done] { done({}); });
  }
  void remove(const ContainerId& container, Completion<void> done) override {
    removed.push_back(container.str());
    loop.post([done] { done({}); });
  }
  void usage(const ContainerId&, Completion<ContainerUsage> done) override {
    loop.post([done] { done(ContainerUsage{.memory_bytes = 4096, .pids = 2}); });
  }
  void logs(LogRequest, ChunkSink sink, Completion<void> done) override {
    loop.post([this, sink, done] {
      if (!log_hangs && sink(log)) done({});
    });
  }
  ManualLoop& loop;
  Handlers handlers;
  int inventories = 0;
  std::vector<ContainerRequest> created;
  std::vector<std::string> started;
  std::vector<std::string> removed;
  std::string log;  ///< Of each container.
  bool log_hangs = false;
  Result<Inventory> listing = Inventory{.containers = {}, .images = {"hearth/app:1"}};
};

struct FakeLastWords final : LastWordsStore {
  Result<void> keep(const LastWords& words, WallTime) override {
    kept.push_back(words);
    return {};
  }
  Result<std::optional<LastWords>> latest(const InstanceId&, const ContainerId& but_not,
                                          WallTime) override {
    for (const LastWords& one : kept) {
      if (one.container != but_not) return one;
    }
    return std::nullopt;
  }
  std::vector<LastWords> kept;
};

struct NoContent final : ContentClient {
  void download(const Digest&, std::filesystem::path, Completion<void>) override {}
  void upload(std::filesystem::path, const Digest&, Completion<void>) override {}
};

Assignment assignment(std::uint64_t revision) {
  return {.node = *NodeName::parse("n1"),
          .number = {Epoch{1}, Revision{revision}},
          .heartbeat_interval = 500ms,
          .instances = {{.id = {"app-1"},
                         .workload = *WorkloadName::parse("app"),
                         .generation = Generation{1},
                         .desired_state = DesiredState::kRun,
                         .image = {"hearth/app:1", std::nullopt},
                         .spec = {}}},
          .images = {},
          .builds = {}};
}

class AgentShellTest : public testing::Test {
 protected:
  AgentShellTest() {
    EXPECT_TRUE(shell.start());
    records.handlers.on_caught_up(kAssignmentTopic);
    loop.run_ready();
  }

  std::string problem() const { return shell.agent().status().report->problem; }
  std::string shortage() const { return shell.agent().status().report->shortage; }
  /// Delivers an assignment, stores it, and runs everything that follows at once.
  void assign(const Assignment& assignment) {
    deliver(*encode(assignment));
    ASSERT_EQ(shell.agent().status().applied, assignment.number);
  }
  void deliver(const std::string& payload) {
    records.handlers.on_message({.topic = kAssignmentTopic,
                                 .key = "n1",
                                 .payload = payload,
                                 .received_at = loop.now().mono});
    loop.run_ready();
  }
  void runtime_comes_up() {
    runtime.handlers.on_watching();
    loop.run_ready();
  }
  std::vector<Heartbeat> statuses() const {
    std::vector<Heartbeat> all;
    for (const BusRecord& one : records.published) {
      EXPECT_EQ(one.topic, kStatusTopic);
      all.push_back(*decode_heartbeat(one.payload));
    }
    return all;
  }
  AgentShellConfig config() const {
    return {.manager = {"manager.test", 7700}, .bus = BusAddress{"127.0.0.1:9092", "hearth."}};
  }
  static core::AgentSettings settings() {
    return {
        .node = *NodeName::parse("n1"), .incarnation = {"boot", 1}, .capacity = {}, .restart = {}};
  }
  AgentPorts ports() {
    return {.clock = loop,
            .runtime = runtime,
            .patterns = patterns,
            .prober = prober,
            .store = store,
            .last_words = last_words,
            .work_folder = work_folder,
            .http = http,
            .content = content,
            .sample_load = [] { return Load{}; },
            .open_bus = [this](const std::string&) -> Result<std::unique_ptr<Bus>> {
              if (bus_errors.empty()) return std::make_unique<FakeBus>(records);
              const Error error = bus_errors.back();
              bus_errors.pop_back();
              return tl::unexpected(error);
            },
            .sample_pressure = [this] { return pressure; }};
  }

  ManualLoop loop;
  FakeAgentStore store;
  FakeLastWords last_words;
  FakeWorkFolder work_folder;
  FakeRuntime runtime{loop};
  FakePatterns patterns;
  FakeProber prober;
  IdleHttpClient http;
  NoContent content;
  BusRecords records{.loop = loop};
  Pressure pressure;
  std::vector<Error> bus_errors;  ///< Of the next attempts to open the bus.
  AgentShell shell{loop, config(), settings(), std::nullopt, 1, ports()};
};

TEST_F(AgentShellTest, AnAssignmentIsStoredBeforeItIsExecuted) {
  EXPECT_THAT(records.followed_from_beginning, ElementsAre(kAssignmentTopic));
  runtime_comes_up();
  assign(assignment(1));
  EXPECT_THAT(store.saved, ElementsAre(assignment(1)));
  ASSERT_THAT(runtime.created, SizeIs(1));
  EXPECT_EQ(runtime.created[0].instance.str(), "app-1");
  EXPECT_THAT(runtime.started, ElementsAre("container-1"));
}

TEST_F(AgentShellTest, AnAssignmentThatCannotBeStoredIsNotExecuted) {
  runtime_comes_up();
  store.outcome = fail(ErrorCode::kExhausted, "the disk is full");
  deliver(*encode(assignment(1)));
  EXPECT_EQ(problem(), "its assignment cannot be stored: the disk is full");
  EXPECT_THAT(runtime.created, IsEmpty());
}

// Goal: a disk that is busy for seconds does not make the node look dead. Method: a worker that
// does not return; heartbeats are sent, and the loop, on which dials are answered, keeps running.
TEST_F(AgentShellTest, AHangingDiskDelaysNeitherHeartbeatsNorDials) {
  runtime_comes_up();
  loop.advance(2s);
  loop.hold_workers();
  deliver(*encode(assignment(1)));
  EXPECT_EQ(loop.jobs_waiting(), 1U);
  const std::size_t before = statuses().size();
  loop.advance(5s);
  EXPECT_THAT(statuses(), SizeIs(before + 10));
  bool answered = false;
  loop.post([&] { answered = true; });
  loop.run_ready();
  EXPECT_TRUE(answered);
  EXPECT_THAT(store.saved, IsEmpty());
  EXPECT_THAT(runtime.created, IsEmpty());
  loop.release_workers();
  loop.run_ready();
  EXPECT_THAT(runtime.started, SizeIs(1));
}

TEST_F(AgentShellTest, StoresWhatItKnowsOfItsInstances) {
  runtime_comes_up();
  assign(assignment(1));
  loop.advance(1s);
  ASSERT_THAT(store.saved_memory.instances, SizeIs(1));
  EXPECT_EQ(store.saved_memory.instances.begin()->first.str(), "app-1");
  EXPECT_EQ(store.saved_memory.boot_id, "boot");
}

TEST_F(AgentShellTest, ReportsThatTheNodeIsShortOfAResource) {
  runtime_comes_up();
  pressure.memory_full = 500;
  loop.advance(3s);
  EXPECT_THAT(shortage(), testing::HasSubstr("it is short of memory"));
}

TEST_F(AgentShellTest, ReportsWhyTheContainersCannotBeListed) {
  runtime.listing = fail(ErrorCode::kFailed, "the list is broken");
  runtime_comes_up();
  EXPECT_EQ(problem(), "its containers cannot be listed: the list is broken");
}

TEST_F(AgentShellTest, MalformedAssignmentsAreCountedAndChangeNothing) {
  runtime_comes_up();
  assign(assignment(1));
  const std::string whole = *encode(assignment(2));
  for (const std::string& payload :
       {std::string(), std::string("no JSON"), std::string("{}"), whole.substr(0, whole.size() - 1),
        whole + std::string(kAssignmentBytesMax, ' ')}) {
    deliver(payload);
  }
  EXPECT_EQ(shell.counters().payloads_rejected, 5U);
  records.handlers.on_oversized({.topic = kAssignmentTopic, .offset = 9},
                                Error{ErrorCode::kExhausted, "900001 bytes"});
  EXPECT_EQ(shell.counters().payloads_rejected, 6U);
  EXPECT_THAT(store.saved, SizeIs(1));
  EXPECT_THAT(runtime.removed, IsEmpty());
  EXPECT_EQ(shell.agent().status().applied, assignment(1).number);
}

TEST_F(AgentShellTest, AnInstanceThatExitsIsRestartedInAFreshContainer) {
  runtime_comes_up();
  assign(assignment(1));
  runtime.handlers.on_notice({.kind = ContainerNotice::Kind::kExited,
                              .container = {"container-1"},
                              .instance = {"app-1"},
                              .exit = ContainerExit{.code = 3}});
  loop.run_ready();
  ASSERT_THAT(runtime.created, SizeIs(2));
  EXPECT_EQ(runtime.created[1].restarts, 1U);
  EXPECT_THAT(runtime.started, ElementsAre("container-1", "container-2"));
  EXPECT_THAT(runtime.removed, ElementsAre("container-1"));
}

// Goal: what a container said last is reported and kept, also by a runtime that does not send it.
// Goal: an exit whose notice was missed is found out at once, not with the next regular inventory.
TEST_F(AgentShellTest, ListsTheContainersAgainWhenANoticeWasMissed) {
  runtime_comes_up();
  loop.advance(10s);
  ASSERT_EQ(runtime.inventories, 1);
  runtime.handlers.on_missed({ErrorCode::kExhausted, "too long"});
  loop.run_ready();
  EXPECT_EQ(runtime.inventories, 2);
}

TEST_F(AgentShellTest, AnExitIsReportedWithTheLastWordsOfItsContainer) {
  runtime_comes_up();
  assign(assignment(1));
  runtime.log = "reading sensors\nFATAL no sensor\n";
  const auto exits = [&](const char* container, int code) {
    runtime.handlers.on_notice({.kind = ContainerNotice::Kind::kExited,
                                .container = {container},
                                .instance = {"app-1"},
                                .exit = ContainerExit{.code = code}});
  };
  exits("container-1", 3);
  EXPECT_THAT(runtime.created, SizeIs(1)) << "it is not decided upon before the log was read";
  loop.run_ready();
  const auto last_exit = [&] {
    return *shell.agent().status().report->instances.at(InstanceId{"app-1"}).last_exit;
  };
  EXPECT_EQ(last_exit().code, 3);
  EXPECT_EQ(last_exit().last_words, "reading sensors\nFATAL no sensor");
  ASSERT_THAT(last_words.kept, SizeIs(1));
  EXPECT_EQ(last_words.kept[0].container.str(), "container-1");
  EXPECT_EQ(last_words.kept[0].text, runtime.log);
  std::string previous;
  shell.last_words({"app-1"}, [&](const Result<std::string>& words) { previous = *words; });
  loop.run_ready();
  EXPECT_EQ(previous, runtime.log);

  runtime.log_hangs = true;
  exits("container-2", 4);
  EXPECT_TRUE(loop.advance_until([&] { return last_exit().code == 4; }, 1s));
  EXPECT_EQ(last_exit().last_words, "");
}

TEST_F(AgentShellTest, ReportsWhatAContainerUses) {
  runtime_comes_up();
  assign(assignment(1));
  loop.advance(10s);
  const auto usage = shell.agent().status().report->usage;
  ASSERT_TRUE(usage.contains({"app-1"}));
  EXPECT_EQ(usage.at({"app-1"}).memory_bytes, 4096U);
  EXPECT_EQ(usage.at({"app-1"}).processes, 2U);
}

TEST_F(AgentShellTest, SendsAHeartbeatAtEachInterval) {
  runtime_comes_up();
  loop.advance(2s);
  const std::size_t first = statuses().size();
  ASSERT_TRUE(loop.advance_until([&] { return statuses().size() > first; }, 500ms));
  const std::size_t before = statuses().size();
  loop.advance(499ms);
  EXPECT_THAT(statuses(), SizeIs(before));
  loop.advance(1ms);
  ASSERT_THAT(statuses(), SizeIs(before + 1));
  EXPECT_EQ(statuses().back().incarnation, (Incarnation{"boot", 1}));
  EXPECT_EQ(statuses().back().seq, before + 1);
  EXPECT_EQ(shell.counters().statuses_sent, before + 1);
}

TEST_F(AgentShellTest, AReportThatTheBusDidNotAcceptIsSentAgain) {
  records.outcome = fail(ErrorCode::kExhausted, "the send queue is full");
  runtime_comes_up();
  loop.advance(1s);
  EXPECT_GT(shell.counters().statuses_dropped, 0U);
  ASSERT_TRUE(statuses().back().report.has_value());
  records.outcome = {};
  loop.advance(500ms);
  EXPECT_TRUE(statuses().back().report.has_value());
  loop.advance(500ms);
  EXPECT_FALSE(statuses().back().report.has_value());
}

/// A shell whose bus cannot be opened at first.
class AgentShellBusTest : public AgentShellTest {
 protected:
  AgentShell late{loop, config(), settings(), std::nullopt, 1, ports()};
};

TEST_F(AgentShellBusTest, RetriesABusThatCannotBeOpened) {
  records.followed_from_beginning.clear();
  bus_errors.assign(3, {ErrorCode::kExhausted, "no file descriptor left"});
  ASSERT_TRUE(late.start());
  EXPECT_FALSE(late.knows_bus());
  EXPECT_TRUE(loop.advance_until([&] { return late.knows_bus(); }, 2s));
  EXPECT_THAT(bus_errors, IsEmpty());
  EXPECT_THAT(records.followed_from_beginning, ElementsAre(kAssignmentTopic));
}

TEST_F(AgentShellBusTest, AnInvalidBusAddressFailsTheStart) {
  bus_errors.assign(1, {ErrorCode::kInvalidArgument, "'kafka' names no kafka broker"});
  const Result<void> started = late.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "'kafka' names no kafka broker");
}

}  // namespace
}  // namespace hearth
