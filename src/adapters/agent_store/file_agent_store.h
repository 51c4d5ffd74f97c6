#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "adapters/file/lock_file.h"
#include "ports/agent_store.h"

namespace hearth {

/// An AgentStore in a folder that one agent owns alone:
///
///     assignment     the last one: a line with the digest of the rest, then the payload as it
///                    stands on the bus (docs/reference/protocol.md)
///     start_count    the number of the last start and its boot, with a checksum
///     lock           kept locked from count_start() on, see LockFile
///
/// An assignment that the disk damaged is told from one that is not there: the one is an error, the
/// other a node that has not been assigned anything yet.
///
/// A count that is damaged is as if it were not there: a node must not stay down for want of a
/// number that the uptime gives as well.
///
/// A node whose disk is full can still start its agent and run what it was last assigned: counting
/// a start overwrites a few bytes in place.
class FileAgentStore : public AgentStore {
 public:
  /// `on_damage` is told of what was damaged and is made anew: to be said to people.
  explicit FileAgentStore(std::filesystem::path directory,
                          std::function<void(const Error&)> on_damage = {});

  /// To be called first: makes the folder, and takes it. kConflict if another agent has it, which
  /// the message names.
  Result<std::uint64_t> count_start(const std::string& boot_id, std::uint64_t first) override;
  Result<std::optional<Assignment>> load() override;
  /// kExhausted if the disk is full or the assignment too long: the old one stays.
  Result<void> save(const Assignment& assignment) override;

 private:
  const std::filesystem::path directory_;
  const std::function<void(const Error&)> on_damage_;
  std::optional<LockFile> lock_;
};

}  // namespace hearth
