#include "sim/agent_process.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/prng.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;

/// How often a step is followed by an exchange of the core for its copy.
constexpr std::uint32_t kSwapPermille = 50;

}  // namespace

AgentProcess::AgentProcess(Parts parts, core::AgentSettings settings, Hooks hooks)
    : parts_(parts), settings_(std::move(settings)), hooks_(std::move(hooks)) {}

void AgentProcess::start(const std::string& boot_id) {
  if (agent_) return;
  World& world = parts_.host.world();
  ++life_;
  save_crash_ = SaveCrash::kNone;
  saving_ = false;
  settings_.incarnation = {.boot_id = boot_id, .start_count = ++parts_.disk.starts};
  world.note(settings_.node.str(),
             fmt::format("the agent starts, number {}{}", parts_.disk.starts,
                         parts_.disk.assignment ? "" : ", with nothing stored"));
  agent_.emplace(settings_, parts_.disk.assignment, world.prng().next(), now());
  const auto alive = still_this_life();
  parts_.bus.attach_node(settings_.node, {.on_assignment =
                                              [this, alive](const Assignment& assignment) {
                                                if (alive())
                                                  post(core::AssignmentReceived{assignment});
                                              },
                                          .on_caught_up =
                                              [this, alive] {
                                                if (alive()) post(core::AssignmentsCaughtUp{});
                                              }});
  parts_.engine.watch([this, alive](const core::AgentEvent& event) {
    if (alive()) post(event);
  });
  post(core::LoadSampled{{.cpu = 100, .memory = 200}});
}

void AgentProcess::crash() {
  if (!agent_) return;
  ++life_;
  ++timer_;
  agent_.reset();
  armed_for_.reset();
  parts_.bus.detach_node(settings_.node);
  parts_.engine.unwatch();
  hooks_.on_crash();
}

std::function<bool()> AgentProcess::still_this_life() const {
  return [this, life = life_] { return life == life_; };
}

void AgentProcess::post(core::AgentEvent event) {
  parts_.host.after(Duration(0), [this, alive = still_this_life(), event = std::move(event)] {
    if (alive()) step(event);
  });
}

void AgentProcess::step(const core::AgentEvent& event) {
  const auto alive = still_this_life();
  for (const core::AgentAction& action : agent_->step(event, now())) {
    std::visit([this](const auto& one) { carry_out(one); }, action);
    if (!alive()) return;
  }
  if (agent_->next_deadline() <= now().mono) {
    parts_.host.world().violate(
        "no-busy-loop",
        fmt::format("the agent of '{}' wants to be woken in the past", settings_.node.str()));
  }
  agent_->check_invariants();
  swap_agent_at_times();
  arm();
}

void AgentProcess::swap_agent_at_times() {
  // The trace so far differs by seed and by what happened.
  Prng chance(parts_.host.world().trace_hash() + ++steps_);
  if (!chance.chance(kSwapPermille)) return;
  const core::AgentState state = agent_->save();
  agent_.emplace(settings_, state);
  if (agent_->save() == state) return;
  parts_.host.world().violate(
      "state-reads-back",
      fmt::format("the agent of '{}' is not what it was saved as", settings_.node.str()));
}

void AgentProcess::arm() {
  const MonoTime deadline = agent_->next_deadline();
  if (armed_for_ && *armed_for_ <= deadline) return;
  armed_for_ = deadline;
  parts_.host.after(std::max(Duration(0), deadline - now().mono), [this, timer = ++timer_] {
    if (timer != timer_) return;
    armed_for_.reset();
    step(core::AgentTicked{});
  });
}

