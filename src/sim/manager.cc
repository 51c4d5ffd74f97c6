#include "sim/manager.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kName = "manager";
constexpr SimDisk::Pace kDiskPace{.low = milliseconds(1), .high = milliseconds(8)};
/// The supervisor's wait before it restarts a manager that died on its own or by a plan.
constexpr Duration kSupervisorPause = seconds(1);

}  // namespace

SimManager::SimManager(Parts parts, ManagerProcess::Config config, Hooks hooks)
    : world_(parts.world),
      broker_(parts.broker),
      power_faults_(parts.power_faults),
      config_(std::move(config)),
      hooks_(std::move(hooks)),
      host_(parts.world, parts.wall_error),
      disk_(parts.world, kDiskPace),
      store_(parts.world, store_hooks()) {
  hooks_.process = watched(std::move(hooks_.process));
  host_.boot(std::chrono::hours(1));
}

ManagerProcess::Hooks SimManager::watched(ManagerProcess::Hooks hooks) {
  hooks.on_effect = [this] {
    if (process_ && process_->runs() && crash_watch_.on_effect(process_->turn())) die_of_plan();
  };
  hooks.on_fatal = [this](const Error& error) {
    world_.note(kName, "gives up: " + error.message);
    crash_for(kSupervisorPause);
  };
  return hooks;
}

SimStore::Hooks SimManager::store_hooks() {
  return {.on_commit =
              [this] {
                if (!crash_watch_.on_commit()) return true;
                die_of_plan();
                return false;
              },
          .on_committed =
              [this] {
                if (crash_watch_.on_committed()) die_of_plan();
              }};
}

void SimManager::start() {
  if (process_) return;
  world_.note(kName, "starts");
  hooks_.on_start();
  process_ = std::make_unique<ManagerProcess>(ManagerProcess::Parts{.host = host_,
                                                                    .disk = disk_,
                                                                    .store = store_,
                                                                    .broker = broker_,
                                                                    .power_faults = power_faults_},
                                              config_, hooks_.process);
}

void SimManager::end() {
  world_.note(kName, "dies");
  process_->end();
  ended_.push_back(std::move(process_));
  world_.after(Duration(0), [this] { ended_.clear(); });
  // The supervisor ends a hanging process before a restart.
  thaw();
}

void SimManager::die_of_plan() {
  crash_for(kSupervisorPause);
}

void SimManager::crash_for(Duration down_for) {
  crash_and_lose_commits(0, down_for);
}

void SimManager::crash_and_lose_commits(std::size_t commits, Duration down_for) {
  if (!process_) return;
  end();
  const std::size_t lost = store_.lose_last(commits);
  if (lost > 0) world_.note(kName, fmt::format("its disk lost the last {} commits", lost));
  hooks_.on_crash();
  world_.after(down_for, [this] { start(); });
}

void SimManager::freeze() {
  if (!process_ || host_.is_frozen()) return;
  world_.note(kName, "freezes");
  host_.freeze();
}

void SimManager::thaw() {
  if (!host_.is_frozen()) return;
  world_.note(kName, "thaws");
  host_.thaw();
}

void SimManager::ask(const Command& command, Completion<core::CommandResult> done) {
  if (process_) process_->ask(command, std::move(done));
}

}  // namespace hearth::sim
