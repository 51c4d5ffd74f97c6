#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "core/agent/agent.h"

namespace hearth::core {

/// For tests: an agent with the small world that it needs. A runtime obeys and gives notice, a disk
/// keeps the assignment, images come from a store, time passes. Each of these can be slow, fail, or
/// be taken away. Whether there is a manager is up to the test: only receive() acts for one.
class AgentScene {
 public:
  struct Done {
    MonoTime at;
    AgentAction action;
  };

  /// An agent whose runtime is up, and which knows that there is no assignment yet.
  AgentScene() {
    runtime_images = {image('a').reference, image('b').reference};
    start_agent();
    step(AssignmentsCaughtUp{});
    pass(Duration(0));
  }
  /// An agent that starts with `assignment` on its disk and receives no other.
  explicit AgentScene(const Assignment& assignment) : stored(assignment) {
    runtime_images = {image('a').reference, image('b').reference};
    start_agent();
    pass(Duration(0));
  }
  AgentScene(const AgentScene&) = delete;
  AgentScene& operator=(const AgentScene&) = delete;

  static NodeName node() { return *NodeName::parse("node-1"); }
  static WorkloadName app() { return *WorkloadName::parse("app"); }
  static InstanceId id(std::uint64_t number) { return make_instance_id(app(), number); }
  static Digest digest(char hex) { return Digest::parse("sha256:" + std::string(64, hex)).value(); }
  static Image image(char hex) {
    return {.reference = fmt::format("hearth/app:{}", hex), .archive = digest(hex)};
  }
  static AssignedInstance assigned(std::uint64_t number,
                                   DesiredState desired_state = DesiredState::kRun,
                                   char image_hex = 'a') {
    return {.id = id(number),
            .workload = app(),
            .generation = {1},
            .desired_state = desired_state,
            .image = image(image_hex),
            .spec = {}};
  }
  static Assignment numbered(std::uint64_t epoch, std::uint64_t revision,
                             std::vector<AssignedInstance> instances) {
    return {.node = node(),
            .number = {{epoch}, {revision}},
            .heartbeat_interval = std::chrono::milliseconds(500),
            .instances = std::move(instances),
            .images = {},
            .builds = {}};
  }
  static BuildOrder order(std::uint64_t generation) {
    return {.workload = app(),
            .generation = {generation},
            .bundle = digest('b'),
            .reference = fmt::format("hearth/app:built-{}", generation)};
  }
  Instant now() const {
    return {now_,
            WallTime(std::chrono::seconds(now_.time_since_epoch() / std::chrono::seconds(1)))};
  }

  AgentSettings settings() const {
    return {.node = node(),
            .incarnation = {"boot-1", starts_},
            .capacity = {.cpu_millis = 4000},
            .agent_port = 7701};
  }

  // Restarts.
  void start_agent() {
    due_.clear();  // What was in flight does not reach the next agent.
    ++starts_;
    agent = std::make_unique<Agent>(settings(), stored, 7, now(), stored_memory);
    if (runtime_up) step(RuntimeUp{});
  }
  /// Every process ends; the disk keeps the containers and the assignment.
  void reboot() {
    agent.reset();
    for (auto& [id, container] : containers) end(container, 137);
    start_agent();
  }

  // Requests.
  void receive(const Assignment& assignment) { step(AssignmentReceived{assignment}); }
  Assignment next(std::vector<AssignedInstance> instances = {}) {
    return numbered(1, ++revision_, std::move(instances));
  }
  /// Sends it, and everything that follows at once happens.
  void assign(std::vector<AssignedInstance> instances) {
    receive(next(std::move(instances)));
    pass(Duration(0));
  }
  void order_builds(std::vector<BuildOrder> builds) {
    Assignment assignment = next();
    assignment.builds = std::move(builds);
    receive(assignment);
    pass(Duration(0));
  }

