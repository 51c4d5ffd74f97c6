#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "core/agent/agent.h"
#include "sim/bus.h"
#include "sim/engine.h"
#include "sim/host.h"

namespace hearth::sim {

/// What the agent keeps on its node's disk.
struct AgentDisk {
  std::optional<Assignment> assignment;
  std::uint64_t starts = 0;
  bool full = false;  ///< Nothing can be stored.
  bool busy = false;  ///< Storing takes long.
};

/// The agent's process: the real core::Agent in a shell that carries its actions out.
///
/// Now and then the core is exchanged for one that is made of its saved state, which must change
/// nothing. When, does not come from the world's chance, or it would change the history itself.
class AgentProcess {
 public:
  /// What others want to know of it.
  struct Hooks {
    std::function<void(const Heartbeat&)> on_status;
    std::function<void(const Assignment&)> on_saved;
    std::function<void(const ContainerId&)> on_stop;
    std::function<void(const BuildOrder&)> on_build_begins;
    std::function<void(const BuildOrder&, const Result<Digest>&)> on_build_ends;
    std::function<bool()> manager_reachable;
    std::function<void()> on_crash;
  };
  struct Parts {
    SimHost& host;
    SimEngine& engine;
    SimBus& bus;
    AgentDisk& disk;
  };

  AgentProcess(Parts parts, core::AgentSettings settings, Hooks hooks);

  void start(const std::string& boot_id);
  /// Ends at once; what the engine was asked goes on in the engine.
  void crash();
  bool is_alive() const { return agent_.has_value(); }
  /// As over HTTP. Precondition: is_alive().
  Heartbeat status() const { return agent_->status(); }
  /// Dies around the next save: before it, or after it and before it is known to be done.
  enum class SaveCrash : std::uint8_t { kNone, kBefore, kAfter };
  void crash_at_save(SaveCrash when) { save_crash_ = when; }

 private:
  void post(core::AgentEvent event);
  void step(const core::AgentEvent& event);
  void arm();
  void swap_agent_at_times();
  Instant now() const { return parts_.host.instant(); }

  void carry_out(const core::SaveAssignment& action);
  void carry_out(const core::TakeInventory& action);
  void carry_out(const core::CreateContainer& action);
  void carry_out(const core::StartContainer& action);
  void carry_out(const core::StopContainer& action);
  void carry_out(const core::RemoveContainer& action);
  void carry_out(const core::FetchImage& action);
  void carry_out(const core::BuildImage& action);
  void carry_out(const core::CancelBuild& action);
  void carry_out(const core::SendStatus& action);
  SimEngine::Done report_done(OperationId operation);
  /// True only in this life of the process.
  std::function<bool()> still_this_life() const;

  Parts parts_;
  core::AgentSettings settings_;
  Hooks hooks_;
  std::optional<core::Agent> agent_;
  std::uint64_t steps_ = 0;
  std::uint64_t life_ = 0;
  std::optional<MonoTime> armed_for_;
  std::uint64_t timer_ = 0;
  SaveCrash save_crash_ = SaveCrash::kNone;
  bool saving_ = false;
  std::string building_;  ///< The reference.
};

}  // namespace hearth::sim
