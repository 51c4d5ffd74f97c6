#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "adapters/file/lock_file.h"
#include "ports/agent_store.h"

namespace hearth {

/// An AgentStore in a folder that one agent owns alone:
///
///     assignment     the last one: a line with the digest of the rest, then the payload as on the
///                    bus (docs/reference/protocol.md)
///     memory         what rules and probes know (wire/watch_memory_codec.h), headed likewise
///     start_count    the number of the last start and its boot, with a checksum
///     lock           held from count_start() on, see LockFile
///
/// A damaged assignment is an error. A missing one is not: the node has not been assigned anything
/// yet.
///
/// A damaged count is treated as missing: a node must not stay down for want of a number that the
/// uptime can supply.
///
/// A node whose disk is full can still start its agent and run what it was last assigned: counting
/// a start overwrites a few bytes in place.
class FileAgentStore : public AgentStore {
 public:
  /// `on_damage` is called with what was damaged and replaced, to be shown to operators.
  explicit FileAgentStore(std::filesystem::path directory,
                          std::function<void(const Error&)> on_damage = {});

  /// Call this first: it creates the folder and locks it. kConflict, naming the other agent's
  /// process, if it is locked already.
  Result<std::uint64_t> count_start(const std::string& boot_id, std::uint64_t first) override;
  Result<std::optional<Assignment>> load() override;
  /// kExhausted if the disk is full or the assignment too long; the old one is kept.
  Result<void> save(const Assignment& assignment) override;
  Result<WatchMemory> load_memory() override;
  /// As save().
  Result<void> save_memory(const WatchMemory& memory) override;

 private:
  const std::filesystem::path directory_;
  const std::function<void(const Error&)> on_damage_;
  std::optional<LockFile> lock_;
};

}  // namespace hearth
