#include "adapters/sqlite/sqlite_store.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <fmt/format.h>

#include "adapters/file/file.h"
#include "adapters/file/lock_file.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/disk_reserve.h"
#include "adapters/sqlite/history_table.h"
#include "adapters/sqlite/migration.h"
#include "adapters/sqlite/tables.h"
#include "base/check.h"

namespace hearth {
namespace {

/// Old events are deleted in lots of this number, or of this part of their bytes: one deletion of
/// many neighbours instead of many deletions of one.
constexpr std::uint64_t kTrimEvery = 256;
constexpr std::uint64_t kTrimEveryPartOfBytes = 16;

/// An amount of events, in number and in bytes.
struct EventAmount {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;

  EventAmount operator+(const EventAmount& other) const {
    return {count + other.count, bytes + other.bytes};
  }
  /// This amount reduced by `other`, but not below zero.
  EventAmount without(const EventAmount& other) const {
    return {count - std::min(count, other.count), bytes - std::min(bytes, other.bytes)};
  }
};

EventAmount events_in(const std::vector<Write>& writes) {
  EventAmount amount;
  for (const Write& write : writes) {
    if (const auto* append = std::get_if<AppendEvent>(&write)) {
      amount = amount + EventAmount{1, EventTable::bytes_of(append->event)};
    }
  }
  return amount;
}

/// Turns the faults of SQLite into results.
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

/// Creates the file for its owner only. SQLite would make it readable by all; the files that it
/// adds next to this one get the same mode.
///
/// The file is closed before SQLite opens it: closing it later would release SQLite's locks.
Result<void> make_file(const std::filesystem::path& path) {
  const Result<File> file = File::open(path, O_RDWR | O_CREAT);
  if (!file) return tl::unexpected(file.error());
  return sync_directory(path.parent_path());
}

/// Checks everything before the first write, so that a damaged file is left as it is.
void prepare(SqlDatabase& database) {
  if (const std::string fault = database.word("PRAGMA quick_check(1)"); fault != "ok") {
    throw SqliteFault(Error{ErrorCode::kCorrupt,
                            fmt::format("database '{}' is damaged ({}); move it away, and restore "
                                        "a backup if there is one",
                                        database.path().string(), fault)});
  }
  migrate(database, migrations());
  if (database.word("PRAGMA journal_mode = WAL") != "wal") {
    throw SqliteFault(
        Error{ErrorCode::kUnavailable,
              fmt::format("database '{}': its file system does not support shared "
                          "memory, which SQLite's WAL requires; choose a local folder",
                          database.path().string())});
  }
  // The sync after each commit makes it durable; see docs/decisions/0010.
  database.execute("PRAGMA synchronous = FULL");
  database.execute("PRAGMA foreign_keys = ON");
  database.execute("PRAGMA journal_size_limit = 16777216");
}

}  // namespace

/// The open database with its tables.
class SqliteStore::Session {
 public:
  Session(LockFile lock, const SqliteStoreConfig& config)
      : lock_(std::move(lock)),
        events_max_{config.events_max, config.events_bytes_max},
        file_bytes_max_(config.file_bytes_max),
        reserve_(config.directory / fmt::format("{}-reserve", kFileName)),
        database_(config.directory / kFileName, config.busy_timeout) {
    open_tables();
    bound_file();
  }

  Snapshot load() {
    return Snapshot{
        .epoch = tables_->meta.load(),
        .last_event_seq = tables_->events.last_seq(),
        .alive_at = tables_->meta.load_alive(),
        .nodes = tables_->nodes.load(),
        .workloads = tables_->workloads.load(),
        .instances = tables_->instances.load(),
    };
  }

  void commit(const std::vector<Write>& writes) {
    if (writes.empty()) return;
    refuse_if_moved();
    if (!reserve_.is_held()) bound_file();
    for (bool written = false; !written;) {
      try {
        trim_for(events_in(writes));
        write(writes);
        written = true;
      } catch (const SqliteFault& fault) {
        if (fault.room() == SqliteFault::Room::kLeft || !give_up_events()) throw;
      }
    }
  }

  std::vector<ClusterEvent> events_after(std::uint64_t seq, std::size_t count_max) {
    return tables_->events.after(seq, count_max);
  }

  History history_of(const WorkloadName& workload) {
    return {.workload = tables_->history.of(workload), .manager = tables_->history.of({})};
  }

  StoreCondition condition() const {
    std::error_code none;
    // The size of the write-ahead log: the largest that it has had since it was last emptied.
    const std::uintmax_t bytes =
        std::filesystem::file_size(database_.path().string() + "-wal", none);
    return {.backlog_bytes = none ? 0 : bytes, .events_dropped = events_dropped_};
  }

 private:
  struct Tables {
    explicit Tables(SqlDatabase& database)
        : meta(database),
          nodes(database),
          workloads(database),
          instances(database),
          events(database),
          history(database) {}

    MetaTable meta;
    NodeTable nodes;
    WorkloadTable workloads;
    InstanceTable instances;
    EventTable events;
    HistoryTable history;
  };

