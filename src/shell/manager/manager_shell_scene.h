#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "shell/manager/manager_shell.h"
#include "testing/idle/idle_http_client.h"
#include "testing/loop/manual_loop.h"
#include "wire/event_codec.h"
#include "wire/heartbeat_codec.h"

namespace hearth {

using namespace std::chrono_literals;

inline constexpr std::uint64_t kOldEvents = 10;

inline NodeName node(const std::string& name) {
  return *NodeName::parse(name);
}

/// Keeps events and epochs. It can be made to fail; while workers are held, a commit hangs.
struct FakeStore final : Store {
  FakeStore() {
    for (std::uint64_t seq = 1; seq <= kOldEvents; ++seq) events.push_back({.seq = seq});
  }
  Result<Snapshot> load() override { return Snapshot{}; }
  Result<void> commit(const std::vector<Write>& writes) override {
    if (failures > 0) {
      --failures;
      return fail(ErrorCode::kUnavailable, "the disk is gone");
    }
    for (const Write& write : writes) {
      if (const auto* put = std::get_if<PutEpoch>(&write)) epochs.push_back(put->epoch);
      if (const auto* add = std::get_if<AppendEvent>(&write)) events.push_back(add->event);
      if (const auto* add = std::get_if<AppendHistory>(&write)) history.push_back(add->entry);
      if (const auto* put = std::get_if<PutAlive>(&write)) alive.push_back(put->at);
    }
    return {};
  }
  Result<std::vector<ClusterEvent>> events_after(std::uint64_t seq,
                                                 std::size_t count_max) override {
    std::vector<ClusterEvent> found = events;
    std::erase_if(found, [&](const ClusterEvent& event) { return event.seq <= seq; });
    found.resize(std::min(found.size(), count_max));
    return found;
  }
  Result<History> history_of(const WorkloadName& workload) override {
    History found;
    for (const HistoryEntry& entry : history) {
      if (!entry.workload) found.manager.push_back(entry);
      if (entry.workload == workload) found.workload.push_back(entry);
    }
    return found;
  }
  StoreCondition condition() const override { return current; }
  std::uint64_t last_seq() const { return events.back().seq; }

  int failures = 0;  ///< Commits that fail from now on.
  StoreCondition current;
  std::vector<Epoch> epochs;
  std::vector<ClusterEvent> events;
  std::vector<HistoryEntry> history;
  std::vector<WallTime> alive;
};

/// Records all calls. Returns canaries while it carries.
struct FakeBus final : Bus {
  FakeBus(ManualLoop& the_loop, FakeStore& the_store) : loop(the_loop), store(the_store) {}
  void set_handlers(Handlers given) override { handlers = std::move(given); }
  void ensure_topics(std::vector<TopicSpec> topics,
                     std::function<void(std::vector<TopicFailure>)> done) override {
    std::vector<std::string> names;
    std::vector<TopicFailure> failures;
    for (const TopicSpec& one : topics) {
      names.push_back(one.name);
      if (!topics_outcome || refused.contains(one.name)) {
        failures.push_back({one.name, topics_outcome ? Error{ErrorCode::kUnauthorized, "not yours"}
                                                     : topics_outcome.error()});
      } else {
        lost.erase(one.name);
      }
    }
    topic_requests.push_back(std::move(names));
    if (hold_topics) {
      topics_done = std::move(done);
    } else {
      loop.post([done, failures] { done(failures); });
    }
  }
  void follow(const std::string& topic, FollowFrom from) override {
    EXPECT_EQ(from, FollowFrom::kEnd);
    followed.push_back(topic);
  }
  void publish(BusRecord record, Completion<void> done) override {
    if (record.topic == "hearth.events") {
      // In every test: no event is published that could still be lost.
      EXPECT_LE(decode_cluster_event(record.payload)->seq, store.last_seq());
    }
    Result<void> outcome = publish_outcome;
    if (lost.contains(record.topic)) outcome = fail(ErrorCode::kNotFound, "unknown topic");
    if (record.topic == "hearth.canary" && carries && outcome) {
      deliver(record.topic, record.payload);
    }
    published.push_back(std::move(record));
    loop.post([done, outcome] { done(outcome); });
  }
  /// Deletes a topic, as an operator or the loss of the broker's disk does.
  void lose(const std::string& topic) {
    lost.insert(topic);
    if (std::ranges::count(followed, topic) == 0) return;
    loop.post([this, topic] { handlers.on_missing(topic); });
  }
  Result<void> reconnect(const std::string&) override { return {}; }
  void deliver(const std::string& topic, const std::string& payload) {
    loop.post([this, topic, payload] {
      handlers.on_message(
          {.topic = topic, .key = {}, .payload = payload, .received_at = loop.now().mono});
    });
  }
  std::vector<BusRecord> on(const std::string& topic) const {
    std::vector<BusRecord> found = published;
    std::erase_if(found, [&](const BusRecord& one) { return one.topic != topic; });
    return found;
  }
  ManualLoop& loop;
  FakeStore& store;
  Handlers handlers;
  bool carries = true;
  bool hold_topics = false;
  Result<void> topics_outcome;
  Result<void> publish_outcome;
  std::function<void(std::vector<TopicFailure>)> topics_done;
  std::set<std::string> lost;     ///< Topics that do not exist until they are created again.
  std::set<std::string> refused;  ///< Topics that cannot be created.
  std::vector<std::vector<std::string>> topic_requests;
  std::vector<std::string> followed;
  std::vector<BusRecord> published;
};

struct FakeDialer final : Dialer {
  explicit FakeDialer(ManualLoop& the_loop) : loop(the_loop) {}
  void dial(const NodeName& name, const Endpoint& agent, Duration,
            std::function<void(DialOutcome)> done) override {
    names.push_back(name);
    dialled.push_back(agent);
    loop.post([done, answer = outcome] { done(answer); });
  }
  ManualLoop& loop;
  DialOutcome outcome = DialOutcome::kAnswered;
  std::vector<NodeName> names;
  std::vector<Endpoint> dialled;
};

struct FakeHttp final : IdleHttpClient {
  explicit FakeHttp(ManualLoop& the_loop) : loop(the_loop) {}
  void send(HttpCall call, Completion<HttpReply> done) override {
    calls.push_back(std::move(call));
    loop.post([done, answer = reply] { done(answer); });
  }
  ManualLoop& loop;
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

/// A manager's shell with a bus, a store, agents and power that a test controls.
class ManagerShellTest : public testing::Test {
 protected:
  ManagerShellTest() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", warnings));
  }
  ~ManagerShellTest() override { spdlog::set_default_logger(usual_logger); }

