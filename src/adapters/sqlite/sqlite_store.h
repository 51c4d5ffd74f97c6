#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "ports/store.h"

namespace hearth {

struct SqliteStoreConfig {
  std::filesystem::path directory;  ///< Created if missing.
  /// Bounds of the events kept, in number and in bytes. The oldest are removed in lots, so there
  /// can be a few more for a while. The newest event is always kept. > 0.
  std::uint64_t events_max = 10'000;
  std::uint64_t events_bytes_max = std::uint64_t{16} << 20;
  /// Bound of the database's size; a commit that would exceed it fails with kExhausted.
  std::uint64_t file_bytes_max = std::uint64_t{1} << 30;
  /// How long a commit waits for another program's write transaction.
  std::chrono::milliseconds busy_timeout{5000};
};

/// A Store in one SQLite file, "hearth.db" in a folder that it owns alone (LockFile on "lock").
/// docs/reference/database.md describes the file for its readers.
///
/// - Durable means on the disk (WAL, synchronous=FULL), even after a power cut. For the cost see
///   docs/decisions/0010-every-commit-reaches-the-disk.md.
/// - All writes are idempotent: a batch with an unknown outcome can be committed again.
/// - Other programs can read at any time and never delay a commit. A writer delays it. A
///   transaction that stays open keeps the log next to the file from being emptied: the log grows
///   with each commit (condition()) until that transaction ends.
/// - Only its owner can read the file: environments of workloads can hold secrets.
///
/// - Events are given up first. They are trimmed to their bounds before a batch is written, in a
///   transaction of their own. If the disk or the file's bound is still full, their older half is
///   deleted, repeatedly, until the batch fits or one event is left. Writing that takes space, too:
///   "hearth.db-reserve" holds it (DiskReserve) and is then removed. Until the disk has space for
///   a new reserve, the file does not grow.
///
/// Errors: kExhausted if the disk or the bound is full of data that cannot be given up; commit
/// again once there is space. kUnavailable if the file is read-only, missing, or locked by another
/// program. kCorrupt if it is damaged. kInvalidArgument if a batch contradicts itself (an instance
/// without its workload): a bug in Hearth; nothing of the batch was written.
///
/// One thread at a time.
class SqliteStore : public Store {
 public:
  static constexpr std::string_view kFileName = "hearth.db";

  /// Checks the whole file and migrates an older format. Besides the errors above: kConflict if
  /// another process owns the folder (the message names it), or if the file was written by a newer
  /// Hearth or by another program.
  static Result<std::unique_ptr<SqliteStore>> open(const SqliteStoreConfig& config);

  ~SqliteStore() override;
  Result<Snapshot> load() override;
  Result<void> commit(const std::vector<Write>& writes) override;
  Result<std::vector<ClusterEvent>> events_after(std::uint64_t seq, std::size_t count_max) override;
  Result<History> history_of(const WorkloadName& workload) override;
  StoreCondition condition() const override;

 private:
  class Session;
  explicit SqliteStore(std::unique_ptr<Session> session);

  std::unique_ptr<Session> session_;
};

}  // namespace hearth
