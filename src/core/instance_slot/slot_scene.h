#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "core/instance_slot/instance_slot.h"

namespace hearth::core {

/// For tests: the slot of one instance, a runtime that obeys and gives notice, and a clock. The
/// runtime can be slow, fail, or stay silent.
class SlotScene {
 public:
  static constexpr SlotSettings kSettings{.restart = {}, .stop_grace = std::chrono::seconds(10)};

  static InstanceId id() { return make_instance_id(*WorkloadName::parse("app"), 1); }
  AssignedInstance instance(DesiredState desired_state = DesiredState::kRun) const {
    return {.id = id(),
            .workload = *WorkloadName::parse("app"),
            .generation = {1},
            .desired_state = desired_state,
            .image = {.reference = "hearth/app:a", .archive = std::nullopt},
            .spec = spec};
  }

  // Requests.
  void assign(DesiredState desired_state = DesiredState::kRun) {
    step([&] { slot.assign(instance(desired_state)); });
    pass(Duration(0));
  }
  void unassign() {
    step([&] { slot.unassign(); });
    pass(Duration(0));
  }

  /// Somebody makes a container of this name.
  ContainerId make_by_hand(const std::string& name, ContainerState state) {
    const ContainerId made = plant(state);
    by_hand.insert_or_assign(name, containers.extract(made).mapped());
    return made;
  }
  void start_by_hand(const ContainerId& container) {
    containers.at(container).state = ContainerState::kRunning;
    notice([this, container] { slot.on_started(container, turn, prng); });
    pass(Duration(0));
  }
  void remove_by_hand(const ContainerId& container) {
    containers.erase(container);
    notice([this, container] { slot.on_removed(container, turn, prng); });
    pass(Duration(0));
  }

  // What happens around it.
  /// The running process exits on its own.
  void crash(int code = 1) {
    for (auto& [container, is] : containers) {
      if (is.state != ContainerState::kRunning) continue;
      end(is, code);
      notice([this, container = container, exit = *is.exit] {
        slot.on_exited(container, exit, turn, prng);
      });
      break;
    }
    pass(Duration(0));
  }
  /// The running container writes a line that the first rule matches.
  void write(const std::string& line) {
    step([&] {
      LogLines lines{.from_stdout = {.count = 1, .age = {}}};
      lines.matched.push_back({.rule = 0, .age = {}, .text = line});
      slot.on(LogRead{.container = slot.status().container, .instance = id(), .lines = lines},
              turn.now);
    });
    pass(Duration(0));
  }
  /// A container of the instance that the slot did not create.
  ContainerId plant(ContainerState state) {
    const ContainerId made = next_container();
    containers.emplace(made, Container{.id = made,
                                       .instance = id(),
                                       .workload = instance().workload,
                                       .generation = {1},
                                       .state = state});
    return made;
  }
  /// What a listing that is requested now will find.
  Listing ask_listing() const {
    Listing listing{.inventory = {}, .asked_in = turn.number};
    for (const auto& [container, is] : containers) listing.inventory.containers.push_back(is);
    return listing;
  }
  void deliver(const Listing& listing) {
    step([&] {
      if (!slot.may_believe(listing)) return;
      std::set<ContainerId> listed;
      for (const Container& seen : listing.inventory.containers) {
        listed.insert(seen.id);
        slot.on_listed(seen, turn, prng);
      }
      slot.drop_unlisted(listed, turn.now, prng);
    });
    pass(Duration(0));
  }
  void list() { deliver(ask_listing()); }

  void step(const std::function<void()>& happen) {
    ++turn.number;
    happen();
    const auto readiness_of = [this](const Image&) { return image; };
    do {
      for (const ContainerAction& action : slot.tend(turn, readiness_of, ids, prng)) {
        history.push_back({turn.now, action});
        std::visit([this](const auto& one) { carry_out(one); }, action);
      }
    } while (store());
    for (const WatchAction& watch : slot.take_watches(turn.now)) {
      if (const auto* follow = std::get_if<FollowLog>(&watch)) followed.push_back(*follow);
      if (const auto* inspect = std::get_if<InspectContainer>(&watch)) answer(*inspect);
    }
    slot.check_invariants();
  }
  /// Lets time pass; everything that is due happens.
  void pass(Duration duration) {
    const MonoTime end = turn.now + duration;
    for (;;) {
      std::optional<MonoTime> next = slot.next_deadline(turn.now);
      if (!due_.empty() && (!next || due_.begin()->first <= *next)) next = due_.begin()->first;
      if (!next || *next > end) break;
      turn.now = *next;
      const bool is_task = !due_.empty() && due_.begin()->first <= turn.now;
      step(is_task ? due_.extract(due_.begin()).mapped() : [] {});
    }
    turn.now = end;
  }

  // The results.
  template <class Action>
  std::vector<Action> done() const {
    std::vector<Action> found;
    for (const auto& [at, action] : history) {
      if (const auto* one = std::get_if<Action>(&action)) found.push_back(*one);
    }
    return found;
  }
  int running() const {
    return static_cast<int>(std::count_if(containers.begin(), containers.end(), [](const auto& it) {
      return it.second.state == ContainerState::kRunning;
    }));
  }
  const InstanceStatus& status() const { return slot.status(); }