  /// A manager of epoch 7 that knows `nodes`; events 1 to 10 precede it.
  void start(std::vector<Node> nodes = {}) {
    shell = std::make_unique<ManagerShell>(
        loop, config,
        core::ManagerSettings{.liveness = settings_of(LivenessProfile::kDefault),
                              .recovery = {},
                              .with_power = {},
                              .power_by_default = true},
        Snapshot{.epoch = Epoch{6}, .last_event_seq = kOldEvents, .nodes = std::move(nodes)},
        ManagerPorts{loop, bus, store, dialer, http, power},
        [this](const Error& error) { fatal.push_back(error); });
    shell->start();
    settle();
  }

  /// Runs everything that is due at this instant.
  void settle() { loop.run_ready(); }
  std::uint64_t commits_ended() const { return counters().commits + counters().commits_failed; }
  template <class Condition>
  void run_until(Condition reached) {
    ASSERT_TRUE(loop.advance_until(reached)) << "it never came";
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
                    answers.push_back(answer ? std::nullopt : std::optional(answer.error()));
                  });
  }
  /// Node n1 is live and known to answer dials, and then falls silent.
  void silence_n1() {
    start();
    import("n1");
    settle();
    beat("n1");
    loop.advance(100ms);
    ASSERT_EQ(state("n1"), NodeState::kLive);
    ASSERT_THAT(dialer.dialled, testing::ElementsAre(Endpoint{"n1.test", 7701}));
    ASSERT_THAT(dialer.names, testing::ElementsAre(node("n1")));
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
  ManualLoop loop;
  FakeStore store;
  FakeBus bus{loop, store};
  FakeDialer dialer{loop};
  FakeHttp http{loop};
  FakePower power;
  ManagerShellConfig config{.bus_bootstrap = "127.0.0.1:9092"};
  std::vector<Error> fatal;
  std::vector<std::optional<Error>> answers;  ///< To import(), in order; nullopt: success.
  std::uint64_t beats = 0;
  std::unique_ptr<ManagerShell> shell;
};

inline Node known(const std::string& name, NodeState state) {
  return {.name = node(name), .agent = {name + ".test", 7701}, .state = state};
}

/// A fleet whose first step yields every kind of action except a reply.
inline std::vector<Node> eventful_fleet() {
  Node dead = known("dead", NodeState::kDead);
  dead.recovery = {.phase = RecoveryPhase::kSwitchingOff, .attempt = 1, .reason = {}};
  return {dead, known("live", NodeState::kLive), known("unreachable", NodeState::kUnreachable)};
}

}  // namespace hearth