  // What happens around it.
  /// The instance's process exits on its own.
  void crash(std::uint64_t number, int code = 1) {
    for (auto& [container_id, container] : containers) {
      if (container.instance != id(number) || container.state != ContainerState::kRunning) continue;
      end(container, code);
      if (runtime_up) step(ContainerExited{container_id, container.instance, *container.exit});
      break;
    }
    pass(Duration(0));
  }
  void runtime_goes_down() {
    runtime_up = false;
    step(RuntimeDown{"the container runtime is away"});
  }
  void runtime_comes_up() {
    runtime_up = true;
    step(RuntimeUp{});
    pass(Duration(0));
  }
  /// A container with our labels that this agent did not create.
  ContainerId plant(std::uint64_t number, ContainerState state) {
    const ContainerId made = next_container();
    containers.emplace(made, Container{.id = made,
                                       .instance = id(number),
                                       .workload = app(),
                                       .generation = {1},
                                       .restarts = 0,
                                       .state = state,
                                       .exit = std::nullopt});
    return made;
  }

  std::vector<AgentAction> step(const AgentEvent& event) {
    std::vector<AgentAction> actions = agent->step(event, now());
    agent->check_invariants();
    if (swaps_agent) agent = std::make_unique<Agent>(settings(), agent->save());
    for (const AgentAction& action : actions) {
      history.push_back({now_, action});
      std::visit([this](const auto& one) { carry_out(one); }, action);
    }
    return actions;
  }
  /// Lets time pass; everything that is due happens.
  void pass(Duration duration) {
    constexpr int kTurnsMax = 100'000;
    const MonoTime end = now_ + duration;
    for (int turn = 0;; ++turn) {
      HEARTH_CHECK(turn < kTurnsMax);  // It asks to be woken at once, forever.
      MonoTime next = agent->next_deadline();
      if (!due_.empty()) next = std::min(next, due_.begin()->first);
      next = std::max(next, now_);
      if (next > end) break;
      now_ = next;
      if (!due_.empty() && due_.begin()->first <= now_) {
        const std::function<void()> happen = std::move(due_.begin()->second);
        due_.erase(due_.begin());
        happen();
      } else {
        step(AgentTicked{});
      }
    }
    now_ = end;
  }
  /// The agent is not called meanwhile.
  void oversleep(Duration duration) { now_ += duration; }