  /// Takes disk space for the log and for the memory shared with readers.
  void open_tables() {
    try {
      prepare(database_);
    } catch (const SqliteFault& fault) {
      if (fault.room() == SqliteFault::Room::kLeft || !reserve_.release()) throw;
      grows_ = false;
      prepare(database_);
    }
    tables_.emplace(database_);
  }

  /// The file can grow to its bound while there is a reserve, or if there never was one. With the
  /// reserve gone it must not: growth goes to the log first, and what then cannot be folded into
  /// the file keeps the log's space forever.
  void bound_file() {
    const bool was_held = reserve_.is_held();
    if (reserve_.restore() && !was_held) grows_ = true;
    const auto page_bytes = static_cast<std::uint64_t>(database_.number("PRAGMA page_size"));
    // SQLite treats a bound below the file's size as its size.
    const std::uint64_t pages_max = grows_ ? file_bytes_max_ / page_bytes : 1;
    database_.execute(fmt::format("PRAGMA max_page_count = {}", pages_max));
  }

  /// Makes room for `coming` within the bounds.
  void trim_for(const EventAmount& coming) {
    const EventAmount since_trim = untrimmed_ + coming;
    if (since_trim.count < kTrimEvery &&
        since_trim.bytes < events_max_.bytes / kTrimEveryPartOfBytes) {
      return;
    }
    const EventAmount kept = events_max_.without(coming);
    SqlTransaction transaction(database_);
    tables_->events.trim(kept.count, kept.bytes);
    transaction.commit();
    untrimmed_ = {};
  }

  void write(const std::vector<Write>& writes) {
    SqlTransaction transaction(database_);
    for (const Write& write : writes) {
      std::visit([this](const auto& one) { apply(one); }, write);
    }
    if (std::exchange(is_history_full_, false)) tables_->history.trim();
    transaction.commit();
    untrimmed_ = untrimmed_ + events_in(writes);
  }

  /// Makes room for a batch that did not fit. False if there is nothing left to give up.
  bool give_up_events() {
    try {
      if (reserve_.is_needed() && reserve_.release()) grows_ = false;
      // The next write then goes to the start of the log and takes no more of the disk.
      database_.execute("PRAGMA wal_checkpoint(PASSIVE)");
      bound_file();
      if (give_up_older_half()) return true;
      if (grows_) return false;
      grows_ = true;  // The last resort: any space that the disk still has.
      bound_file();
      return true;
    } catch (const SqliteFault& fault) {
      if (fault.room() == SqliteFault::Room::kLeft) throw;
      return false;
    }
  }

  bool give_up_older_half() {
    const std::uint64_t count = tables_->events.count();
    if (count <= 1) return false;
    SqlTransaction transaction(database_);
    tables_->events.trim(count / 2, events_max_.bytes);
    const std::uint64_t left = tables_->events.count();
    transaction.commit();
    events_dropped_ += count - left;
    return true;
  }

  void apply(const PutEpoch& put) { tables_->meta.put(put.epoch); }
  void apply(const PutNode& put) { tables_->nodes.put(put.node); }
  void apply(const PutWorkload& put) { tables_->workloads.put(put.workload); }
  void apply(const PutInstance& put) { tables_->instances.put(put.instance); }
  void apply(const DeleteInstance& gone) { tables_->instances.erase(gone.id); }
  void apply(const AppendEvent& append) { tables_->events.append(append.event); }
  void apply(const AppendHistory& append) {
    is_history_full_ |= tables_->history.append(append.entry);
  }
  void apply(const PutAlive& put) { tables_->meta.put_alive(put.at); }

  /// A file that was moved or deleted still accepts writes, which are lost at the next start.
  void refuse_if_moved() const {
    if (!database_.was_moved()) return;
    throw SqliteFault(Error{ErrorCode::kUnavailable,
                            fmt::format("database '{}' was moved or deleted while in use; "
                                        "put it back or restart hearthd",
                                        database_.path().string())});
  }

  LockFile lock_;
  const EventAmount events_max_;
  const std::uint64_t file_bytes_max_;
  DiskReserve reserve_;
  bool grows_ = true;  ///< Whether the file can grow.
  SqlDatabase database_;
  std::optional<Tables> tables_;  ///< Created after the migrations, on which it depends.
  std::uint64_t events_dropped_ = 0;
  bool is_history_full_ = false;
  EventAmount untrimmed_{kTrimEvery, 0};  ///< Since the last trim; the first commit trims.
};

SqliteStore::SqliteStore(std::unique_ptr<Session> session) : session_(std::move(session)) {}

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteStoreConfig& config) {
  HEARTH_CHECK(config.events_max > 0 && config.events_bytes_max > 0);
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

StoreCondition SqliteStore::condition() const {
  return session_->condition();
}

Result<History> SqliteStore::history_of(const WorkloadName& workload) {
  return translated([&] { return session_->history_of(workload); });
}

Result<std::vector<ClusterEvent>> SqliteStore::events_after(std::uint64_t seq,
                                                            std::size_t count_max) {
  return translated([&] { return session_->events_after(seq, count_max); });
}

}  // namespace hearth
