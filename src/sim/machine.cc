#include "sim/machine.h"

#include <utility>

#include <fmt/format.h>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;

constexpr Duration kSupervisorPause = std::chrono::seconds(1);

}  // namespace

SimMachine::SimMachine(Parts parts, core::AgentSettings settings, AgentProcess::Hooks hooks)
    : world_(parts.world),
      name_(settings.node.str()),
      host_(parts.world, parts.wall_error),
      engine_(host_, name_, parts.content),
      agent_({host_, engine_, parts.bus, disk_}, std::move(settings),
             supervised(std::move(hooks))) {}

void SimMachine::power_on() {
  if (powered_) return;
  powered_ = true;
  world_.note(name_, "power on");
  world_.after(world_.between(milliseconds(500), milliseconds(4000)), [this, life = ++power_life_] {
    if (life == power_life_) boot();
  });
}

void SimMachine::power_off() {
  if (!powered_) return;
  world_.note(name_, "power off");
  powered_ = false;
  ++power_life_;
  agent_.crash();
  engine_.die();
  host_.die();
}

void SimMachine::boot() {
  host_.boot();
  boot_id_ = fmt::format("{}-boot-{}", name_, ++boots_);
  world_.note(name_, "booted");
  engine_.boot();
  start_agent_after(world_.between(milliseconds(200), milliseconds(1500)));
}

void SimMachine::start_agent_after(Duration delay) {
  host_.after(delay, [this] { agent_.start(boot_id_); });
}

void SimMachine::crash_agent(Duration down_for) {
  if (!agent_.is_alive()) return;
  world_.note(name_, "the agent crashes");
  agent_down_for_ = down_for;
  agent_.crash();
  agent_down_for_ = kSupervisorPause;
}

AgentProcess::Hooks SimMachine::supervised(AgentProcess::Hooks hooks) {
  hooks.on_crash = [this, told = std::move(hooks.on_crash)] {
    told();
    start_agent_after(agent_down_for_);
  };
  return hooks;
}

void SimMachine::freeze() {
  if (!host_.is_up() || host_.is_frozen()) return;
  world_.note(name_, "freezes");
  host_.freeze();
}

void SimMachine::thaw() {
  if (!host_.is_frozen()) return;
  world_.note(name_, "thaws");
  host_.thaw();
}

DialOutcome SimMachine::dialled() const {
  if (!host_.is_up() || host_.is_frozen()) return DialOutcome::kNoAnswer;
  return agent_.is_alive() ? DialOutcome::kAnswered : DialOutcome::kRefused;
}

}  // namespace hearth::sim
