#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/manager/manager.h"
#include "sim/bus.h"
#include "sim/store.h"
#include "sim/world.h"

namespace hearth::sim {

/// Where in its work on one batch a manager dies.
enum class CrashPoint : std::uint8_t {
  kBeforeCommit,  ///< Decided, nothing remembered.
  kBeforeActing,  ///< Remembered, nothing done.
  kAmidActing,    ///< Remembered, and so many actions done.
};

/// Dies at the `boundary`th batch that has something to remember, counted over all lives.
struct CrashPlan {
  std::uint64_t boundary = 0;
  CrashPoint point{};
  std::size_t actions_done = 0;  ///< kAmidActing; at least 1, at most all.
};

/// The manager's process: the real core::Manager in a shell that commits each batch and only then
/// carries its actions out, one step at a time.
class ManagerProcess {
 public:
  /// The world around it, and who watches it.
  struct Hooks {
    std::function<void(const core::ManagerBatch&)> on_batch;    ///< Decided, not yet committed.
    std::function<void(const core::ManagerAction&)> on_action;  ///< About to be done.
    std::function<DialOutcome(const NodeName&)> dial;
    std::function<Result<Heartbeat>(const NodeName&)> fetch_status;
    std::function<void(const NodeName&, PowerVerb, std::function<void(Result<void>)>)> switch_power;
    std::function<void(const core::Reply&)> on_reply;
    std::function<void()> on_crash;
  };
  struct Parts {
    World& world;
    SimBus& bus;
    SimStore& store;
    WallError wall_error;
  };

  ManagerProcess(Parts parts, core::ManagerSettings settings, Hooks hooks);

  void start();
  /// Ends at once. A commit that is under way happened or not, by chance.
  void crash();
  /// Ends, and is started again after `down_for`.
  void crash_for(Duration down_for);
  void freeze();
  void thaw();
  /// Commits fail until further notice; the shell holds its batch and tries again.
  void set_store_fails(bool fails) { store_fails_ = fails; }
  void set_crash_plan(const CrashPlan& plan) { plan_ = plan; }
  /// It was set, and has come to pass.
  bool plan_is_done() const { return !plan_; }

  bool is_alive() const { return manager_ != nullptr; }
  /// Alive, awake, and its store takes what it writes.
  bool works() const { return is_alive() && !frozen_ && !store_fails_; }
  bool is_frozen() const { return frozen_; }
  /// Alive and able to answer: agents get content from it.
  bool answers() const { return is_alive() && !frozen_; }
  /// Precondition: is_alive().
  const core::Manager& manager() const { return *manager_; }
  /// How many actions each batch had that had something to remember.
  const std::vector<std::size_t>& boundaries() const { return boundaries_; }
  /// Asks it; what is asked while nobody is there is lost.
  void ask(RequestId request, const Command& command);

 private:
  void post(core::ManagerEvent event);
  void pump();
  void step(const core::ManagerEvent& event);
  void commit();
  void carry_out_all();
  bool dies_at(CrashPoint point, std::size_t actions_done = 0);
  void arm();
  void make_topics_soon();
  Instant now() const;
  std::function<bool()> still_this_life() const;

  void carry_out(const core::WatchNode& action);
  void carry_out(const core::SendCanary& action);
  void carry_out(const core::PublishAssignment& action);
  void carry_out(const core::PublishEvent& action);
  void carry_out(const core::Dial& action);
  void carry_out(const core::FetchStatus& action);
  void carry_out(const core::SwitchPower& action);
  void carry_out(const core::Reply& action);

  Parts parts_;
  core::ManagerSettings settings_;
  Hooks hooks_;
  std::unique_ptr<core::Manager> manager_;
  std::uint64_t life_ = 0;
  bool frozen_ = false;
  bool store_fails_ = false;
  bool making_topics_ = false;
  std::deque<core::ManagerEvent> events_;
  std::optional<core::ManagerBatch> batch_;  ///< Being committed: no step meanwhile.
  std::uint64_t canaries_ = 0;
  std::optional<MonoTime> armed_for_;
  std::uint64_t timer_ = 0;
  std::vector<std::size_t> boundaries_;
  std::optional<CrashPlan> plan_;
};

}  // namespace hearth::sim
