#include "sim/manager_process.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kName = "manager";
constexpr Duration kCommitRetry = milliseconds(200);
constexpr Duration kTopicsRetry = std::chrono::seconds(1);
constexpr Duration kFetchTimeout = std::chrono::seconds(2);
/// What a planned crash keeps the manager down for.
constexpr Duration kDownAfterPlan = std::chrono::seconds(1);

}  // namespace

ManagerProcess::ManagerProcess(Parts parts, core::ManagerSettings settings, Hooks hooks)
    : parts_(parts), settings_(std::move(settings)), hooks_(std::move(hooks)) {}

void ManagerProcess::start() {
  if (manager_) return;
  ++life_;
  parts_.world.note(kName, "starts");
  manager_ = std::make_unique<core::Manager>(settings_, parts_.store.snapshot(), now());
  parts_.bus.attach_manager(
      {.on_status =
           [this](const NodeName& node, const Heartbeat& heartbeat) {
             post(core::HeartbeatReceived{node, heartbeat, parts_.world.now()});
           },
       .on_canary =
           [this](const Canary& canary) {
             if (canary.epoch == manager_->epoch()) post(core::CanaryReturned{canary.sent_at});
           },
       .on_topic_missing = [this] { make_topics_soon(); }});
  post(core::Started{});
}

void ManagerProcess::crash() {
  if (!manager_) return;
  parts_.world.note(kName, "dies");
  if (batch_ && !store_fails_ && parts_.world.chance(500)) {
    parts_.world.note(kName, "its last commit was just done");
    parts_.store.commit(batch_->writes);
  }
  ++life_;
  ++timer_;
  manager_.reset();
  batch_.reset();
  events_.clear();
  armed_for_.reset();
  making_topics_ = false;
  frozen_ = false;
  parts_.bus.detach_manager();
  hooks_.on_crash();
}

void ManagerProcess::crash_for(Duration down_for) {
  if (!manager_) return;
  crash();
  parts_.world.after(down_for, [this] { start(); });
}

void ManagerProcess::freeze() {
  if (!manager_ || frozen_) return;
  parts_.world.note(kName, "freezes");
  frozen_ = true;
}

void ManagerProcess::thaw() {
  if (!frozen_) return;
  parts_.world.note(kName, "thaws");
  frozen_ = false;
  pump();
}

void ManagerProcess::ask(RequestId request, const Command& command) {
  if (manager_) post(core::CommandReceived{request, command});
}

Instant ManagerProcess::now() const {
  return {parts_.world.now(), parts_.world.wall() + parts_.wall_error.at(parts_.world.now())};
}

std::function<bool()> ManagerProcess::still_this_life() const {
  return [this, life = life_] { return life == life_; };
}

void ManagerProcess::post(core::ManagerEvent event) {
  events_.push_back(std::move(event));
  parts_.world.after(Duration(0), [this, alive = still_this_life()] {
    if (alive()) pump();
  });
}

void ManagerProcess::pump() {
  const auto alive = still_this_life();
  while (alive() && manager_ && !frozen_ && !batch_ && !events_.empty()) {
    const core::ManagerEvent event = std::move(events_.front());
    events_.pop_front();
    step(event);
  }
  if (alive() && manager_ && !frozen_ && !batch_) arm();
}

void ManagerProcess::step(const core::ManagerEvent& event) {
  batch_ = manager_->step(event, now());
  manager_->check_invariants();
  if (manager_->next_deadline() <= parts_.world.now()) {
    parts_.world.violate("no-busy-loop", "the manager wants to be woken in the past");
  }
  hooks_.on_batch(*batch_);
  if (batch_->writes.empty()) return carry_out_all();
  boundaries_.push_back(batch_->actions.size());
  if (dies_at(CrashPoint::kBeforeCommit)) return;
  commit();
}

void ManagerProcess::commit() {
  parts_.world.after(parts_.world.between(milliseconds(1), milliseconds(8)),
                     [this, alive = still_this_life()] {
                       if (!alive()) return;
                       if (store_fails_ || frozen_) {
                         return parts_.world.after(kCommitRetry, [this, alive] {
                           if (alive()) commit();
                         });
                       }
                       parts_.store.commit(batch_->writes);
                       if (dies_at(CrashPoint::kBeforeActing)) return;
                       carry_out_all();
                       if (alive()) pump();
                     });
}

