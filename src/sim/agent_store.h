#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "ports/agent_store.h"
#include "sim/disk.h"

namespace hearth::sim {

/// The AgentStore on a node's disk, in bytes: it outlives the agent's processes and the machine's
/// boots.
///
/// Files that a power cut left torn or full of zeros are detected, as adapters/agent_store does by
/// a digest. A lost count of starts begins again.
class SimAgentStore final : public AgentStore {
 public:
  struct Hooks {
    /// Before and after an assignment is stored. False: the process died in that call.
    std::function<bool()> on_save;
    std::function<void(const Assignment&)> on_saved;
  };
  SimAgentStore(const SimDisk& disk, Hooks hooks) : disk_(disk), hooks_(std::move(hooks)) {}

  Result<std::uint64_t> count_start(const std::string& boot_id, std::uint64_t first) override;
  Result<std::optional<Assignment>> load() override;
  Result<void> save(const Assignment& assignment) override;
  Result<WatchMemory> load_memory() override;
  Result<void> save_memory(const WatchMemory& memory) override;

  bool has_assignment() const { return assignment_.has_value(); }
  /// Replaces the disk with an empty one.
  void lose_all();
  enum class Damage : std::uint8_t { kTorn, kZeros };
  /// The last write reached the disk only in part, though it was reported as complete.
  void damage_assignment(Damage how) { damage(assignment_, how); }
  void damage_memory(Damage how) { damage(memory_, how); }
  void damage_start_count() { start_.reset(); }

 private:
  struct File {
    std::string content;
    std::string written;  ///< The intended content.
  };
  struct Start {
    std::string boot_id;
    std::uint64_t count = 0;
  };

  static void damage(std::optional<File>& file, Damage damage);

  const SimDisk& disk_;
  Hooks hooks_;
  std::optional<File> assignment_;
  std::optional<File> memory_;
  std::optional<Start> start_;
};

}  // namespace hearth::sim
