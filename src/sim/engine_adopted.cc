// Containers that somebody made by hand, and those of them that instances have adopted.

#include <utility>

#include <fmt/format.h>

#include "sim/engine.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;

constexpr int kKilled = 137;

tl::unexpected<Error> gone() {
  return fail(ErrorCode::kNotFound, "no such container");
}

}  // namespace

ContainerId SimEngine::run_by_hand(const std::string& name, const ContainerSpec& spec) {
  const ContainerId id = next_id();
  host_.world().note(name_, fmt::format("somebody makes container {} as '{}'", id.str(), name));
  hand_made_.emplace(id, HandMade{.mounts = "the data of " + name, .restarts_itself = true});
  specs_.emplace(id, spec);
  Container container{
      .id = id, .instance = {}, .workload = *WorkloadName::parse("by-hand"), .generation = {}};
  if (spec.environment.contains(SimPrograms::kProgramKey)) container.created_at = host_.wall();
  Container& made = by_hand_.insert_or_assign(name, container).first->second;
  if (answers()) begin(made);
  return id;
}

void SimEngine::run_commit_by_hand(const ContainerId& container) {
  const auto found = containers_.find(container);
  if (!answers() || found == containers_.end()) return;
  Container stranger = found->second;
  stranger.id = next_id();
  stranger.adopted = false;
  const std::string name = fmt::format("commit-{}", ++commits_);
  host_.world().note(name_,
                     fmt::format("somebody commits container {} of '{}', and runs {} of it",
                                 container.str(), stranger.instance.str(), stranger.id.str()));
  hand_made_.emplace(stranger.id, HandMade{.mounts = "", .restarts_itself = true});
  specs_.emplace(stranger.id, ContainerSpec{});
  begin(by_hand_.insert_or_assign(name, stranger).first->second);
}

void SimEngine::replace_by_hand(const ContainerId& container, Duration down_for) {
  const auto found = containers_.find(container);
  if (found == containers_.end() || !found->second.adopted) return;
  const std::string name = book_.at(found->second.instance).name;
  const ContainerSpec spec = specs_.at(container);
  if (at_hand(container, "removes") == nullptr) return;
  erase(container);
  // Whoever does this comes back even if the machine dies meanwhile.
  host_.world().after(down_for, [this, name, spec] { run_by_hand(name, spec); });
}

void SimEngine::start_those_of_hands() {
  for (auto& [name, container] : by_hand_) {
    const bool starts =
        hand_made_.at(container.id).restarts_itself && container.state != ContainerState::kRunning;
    if (starts) begin(container);
  }
}

void SimEngine::end_those_of_hands() {
  for (auto& [name, container] : by_hand_) {
    if (container.state == ContainerState::kRunning) end(container, kKilled);
  }
}

const SimEngine::HandMade* SimEngine::hand_made(const ContainerId& container) const {
  const auto found = hand_made_.find(container);
  return found == hand_made_.end() ? nullptr : &found->second;
}

bool SimEngine::is_foreign(const ContainerId& container) const {
  return hand_made_.contains(container) && !containers_.contains(container);
}

Container* SimEngine::adopted_by(const InstanceId& instance) {
  for (auto& [id, container] : containers_) {
    if (container.adopted && container.instance == instance) return &container;
  }
  return nullptr;
}

void SimEngine::run_adopted(const Completion<Container>& done,
                            std::function<Result<Container>()> effect) {
  const auto found = std::make_shared<std::optional<Container>>();
  const auto answer = [found, done](const Result<void>& outcome) {
    if (!outcome) return done(tl::unexpected(outcome.error()));
    done(found->value());
  };
  run(milliseconds(10), milliseconds(80), answer,
      [found, effect = std::move(effect)]() -> Result<void> {
        const Result<Container> container = effect();
        if (!container) return tl::unexpected(container.error());
        found->emplace(*container);
        return {};
      });
}

void SimEngine::adopt(const AdoptRequest& request, const Completion<Container>& done) {
  run_adopted(done, [this, request]() -> Result<Container> {
    if (const Container* known = adopted_by(request.instance)) return *known;
    take_over(request);
    if (const Container* taken = adopted_by(request.instance)) return *taken;
    auto found = by_hand_.extract(request.name);
    if (found.empty()) return gone();
    Container& container = found.mapped();
    container.instance = request.instance;
    container.workload = request.workload;
    container.generation = request.generation;
    container.adopted = true;
    HandMade& hand_made = hand_made_.at(container.id);
    book_.insert_or_assign(request.instance,
                           Adoption{.name = request.name,
                                    .workload = request.workload,
                                    .restarts_itself = hand_made.restarts_itself});
    hand_made.restarts_itself = false;
    return containers_.insert_or_assign(container.id, container).first->second;
  });
}

/// From another instance of the workload, if that has adopted the container.
void SimEngine::take_over(const AdoptRequest& request) {
  for (const auto& [instance, adoption] : book_) {
    if (adoption.name != request.name || adoption.workload != request.workload) continue;
    Container* container = adopted_by(instance);
    if (container == nullptr) return;
    container->instance = request.instance;
    container->generation = request.generation;
    auto entry = book_.extract(instance);
    entry.key() = request.instance;
    book_.insert(std::move(entry));
    return;
  }
}

void SimEngine::recreate(const InstanceId& instance, std::uint32_t restarts,
                         const Completion<Container>& done) {
  run_adopted(done, [this, instance, restarts, id = next_id()]() -> Result<Container> {
    const Container* known = adopted_by(instance);
    if (known == nullptr) return gone();
    if (known->state != ContainerState::kExited) return *known;
    const ContainerId old = known->id;
    Container fresh = *known;
    fresh.id = id;
    fresh.state = ContainerState::kCreated;
    fresh.restarts = restarts;
    fresh.exit.reset();
    hand_made_.emplace(id, hand_made_.extract(old).mapped());
    specs_.emplace(id, specs_.extract(old).mapped());
    logs_.remove(old);
    addresses_.erase(old);
    containers_.erase(old);
    return containers_.insert_or_assign(id, fresh).first->second;
  });
}

void SimEngine::let_go(const InstanceId& instance, const Done& done) {
  run(milliseconds(10), milliseconds(80), done, [this, instance]() -> Result<void> {
    const Container* known = adopted_by(instance);
    const auto adoption = book_.extract(instance);
    if (known == nullptr || adoption.empty()) return {};
    Container let_go = *known;
    let_go.adopted = false;
    hand_made_.at(let_go.id).restarts_itself = adoption.mapped().restarts_itself;
    containers_.erase(let_go.id);
    by_hand_.insert_or_assign(adoption.mapped().name, let_go);
    logs_.changed();
    return {};
  });
}

}  // namespace hearth::sim