  // The results.
  template <class Action>
  std::vector<Action> done() const {
    std::vector<Action> found;
    for (const Done& one : history) {
      if (const auto* action = std::get_if<Action>(&one.action)) found.push_back(*action);
    }
    return found;
  }
  template <class Action>
  std::vector<MonoTime> times() const {
    std::vector<MonoTime> found;
    for (const Done& one : history) {
      if (std::holds_alternative<Action>(one.action)) found.push_back(one.at);
    }
    return found;
  }
  /// Whether the runtime was asked to change anything.
  bool runtime_touched() const {
    return std::any_of(history.begin(), history.end(), [](const Done& one) {
      return !std::holds_alternative<SendStatus>(one.action) &&
             !std::holds_alternative<SaveAssignment>(one.action) &&
             !std::holds_alternative<SaveWatchMemory>(one.action) &&
             !std::holds_alternative<TakeInventory>(one.action) &&
             !std::holds_alternative<InspectContainer>(one.action) &&
             !std::holds_alternative<SampleUsage>(one.action);
    });
  }
  void forget_history() { history.clear(); }
  Report report() const { return *agent->status().report; }
  InstanceStatus status(std::uint64_t number) const {
    const Report reported = report();
    const auto found = reported.instances.find(id(number));
    return found == reported.instances.end() ? InstanceStatus{} : found->second;
  }
  std::string problem() const { return report().problem; }
  /// The instances whose processes run, one entry for each process.
  std::vector<InstanceId> running() const {
    std::vector<InstanceId> found;
    for (const auto& [container_id, container] : containers) {
      if (container.state == ContainerState::kRunning) found.push_back(container.instance);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::unique_ptr<Agent> agent;
  bool swaps_agent = false;  ///< Replace the agent after each step by one built from its state.
  std::vector<Done> history;
  // The disk.
  std::optional<Assignment> stored;
  WatchMemory stored_memory;
  bool disk_works = true;
  Duration save_takes{}, memory_save_takes{};
  // The runtime.
  bool runtime_up = true;
  std::map<ContainerId, Container> containers;
  std::set<std::string> runtime_images;
  bool gives_notice = true;
  bool runtime_takes_nothing = false;  ///< It is ending: it creates no container any more.
  std::vector<FollowLog> followed;     ///< Logs that are to be read, in order.
  std::vector<RunCheck> checks;        ///< In order; not answered.
  ContainerUsage usage;                ///< Of every container.
  std::optional<Error> create_error, start_error, remove_error;
  bool failed_start_is_noticed = false;    ///< As an exit of the container, before the answer.
  bool dead_containers_fill_disk = false;  ///< While there is one, none can be created.
  std::optional<Error> listing_error;
  Duration create_takes{}, start_takes{}, listing_takes{},
      stop_takes = std::chrono::milliseconds(100);
  // The content store.
  std::optional<Error> fetch_error, build_error;
  Duration fetch_takes = std::chrono::seconds(1), build_takes = std::chrono::seconds(5),
           cancel_takes = std::chrono::milliseconds(100);
  FetchStep failing_step = FetchStep::kTransfer;

 private:
  void after(Duration wait, std::function<void()> happen) {
    due_.emplace(now_ + wait, std::move(happen));
  }
  void notice(const AgentEvent& event) {
    if (runtime_up && gives_notice) step(event);
  }
  Result<void> outcome(const std::optional<Error>& error) const {
    if (!runtime_up) return fail(ErrorCode::kUnavailable, "the container runtime is away");
    if (error) return tl::unexpected(*error);
    return {};
  }
  void answer(OperationId operation, Result<void> outcome, ContainerId container = {},
              std::optional<Digest> archive = std::nullopt) {
    step(OperationDone{operation, std::move(outcome), std::move(container), std::move(archive)});
  }
  ContainerId next_container() { return {fmt::format("c{:03}", ++containers_made_)}; }
  void end(Container& container, int code) {
    if (container.state != ContainerState::kRunning) return;
    container.state = ContainerState::kExited;
    container.exit =
        ContainerExit{.code = code, .out_of_memory = OutOfMemory::kNo, .at = now().wall};
  }

  void carry_out(const SendStatus&) {}
  void carry_out(const SaveAssignment& save) {
    after(save_takes, [this, assignment = save.assignment] {
      if (disk_works) stored = assignment;
      step(AssignmentSaved{assignment.number,
                           disk_works ? Result<void>{} : fail(ErrorCode::kExhausted, "disk full")});
    });
  }
  void carry_out(const SaveWatchMemory& save) {
    after(memory_save_takes, [this, save] {
      if (disk_works) stored_memory = save.memory;
      step(WatchMemorySaved{
          save.number, disk_works ? Result<void>{} : fail(ErrorCode::kExhausted, "disk full")});
    });
  }
  /// A listing shows the state at the time it was requested.
  void carry_out(const TakeInventory& take) {
    Inventory inventory;
    for (const auto& [container_id, container] : containers)
      inventory.containers.push_back(container);
    inventory.images.assign(runtime_images.begin(), runtime_images.end());
    after(listing_takes, [this, inventory, number = take.number] {
      const Result<void> ok = outcome(listing_error);
      step(InventoryTaken{number, ok ? Result<Inventory>(inventory) : tl::unexpected(ok.error())});
    });
  }
  void carry_out(const CreateContainer& create) {
    after(create_takes, [this, create] {
      Result<void> ok = outcome(create_error);
      if (runtime_takes_nothing) ok = fail(ErrorCode::kUnavailable, "the runtime is ending");
      const bool full = dead_containers_fill_disk &&
                        std::any_of(containers.begin(), containers.end(), [](const auto& entry) {
                          return entry.second.state == ContainerState::kExited;
                        });
      if (full) ok = fail(ErrorCode::kExhausted, "no disk left");
      if (!ok) return answer(create.operation, ok);
      if (!runtime_images.contains(create.instance.image.reference)) {
        return answer(create.operation, fail(ErrorCode::kNotFound, "no such image"));
      }
      const ContainerId made = next_container();
      containers.emplace(made, Container{.id = made,
                                         .instance = create.instance.id,
                                         .workload = create.instance.workload,
                                         .generation = create.instance.generation,
                                         .restarts = create.restarts,
                                         .state = ContainerState::kCreated,
                                         .exit = std::nullopt});
      answer(create.operation, {}, made);
    });
  }
  void carry_out(const StartContainer& start) {
    after(start_takes, [this, start] {
      const Result<void> ok = outcome(start_error);
      const auto found = containers.find(start.container);
      if (found == containers.end()) {
        return answer(start.operation, fail(ErrorCode::kNotFound, "no such container"));
      }
      const InstanceId instance = found->second.instance;
      if (!ok) {
        if (failed_start_is_noticed) notice(ContainerExited{start.container, instance, {127}});
        return answer(start.operation, ok);
      }
      found->second.state = ContainerState::kRunning;
      notice(ContainerStarted{start.container, instance});
      answer(start.operation, {});
    });
  }
  void carry_out(const AdoptContainer& adopt) {
    after(Duration(0), [this, adopt] {
      const ContainerId made = next_container();
      const Container found{.id = made,
                            .instance = adopt.instance,
                            .workload = adopt.workload,
                            .generation = adopt.generation,
                            .state = ContainerState::kRunning,
                            .adopted = true};
      containers.emplace(made, found);
      step(OperationDone{.operation = adopt.operation,
                         .outcome = {},
                         .container = {},
                         .archive = {},
                         .adopted = found});
    });
  }
  void carry_out(const RecreateContainer& recreate) {
    after(Duration(0), [this, recreate] {
      Container fresh = containers.extract(recreate.container).mapped();
      fresh.id = next_container();
      fresh.state = ContainerState::kCreated;
      containers.emplace(fresh.id, fresh);
      step(OperationDone{.operation = recreate.operation,
                         .outcome = {},
                         .container = {},
                         .archive = {},
                         .adopted = fresh});
    });
  }
  void carry_out(const LetGo& let_go) {
    after(Duration(0), [this, let_go] {
      std::erase_if(containers, [&](const auto& entry) {
        return entry.second.instance == let_go.instance && entry.second.adopted;
      });
      answer(let_go.operation, {});
    });
  }
  void carry_out(const FollowLog& follow) { followed.push_back(follow); }
  void carry_out(const InspectContainer& asked) {
    after(Duration(0), [this, asked] {
      step(HealthcheckReported{.container = asked.container,
                               .instance = asked.instance,
                               .health = ImageHealth::kNone,
                               .output = ""});
    });
  }
  void carry_out(const RunCheck& check) { checks.push_back(check); }
  void carry_out(const SampleUsage& asked) {
    after(Duration(0), [this, asked] {
      step(UsageSampled{asked.container, asked.instance, asked.number, usage});
    });
  }
  void carry_out(const StopContainer& stop) {
    after(stop_takes, [this, stop] {
      const Result<void> ok = outcome(std::nullopt);
      const auto found = containers.find(stop.container);
      if (ok && found != containers.end()) {
        end(found->second, 143);
        notice(ContainerExited{stop.container, found->second.instance, *found->second.exit});
      }
      answer(stop.operation, ok);
    });
  }
  void carry_out(const RemoveContainer& remove) {
    after(Duration(0), [this, remove] {
      const Result<void> ok = outcome(remove_error);
      const auto found = containers.find(remove.container);
      if (ok && found != containers.end()) {
        HEARTH_CHECK(found->second.state != ContainerState::kRunning);
        const InstanceId instance = found->second.instance;
        containers.erase(found);
        notice(ContainerRemoved{remove.container, instance});
      }
      answer(remove.operation, ok);
    });
  }
  void carry_out(const FetchImage& fetch) {
    after(fetch_takes, [this, fetch] {
      const Result<void> ok = outcome(fetch_error);
      if (ok) runtime_images.insert(fetch.image.reference);
      step(OperationDone{fetch.operation, ok, {}, {}, failing_step});
    });
  }
  void carry_out(const CancelBuild& cancel) {
    after(cancel_takes, [this, cancel] {
      cancelled_.insert(cancel.operation);
      answer(cancel.operation, fail(ErrorCode::kFailed, "it was called off"));
    });
  }
  void carry_out(const BuildImage& build) {
    after(build_takes, [this, build] {
      if (cancelled_.contains(build.operation)) return;
      const Result<void> ok = outcome(build_error);
      if (!ok) return answer(build.operation, ok);
      runtime_images.insert(build.order.reference);
      answer(build.operation, {}, {}, digest('f'));
    });
  }

  MonoTime now_{std::chrono::hours(1)};
  std::uint64_t starts_ = 0;
  std::uint64_t revision_ = 0;
  std::uint64_t containers_made_ = 0;
  std::set<OperationId> cancelled_;  ///< Builds.
  std::multimap<MonoTime, std::function<void()>> due_;
};

}  // namespace hearth::core