bool ManagerProcess::dies_at(CrashPoint point, std::size_t actions_done) {
  if (!plan_ || plan_->boundary != boundaries_.size() || plan_->point != point) return false;
  if (point == CrashPoint::kAmidActing && plan_->actions_done != actions_done) return false;
  plan_.reset();
  batch_.reset();  // Its fate is the plan's, not chance's.
  crash_for(kDownAfterPlan);
  return true;
}

void ManagerProcess::carry_out_all() {
  const core::ManagerBatch batch = std::move(*batch_);
  batch_.reset();
  std::size_t done = 0;
  for (const core::ManagerAction& action : batch.actions) {
    hooks_.on_action(action);
    std::visit([this](const auto& one) { carry_out(one); }, action);
    ++done;
    if (!batch.writes.empty() && dies_at(CrashPoint::kAmidActing, done)) return;
  }
}

void ManagerProcess::arm() {
  const MonoTime deadline = manager_->next_deadline();
  if (armed_for_ && *armed_for_ <= deadline) return;
  armed_for_ = deadline;
  parts_.world.at(std::max(parts_.world.now(), deadline), [this, timer = ++timer_] {
    if (timer != timer_) return;
    armed_for_.reset();
    post(core::Ticked{});
  });
}

void ManagerProcess::carry_out(const core::WatchNode& action) {
  parts_.bus.watch(action.node);
  make_topics_soon();
}

/// The shell's part, as if it took a turn of its loop and a way to the broker and back.
void ManagerProcess::make_topics_soon() {
  if (making_topics_) return;
  making_topics_ = true;
  parts_.world.after(parts_.world.between(milliseconds(5), kTopicsRetry),
                     [this, alive = still_this_life()] {
                       if (!alive()) return;
                       making_topics_ = false;
                       if (!frozen_) parts_.bus.make_topics();
                     });
}

void ManagerProcess::carry_out(const core::SendCanary& action) {
  parts_.bus.send_canary(
      {.epoch = manager_->epoch(), .seq = ++canaries_, .sent_at = action.sent_at});
}

void ManagerProcess::carry_out(const core::PublishAssignment& action) {
  parts_.bus.publish_assignment(action.assignment);
}

void ManagerProcess::carry_out(const core::PublishEvent& action) {
  parts_.world.note(kName, fmt::format("{}: {}", name_of(action.event.type), action.event.message));
}

void ManagerProcess::carry_out(const core::Dial& action) {
  World& world = parts_.world;
  const Duration there = world.between(milliseconds(1), milliseconds(5));
  world.after(there, [this, alive = still_this_life(), action, there] {
    const DialOutcome outcome = hooks_.dial(action.node);
    const Duration wait = outcome == DialOutcome::kNoAnswer ? action.timeout - there : there;
    parts_.world.after(wait, [this, alive, action, outcome] {
      if (alive()) post(core::Dialled{action.node, action.dial, outcome});
    });
  });
}

void ManagerProcess::carry_out(const core::FetchStatus& action) {
  World& world = parts_.world;
  world.after(world.between(milliseconds(1), milliseconds(8)),
              [this, alive = still_this_life(), node = action.node] {
                const Result<Heartbeat> status = hooks_.fetch_status(node);
                const Duration wait = status ? Duration(milliseconds(1)) : kFetchTimeout;
                parts_.world.after(wait, [this, alive, node, status] {
                  if (alive()) post(core::StatusFetched{node, status});
                });
              });
}

void ManagerProcess::carry_out(const core::SwitchPower& action) {
  parts_.world.note(kName, fmt::format("tells the driver of '{}': {} (attempt {})",
                                       action.node.str(), name_of(action.verb), action.attempt));
  hooks_.switch_power(action.node, action.verb,
                      [this, alive = still_this_life(), action](const Result<void>& outcome) {
                        if (alive()) post(core::PowerSwitched{action.node, action.verb, outcome});
                      });
}

void ManagerProcess::carry_out(const core::Reply& action) {
  hooks_.on_reply(action);
}

}  // namespace hearth::sim
