#include "sim/machine.h"

#include <utility>

#include <fmt/format.h>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The supervisor's wait before it restarts an agent that died on its own.
constexpr Duration kSupervisorPause = seconds(1);
constexpr SimDisk::Pace kDiskPace{.low = milliseconds(1), .high = milliseconds(15)};

}  // namespace

SimMachine::SimMachine(Parts parts, core::AgentSettings settings, std::optional<BusAddress> bus,
                       Hooks hooks)
    : world_(parts.world),
      name_(settings.node.str()),
      settings_(std::move(settings)),
      bus_(std::move(bus)),
      hooks_(std::move(hooks)),
      broker_(parts.broker),
      content_(parts.content),
      host_(parts.world, parts.wall_error),
      disk_(parts.world, kDiskPace),
      engine_(host_, name_, parts.content),
      store_(disk_, store_hooks()) {}

void SimMachine::power_on() {
  if (powered_) return;
  powered_ = true;
  world_.note(name_, "power on");
  world_.after(world_.between(milliseconds(500), milliseconds(4000)),
               [this, switched = ++power_switches_] {
                 if (switched == power_switches_) boot();
               });
}

void SimMachine::power_off() {
  if (!powered_) return;
  world_.note(name_, "power off");
  powered_ = false;
  ++power_switches_;
  end_agent();
  engine_.die();
  host_.die();
  if (!std::exchange(damaged_at_power_off_, false) || !store_.has_assignment()) return;
  const bool torn = world_.chance(500);
  world_.note(name_, torn ? "what its agent stored is torn" : "what its agent stored is zeros");
  store_.damage_assignment(torn ? SimAgentStore::Damage::kTorn : SimAgentStore::Damage::kZeros);
  store_.damage_memory(torn ? SimAgentStore::Damage::kTorn : SimAgentStore::Damage::kZeros);
  if (world_.chance(500)) store_.damage_start_count();
  hooks_.on_disk_lost();
}

void SimMachine::boot() {
  host_.boot();
  boot_id_ = fmt::format("{}-boot-{}", name_, ++boots_);
  world_.note(name_, "booted");
  engine_.boot();
  start_agent_after(world_.between(milliseconds(200), milliseconds(1500)));
}

/// Has no effect if another start, or an end, comes before.
void SimMachine::start_agent_after(Duration delay) {
  host_.after(delay, [this, start = ++agent_starts_] {
    if (start == agent_starts_) start_agent();
  });
}

void SimMachine::start_agent() {
  save_crash_ = SaveCrash::kNone;
  agent_ = std::make_unique<AgentProcess>(
      AgentProcess::Node{.host = host_,
                         .disk = disk_,
                         .store = store_,
                         .folder = work_folder_,
                         .engine = engine_,
                         .broker = broker_,
                         .content = content_},
      AgentProcess::Config{.settings = settings_, .boot_id = boot_id_, .bus = bus_}, hooks_.agent);
}

void SimMachine::end_agent() {
  if (!agent_) return;
  agent_->end();
  engine_.unwatch();
  ended_.push_back(std::move(agent_));
  world_.after(Duration(0), [this] { ended_.clear(); });
  hooks_.on_agent_crash(ended_.back()->agent());
}

void SimMachine::crash_agent(Duration down_for) {
  if (!agent_) return;
  world_.note(name_, "the agent crashes");
  end_agent();
  start_agent_after(down_for);
}

void SimMachine::lose_disk(Duration down_for) {
  world_.note(name_, "what its agent stored is lost");
  crash_agent(down_for);
  store_.lose_all();
  hooks_.on_disk_lost();
}

SimAgentStore::Hooks SimMachine::store_hooks() {
  return {.on_save = [this] { return survives_save(SaveCrash::kBefore); },
          .on_saved =
              [this](const Assignment& assignment) {
                hooks_.on_saved(assignment);
                (void)survives_save(SaveCrash::kAfter);
              }};
}

bool SimMachine::survives_save(SaveCrash when) {
  if (save_crash_ != when) return true;
  save_crash_ = SaveCrash::kNone;
  world_.note(name_, fmt::format("the agent dies {} it stored its assignment",
                                 when == SaveCrash::kBefore ? "before" : "after"));
  end_agent();
  start_agent_after(kSupervisorPause);
  return false;
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
  return agent_runs() ? DialOutcome::kAnswered : DialOutcome::kRefused;
}

}  // namespace hearth::sim
