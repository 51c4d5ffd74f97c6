// What somebody else does to the containers of an engine, by hand.

#include <fmt/format.h>

#include "sim/engine.h"

namespace hearth::sim {
namespace {

constexpr int kTerminated = 143;

}  // namespace

Container* SimEngine::at_hand(const ContainerId& container, std::string_view what) {
  const auto found = containers_.find(container);
  if (!answers() || found == containers_.end()) return nullptr;
  host_.world().note(name_, fmt::format("somebody {} container {} of '{}'", what, container.str(),
                                        found->second.instance.str()));
  crashed_.insert(found->second.instance);
  programs_.blame(container);
  return &found->second;
}

void SimEngine::pause(const ContainerId& container) {
  Container* found = at_hand(container, "pauses");
  if (found == nullptr || found->state != ContainerState::kRunning || found->paused) return;
  found->paused = true;
  programs_.set_paused(container, true);
  tell_about(*found, ContainerNotice::Kind::kPaused);
}

void SimEngine::unpause(const ContainerId& container) {
  const auto known = containers_.find(container);
  if (known == containers_.end() || !known->second.paused) return;
  Container* found = at_hand(container, "unpauses");
  if (found == nullptr) return;
  found->paused = false;
  programs_.set_paused(container, false);
  tell_about(*found, ContainerNotice::Kind::kUnpaused);
}

void SimEngine::stop_by_hand(const ContainerId& container) {
  Container* found = at_hand(container, "stops");
  if (found != nullptr && found->state == ContainerState::kRunning) end(*found, kTerminated);
}

void SimEngine::start_by_hand(const ContainerId& container) {
  Container* found = at_hand(container, "starts");
  if (found != nullptr && found->state != ContainerState::kRunning) begin(*found);
}

void SimEngine::restart_by_hand(const ContainerId& container, Duration down_for) {
  Container* found = at_hand(container, "restarts");
  if (found == nullptr || found->state != ContainerState::kRunning) return;
  end(*found, kTerminated);
  host_.after(down_for, [this, container] {
    const auto stopped = containers_.find(container);
    if (!answers() || stopped == containers_.end()) return;
    if (stopped->second.state == ContainerState::kRunning) return;
    begin(stopped->second);
    tell_about(stopped->second, ContainerNotice::Kind::kRestarted);
  });
}

void SimEngine::remove_by_hand(const ContainerId& container) {
  if (at_hand(container, "removes") != nullptr) erase(container);
}

void SimEngine::rename(const ContainerId& container) {
  if (const Container* found = at_hand(container, "renames")) {
    tell_about(*found, ContainerNotice::Kind::kRenamed);
  }
}

}  // namespace hearth::sim