void AgentProcess::carry_out(const core::SaveAssignment& action) {
  const SaveCrash crash_point = std::exchange(save_crash_, SaveCrash::kNone);
  World& world = parts_.host.world();
  if (std::exchange(saving_, true)) {
    world.violate("one-save", fmt::format("the agent of '{}' stores two assignments at a time",
                                          settings_.node.str()));
  }
  const Duration longest = parts_.disk.busy ? milliseconds(5000) : milliseconds(15);
  parts_.host.after(world.between(milliseconds(1), longest), [this, crash_point,
                                                              alive = still_this_life(),
                                                              assignment = action.assignment] {
    if (!alive()) return;
    saving_ = false;
    if (crash_point == SaveCrash::kBefore) {
      parts_.host.world().note(settings_.node.str(), "the agent dies before it stored its wish");
      return crash();
    }
    Result<void> outcome;
    if (parts_.disk.full) {
      outcome = fail(ErrorCode::kExhausted, "no space left on the disk");
    } else {
      parts_.disk.assignment = assignment;
      hooks_.on_saved(assignment);
    }
    if (crash_point == SaveCrash::kAfter) {
      parts_.host.world().note(settings_.node.str(), "the agent dies after it stored its wish");
      return crash();
    }
    post(core::AssignmentSaved{assignment.number, outcome});
  });
}

void AgentProcess::carry_out(const core::TakeInventory& action) {
  parts_.engine.take_inventory(
      [this, alive = still_this_life(), number = action.number](const Result<Inventory>& outcome) {
        if (alive()) post(core::InventoryTaken{number, outcome});
      });
}

SimEngine::Done AgentProcess::report_done(OperationId operation) {
  return [this, alive = still_this_life(), operation](const Result<void>& outcome) {
    if (alive()) post(core::OperationDone{operation, outcome, {}, {}});
  };
}

void AgentProcess::carry_out(const core::CreateContainer& action) {
  parts_.engine.create(action.instance, action.restarts,
                       [this, alive = still_this_life(),
                        operation = action.operation](const Result<ContainerId>& container) {
                         if (!alive()) return;
                         core::OperationDone done{operation, {}, {}, {}};
                         if (container) {
                           done.container = *container;
                         } else {
                           done.outcome = tl::unexpected(container.error());
                         }
                         post(std::move(done));
                       });
}

void AgentProcess::carry_out(const core::StartContainer& action) {
  parts_.engine.start(action.container, report_done(action.operation));
}

void AgentProcess::carry_out(const core::StopContainer& action) {
  hooks_.on_stop(action.container);
  parts_.engine.stop(action.container, action.grace, report_done(action.operation));
}

void AgentProcess::carry_out(const core::RemoveContainer& action) {
  parts_.engine.remove(action.container, report_done(action.operation));
}

void AgentProcess::carry_out(const core::FetchImage& action) {
  const auto reachable = [this, alive = still_this_life()] {
    return alive() && hooks_.manager_reachable();
  };
  parts_.engine.fetch(action.image, reachable, report_done(action.operation));
}

void AgentProcess::carry_out(const core::CancelBuild&) {
  parts_.engine.cancel_build(building_);
}

void AgentProcess::carry_out(const core::BuildImage& action) {
  building_ = action.order.reference;
  hooks_.on_build_begins(action.order);
  const auto alive = still_this_life();
  const auto reachable = [this, alive] { return alive() && hooks_.manager_reachable(); };
  parts_.engine.build(action.order, reachable,
                      [this, alive, action](const Result<Digest>& archive) {
                        if (!alive()) return;
                        hooks_.on_build_ends(action.order, archive);
                        core::OperationDone done{action.operation, {}, {}, {}};
                        if (archive) {
                          done.archive = *archive;
                        } else {
                          done.outcome = tl::unexpected(archive.error());
                        }
                        post(std::move(done));
                      });
}

void AgentProcess::carry_out(const core::SendStatus& action) {
  hooks_.on_status(action.heartbeat);
  parts_.bus.send_status(settings_.node, action.heartbeat, [this, alive = still_this_life()] {
    if (alive()) post(core::StatusDropped{});
  });
}

}  // namespace hearth::sim