  InstanceSpec spec;
  InstanceSlot slot{kSettings};
  OperationIds ids;
  Prng prng{7};
  Turn turn{.number = 0, .now = MonoTime(std::chrono::hours(1))};
  std::vector<std::pair<MonoTime, ContainerAction>> history;
  // The runtime.
  std::map<ContainerId, Container> containers;
  ImageReadiness image{.is_there = true, .reason = {}};
  bool gives_notice = true;
  std::vector<FollowLog> followed;  ///< Logs that are to be read, in order.
  ImageHealth healthcheck = ImageHealth::kNone;
  bool answers_inspections = true;
  int inspections = 0;                   ///< Requested.
  std::optional<InstanceMemory> stored;  ///< On the disk.
  bool disk_works = true;
  std::optional<Error> adopt_error, create_error, start_error, stop_error, remove_error,
      let_go_error;
  std::map<std::string, Container> by_hand;  ///< Containers of somebody else, by name.
  bool failed_start_is_noticed = false;      ///< As an exit of the container, before the answer.
  bool dead_containers_fill_disk = false;    ///< While there is one, none can be created.
  Duration create_takes{}, start_takes{}, stop_takes = std::chrono::milliseconds(100);

 private:
  /// Whether something was stored for which something waited.
  bool store() {
    if (!disk_works || slot.unsaved() != Unsaved::kDecision) return false;
    stored = slot.take_memory();
    slot.on_stored();
    return true;
  }
  void after(Duration wait, std::function<void()> happen) {
    due_.emplace(turn.now + wait, std::move(happen));
  }
  /// In a step of its own.
  void notice(const std::function<void()>& happen) {
    if (gives_notice) step(happen);
  }
  static Result<void> outcome(const std::optional<Error>& error) {
    return error ? Result<void>(tl::unexpected(*error)) : Result<void>{};
  }
  ContainerId next_container() { return {fmt::format("c{:03}", ++containers_made_)}; }
  static void end(Container& container, int code) {
    container.state = ContainerState::kExited;
    container.exit = ContainerExit{.code = code, .out_of_memory = OutOfMemory::kNo, .at = {}};
  }
  void answer(const InspectContainer& asked) {
    ++inspections;
    if (!answers_inspections) return;
    after(Duration(0), [this, asked] {
      slot.on(HealthcheckReported{.container = asked.container,
                                  .instance = asked.instance,
                                  .health = healthcheck,
                                  .output = ""},
              turn.now);
    });
  }
  bool is_disk_full() const {
    return dead_containers_fill_disk && containers.size() > static_cast<std::size_t>(running());
  }

  void carry_out(const CreateContainer& create) {
    after(create_takes, [this, create] {
      OperationDone done{create.operation, outcome(create_error), {}, {}};
      if (is_disk_full()) done.outcome = fail(ErrorCode::kExhausted, "no disk left");
      if (done.outcome) {
        done.container = plant(ContainerState::kCreated);
        containers.at(done.container).restarts = create.restarts;
      }
      slot.on_created(create, done, turn, prng);
    });
  }
  void carry_out(const AdoptContainer& adopt) {
    after(create_takes, [this, adopt] {
      const auto found = std::find_if(by_hand.begin(), by_hand.end(),
                                      [&](const auto& entry) { return entry.first == adopt.name; });
      OperationDone done{adopt.operation, {}, {}, {}};
      if (adopt_error) {
        done.outcome = tl::unexpected(*adopt_error);
      } else if (found == by_hand.end()) {
        done.outcome = fail(ErrorCode::kNotFound, "there is no container '" + adopt.name + "'");
      } else {
        found->second.adopted = true;
        found->second.generation = adopt.generation;
        done.adopted = containers.insert_or_assign(found->second.id, found->second).first->second;
      }
      slot.on_adopted(done, turn, prng);
    });
  }
  void carry_out(const RecreateContainer& recreate) {
    after(create_takes, [this, recreate] {
      OperationDone done{recreate.operation, outcome(create_error), {}, {}};
      if (done.outcome) {
        HEARTH_CHECK(containers.at(recreate.container).state != ContainerState::kRunning);
        containers.erase(recreate.container);
        const ContainerId made = plant(ContainerState::kCreated);
        containers.at(made).adopted = true;
        containers.at(made).restarts = recreate.restarts;
        done.adopted = containers.at(made);
      }
      slot.on_recreated(recreate.container, done, turn, prng);
    });
  }
  void carry_out(const LetGo& let_go) {
    after(Duration(0), [this, let_go] {
      const Result<void> ok = outcome(let_go_error);
      if (ok) containers.clear();
      slot.on_cleared(let_go, ok, turn);
    });
  }
  void carry_out(const StartContainer& start) {
    const ContainerId container = start.container;
    after(start_takes, [this, container] {
      const Result<void> ok = outcome(start_error);
      if (ok) {
        containers.at(container).state = ContainerState::kRunning;
        notice([this, container] { slot.on_started(container, turn, prng); });
      } else if (failed_start_is_noticed) {
        notice([this, container] { slot.on_exited(container, {.code = 127}, turn, prng); });
      }
      slot.on_start_done(container, ok, turn, prng);
    });
  }
  void carry_out(const StopContainer& stop) {
    const ContainerId container = stop.container;
    after(stop_takes, [this, stop, container] {
      if (stop_error) return slot.on_cleared(stop, outcome(stop_error), turn);
      end(containers.at(container), 143);
      notice([this, container] {
        slot.on_exited(container, *containers.at(container).exit, turn, prng);
      });
      slot.on_cleared(stop, {}, turn);
    });
  }
  void carry_out(const RemoveContainer& remove) {
    const ContainerId container = remove.container;
    after(Duration(0), [this, remove, container] {
      const Result<void> ok = outcome(remove_error);
      if (ok) {
        HEARTH_CHECK(containers.at(container).state != ContainerState::kRunning);
        containers.erase(container);
        notice([this, container] { slot.on_removed(container, turn, prng); });
      }
      slot.on_cleared(remove, ok, turn);
    });
  }

  std::uint64_t containers_made_ = 0;
  std::multimap<MonoTime, std::function<void()>> due_;
};

}  // namespace hearth::core
