#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "ports/store.h"

namespace hearth {

struct SqliteStoreConfig {
  std::filesystem::path directory;  ///< Made if it is not there.
  /// How many of the newest events are kept, and how many bytes of them. Old ones go in lots, so
  /// for a while there are a few more. The very newest stays in any case. > 0.
  std::uint64_t events_max = 10'000;
  std::uint64_t events_bytes_max = std::uint64_t{16} << 20;
  /// What the database may grow to; a commit that would exceed it is kExhausted.
  std::uint64_t file_bytes_max = std::uint64_t{1} << 30;
  /// How long a commit waits for another program that writes to the file.
  std::chrono::milliseconds busy_timeout{5000};
};

/// A Store in one SQLite file, "hearth.db" in a folder that it owns alone (LockFile on "lock").
/// docs/reference/database.md describes the file for those who read it.
///
/// - Durable means: on the disk (WAL, synchronous=FULL), also after a power cut. What that costs is
///   in docs/decisions/0010-every-commit-reaches-the-disk.md.
/// - All writes are idempotent: a batch whose outcome is not known may be committed again.
/// - Others may read at any time and are never waited for. One that writes makes a commit wait. One
///   that keeps a transaction open keeps the log beside the file from being emptied: it grows with
///   each commit (backlog_bytes) until that transaction ends.
/// - The file is readable by its owner only: environments of workloads may hold secrets.
///
/// - Events are what it gives up first. They are trimmed to their bounds before a batch is written,
///   in a transaction of their own. Where the disk or the file's bound is full all the same, the
///   older half of them goes, again and again, until the batch fits or one event is left. To write
///   that down takes room, too: "hearth.db-reserve" holds it (DiskReserve) and is removed then; as
///   long as the disk has no room to make it again, the file does not grow.
///
/// Errors: kExhausted when the disk or the bound is full of what cannot be given up: commit again
/// once there is room.
/// kUnavailable when the file is read-only, gone, or held by another program. kCorrupt when it is
/// damaged. kInvalidArgument when a batch contradicts itself (an instance of no workload): our own
/// mistake; nothing of it was written.
///
/// One thread at a time.
class SqliteStore : public Store {
 public:
  static constexpr std::string_view kFileName = "hearth.db";

  /// Checks the whole file, and brings an older format up to date. Besides the errors above:
  /// kConflict if another process has the folder (the message names it), or if the file was written
  /// by a newer Hearth or by another program.
  static Result<std::unique_ptr<SqliteStore>> open(const SqliteStoreConfig& config);

  ~SqliteStore() override;
  Result<Snapshot> load() override;
  Result<void> commit(const std::vector<Write>& writes) override;
  Result<std::vector<ClusterEvent>> events_after(std::uint64_t seq, std::size_t count_max) override;
  std::uint64_t backlog_bytes() const override;

 private:
  class Session;
  explicit SqliteStore(std::unique_ptr<Session> session);

  std::unique_ptr<Session> session_;
};

}  // namespace hearth
