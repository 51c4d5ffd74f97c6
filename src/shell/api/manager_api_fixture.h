#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "shell/api/manager_api.h"
#include "testing/exchange/fake_http_exchange.h"

namespace hearth {

inline const MonoTime kNow{std::chrono::hours(1)};
inline const WallTime kWallNow{
    std::chrono::milliseconds(1'772'355'600'000)};  // 2026-03-01T09:00:00Z

inline Digest digest_of(char c) {
  return *Digest::parse("sha256:" + std::string(64, c));
}

/// A manager that was started from a snapshot; commands are recorded instead of executed.
class FakeService final : public ManagerService {
 public:
  explicit FakeService(Snapshot snapshot)
      : manager_({.liveness = settings_of(LivenessProfile::kDefault), .recovery = {}},
                 std::move(snapshot), {kNow, kWallNow}) {}

  const core::Manager& manager() const override { return manager_; }
  Instant now() const override { return {kNow + passed, kWallNow}; }
  void submit(Command command, Completion<core::CommandResult> done) override {
    commands.push_back(std::move(command));
    done(result);
  }
  void events_after(std::uint64_t seq, std::size_t count_max,
                    Completion<std::vector<ClusterEvent>> done) override {
    std::vector<ClusterEvent> found;
    for (const ClusterEvent& event : events) {
      if (event.seq > seq && found.size() < count_max) found.push_back(event);
    }
    done(found);
  }
  void history_of(const WorkloadName&, Completion<History> done) override { done(history); }
  std::uint64_t last_event_seq() const override { return events.empty() ? 0 : events.back().seq; }
  Notifier& event_added() override { return added; }
  std::string bus_bootstrap() const override { return "127.0.0.1:9092"; }
  std::string topic_prefix() const override { return "hearth."; }
  const std::optional<Error>& store_fault() const override { return fault; }
  const ManagerShellCounters& shell_counters() const override { return counters; }

  void add_event(std::uint64_t seq) {
    events.push_back({seq, kWallNow, EventType::kNodeDead, "node/n1", "node 'n1' is dead"});
  }

  std::vector<Command> commands;
  Result<core::CommandResult> result = core::CommandResult{"done", Generation{3}};
  std::vector<ClusterEvent> events;
  History history;
  Duration passed{};
  Notifier added;
  std::optional<Error> fault;
  ManagerShellCounters counters{.commits = 4};

 private:
  core::Manager manager_;
};

class FakeContentStore final : public ContentStore {
 public:
  std::optional<std::filesystem::path> find(const Digest& digest) const override {
    if (!there.contains(digest)) return std::nullopt;
    return std::filesystem::path("/content") / digest.hex();
  }
  Result<std::filesystem::path> make_temporary() override { return "/content/temporary"; }
  Result<void> adopt(const std::filesystem::path&, const Digest& digest,
                     const Digest& expected) override {
    if (digest != expected) return fail(ErrorCode::kCorrupt, "something else came");
    there.insert(digest);
    return {};
  }
  std::set<Digest> there{digest_of('b')};
};

inline Snapshot example_cluster() {
  const NodeName node = *NodeName::parse("n1");
  const WorkloadName heater = *WorkloadName::parse("heater");
  const auto release = [](std::uint64_t generation) {
    return Release{.generation = Generation{generation},
                   .spec = {.instances = 2,
                            .bundle = digest_of('b'),
                            .instance = {.container = {.environment = {{"MODE", "eco"}},
                                                       .resources = {250, 64'000'000}}}},
                   .image = Image{"hearth/heater:bb", std::nullopt}};
  };
  Workload deployed{.name = heater, .phase = WorkloadPhase::kDeployed, .current = release(2)};
  deployed.current->deployed_at = kWallNow;
  deployed.current->deployed_by = "ana@desk";
  deployed.earlier = {release(1)};
  deployed.earlier[0].spec.instances = 1;
  deployed.earlier[0].deployed_at = kWallNow - std::chrono::hours(2);
  Workload building{.name = *WorkloadName::parse("pump"), .phase = WorkloadPhase::kBuilding};
  building.next = release(1);
  building.next->image.reset();
  Instance running{.id = {"heater-1"},
                   .workload = heater,
                   .generation = Generation{2},
                   .node = node,
                   .status = {.state = InstanceState::kRunning,
                              .container = {"c0ffee"},
                              .restarts = 1,
                              .failures = 1,
                              .last_exit = ContainerExit{.code = 137,
                                                         .out_of_memory = OutOfMemory::kMain,
                                                         .at = kWallNow,
                                                         .last_words = "FATAL no sensor"},
                              .health = Health::kReady},
                   .changed_at = kWallNow};
  Instance pending{
      .id = {"heater-2"},
      .workload = heater,
      .generation = Generation{2},
      .node = std::nullopt,
      .status = {.state = InstanceState::kPending, .cannot_start = true, .reason = "no room"},
      .changed_at = kWallNow};
  return {.epoch = Epoch{6},
          .last_event_seq = 0,
          .nodes = {Node{.name = node,
                         .display_name = "N1",
                         .agent = {"10.0.0.7", 7701},
                         .state = NodeState::kLive,
                         .evidence = "first heartbeat received",
                         .incarnation = {"boot", 4},
                         .capacity = {4000, 1'000'000},
                         .changed_at = kWallNow},
                    Node{.name = *NodeName::parse("n2"), .agent = {"10.0.0.8", 7701}}},
          .workloads = {deployed, building},
          .instances = {running, pending}};
}

class ManagerApiTest : public testing::Test {
 protected:
  ManagerApiTest() {
    api.add_routes(router, [] { return HttpServerCounters{}; });
  }

  FakeHttpExchange get(const std::string& target) {
    return std::move(FakeHttpExchange(HttpMethod::kGet, target).run(router));
  }
  FakeHttpExchange call(HttpMethod method, const std::string& target,
                        const std::string& body = {}) {
    return std::move(FakeHttpExchange(method, target, body).run(router));
  }

  FakeService service{example_cluster()};
  FakeContentStore content;
  ManagerApi api{service, content, {.version = "1.2.3"}};
  HttpRouter router;
};

}  // namespace hearth
