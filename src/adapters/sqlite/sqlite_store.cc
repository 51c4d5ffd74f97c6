#include "adapters/sqlite/sqlite_store.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <fmt/format.h>

#include "adapters/file/file.h"
#include "adapters/file/lock_file.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/migration.h"
#include "adapters/sqlite/tables.h"
#include "base/check.h"

namespace hearth {
namespace {

/// Old events go in lots of so many: one delete of many neighbours instead of many of one.
constexpr std::size_t kTrimEvery = 256;

/// Where the faults of SQLite become results.
template <class Work>
auto translated(Work work) -> Result<decltype(work())> {
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const SqliteFault& fault) {
    return tl::unexpected(fault.error());
  }
}

/// SQLite would make a file that all may read; it gives those beside it the mode of this one.
///
/// The file is closed again before SQLite opens it: to close it later would end SQLite's locks.
Result<void> make_file(const std::filesystem::path& path) {
  const Result<File> file = File::open(path, O_RDWR | O_CREAT);
  if (!file) return tl::unexpected(file.error());
  return sync_directory(path.parent_path());
}

/// Everything is checked before the first write, so that a damaged file is left as it is.
void prepare(SqlDatabase& database, std::uint64_t file_bytes_max) {
  if (const std::string fault = database.word("PRAGMA quick_check(1)"); fault != "ok") {
    throw SqliteFault(Error{ErrorCode::kCorrupt,
                            fmt::format("database '{}' is damaged ({}); move it away, and restore "
                                        "a backup if there is one",
                                        database.path().string(), fault)});
  }
  migrate(database, migrations());
  if (database.word("PRAGMA journal_mode = WAL") != "wal") {
    throw SqliteFault(Error{ErrorCode::kUnavailable,
                            fmt::format("database '{}': its file system cannot share memory, which "
                                        "SQLite's WAL needs; choose a local folder",
                                        database.path().string())});
  }
  // The sync after each commit is what makes it durable; see the decision record.
  database.execute("PRAGMA synchronous = FULL");
  database.execute("PRAGMA foreign_keys = ON");
  database.execute("PRAGMA journal_size_limit = 16777216");
  const auto page_bytes = static_cast<std::uint64_t>(database.number("PRAGMA page_size"));
  database.execute(fmt::format("PRAGMA max_page_count = {}", file_bytes_max / page_bytes));
}

}  // namespace

/// The open database with its tables.
class SqliteStore::Session {
 public:
  Session(LockFile lock, const SqliteStoreConfig& config)
      : lock_(std::move(lock)),
        events_max_(config.events_max),
        database_(config.directory / kFileName, config.busy_timeout) {
    prepare(database_, config.file_bytes_max);
    tables_.emplace(database_);
  }

  Snapshot load() {
    return Snapshot{
        .epoch = tables_->meta.load(),
        .last_event_seq = tables_->events.last_seq(),
        .nodes = tables_->nodes.load(),
        .workloads = tables_->workloads.load(),
        .instances = tables_->instances.load(),
    };
  }

  void commit(const std::vector<Write>& writes) {
    if (writes.empty()) return;
    refuse_if_moved();
    SqlTransaction transaction(database_);
    for (const Write& write : writes) {
      std::visit([this](const auto& one) { apply(one); }, write);
    }
    const auto appended = static_cast<std::size_t>(std::count_if(
        writes.begin(), writes.end(),
        [](const Write& write) { return std::holds_alternative<AppendEvent>(write); }));
    const bool trims = untrimmed_ + appended >= kTrimEvery;
    if (trims) tables_->events.trim(events_max_);
    transaction.commit();
    untrimmed_ = trims ? 0 : untrimmed_ + appended;
  }

  std::vector<ClusterEvent> events_after(std::uint64_t seq, std::size_t count_max) {
    return tables_->events.after(seq, count_max);
  }

  /// Of the write-ahead log, which is as large as it ever was since it was last emptied.
  std::uint64_t backlog_bytes() const {
    std::error_code none;
    const std::uintmax_t bytes =
        std::filesystem::file_size(database_.path().string() + "-wal", none);
    return none ? 0 : bytes;
  }

 private:
  struct Tables {
    explicit Tables(SqlDatabase& database)
        : meta(database),
          nodes(database),
          workloads(database),
          instances(database),
          events(database) {}

    MetaTable meta;
    NodeTable nodes;
    WorkloadTable workloads;
    InstanceTable instances;
    EventTable events;
  };

  void apply(const PutEpoch& put) { tables_->meta.put(put.epoch); }
  void apply(const PutNode& put) { tables_->nodes.put(put.node); }
  void apply(const PutWorkload& put) { tables_->workloads.put(put.workload); }
  void apply(const PutInstance& put) { tables_->instances.put(put.instance); }
  void apply(const DeleteInstance& gone) { tables_->instances.erase(gone.id); }
  void apply(const AppendEvent& append) { tables_->events.append(append.event); }

  /// A file that was moved or deleted takes writes all the same, and they are gone at the next
  /// start.
  void refuse_if_moved() const {
    if (!database_.was_moved()) return;
    throw SqliteFault(Error{ErrorCode::kUnavailable,
                            fmt::format("database '{}' was moved or deleted while it is in use; "
                                        "put it back, or start hearthd again",
                                        database_.path().string())});
  }

  LockFile lock_;
  const std::uint64_t events_max_;
  SqlDatabase database_;
  std::optional<Tables> tables_;        ///< After the migrations: what they prepare must exist.
  std::size_t untrimmed_ = kTrimEvery;  ///< Events since the last trim; the first commit trims.
};

SqliteStore::SqliteStore(std::unique_ptr<Session> session) : session_(std::move(session)) {}

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteStoreConfig& config) {
  HEARTH_CHECK(config.events_max > 0);
  if (Result<void> made = make_directory(config.directory); !made) {
    return tl::unexpected(made.error());
  }
  Result<LockFile> lock = LockFile::acquire(config.directory / "lock");
  if (!lock) return tl::unexpected(lock.error());
  if (Result<void> made = make_file(config.directory / kFileName); !made) {
    return tl::unexpected(made.error());
  }
  return translated([&] {
    std::unique_ptr<SqliteStore> store(
        new SqliteStore(std::make_unique<Session>(*std::move(lock), config)));
    return store;
  });
}

Result<Snapshot> SqliteStore::load() {
  return translated([this] { return session_->load(); });
}

Result<void> SqliteStore::commit(const std::vector<Write>& writes) {
  return translated([&] { session_->commit(writes); });
}

std::uint64_t SqliteStore::backlog_bytes() const {
  return session_->backlog_bytes();
}

Result<std::vector<ClusterEvent>> SqliteStore::events_after(std::uint64_t seq,
                                                            std::size_t count_max) {
  return translated([&] { return session_->events_after(seq, count_max); });
}

}  // namespace hearth
