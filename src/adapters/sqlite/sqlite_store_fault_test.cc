#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/power_cut.h"
#include "adapters/sqlite/sqlite_store.h"
#include "base/prng.h"
#include "testing/disk/small_disk.h"
#include "testing/disk/temporary_directory.h"

// The store after kill -9, a power cut, a full disk, and changes to the file from outside.

namespace hearth {
namespace {

using testing::AllOf;

using testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Batch n: three writes that all contain n.
std::vector<Write> batch(std::uint64_t n, std::size_t bytes = 100) {
  return {PutEpoch{{n}},
          PutNode{{.name = *NodeName::parse("node"),
                   .evidence = std::to_string(n) + std::string(bytes, '.')}},
          AppendEvent{{.seq = n, .subject = "manager", .message = std::string(bytes, '.')}}};
}

/// One more node, and nothing that could be given up.
std::vector<Write> batch_of_nodes(std::uint64_t n) {
  return {PutNode{
      {.name = *NodeName::parse("node-" + std::to_string(n)), .evidence = std::string(5000, '.')}}};
}

/// The n in all parts of a snapshot; nullopt if it holds half a batch.
std::optional<std::uint64_t> whole_batch(const Snapshot& snapshot) {
  const std::uint64_t n = snapshot.epoch.value;
  const std::string evidence = snapshot.nodes.empty() ? "0" : snapshot.nodes[0].evidence;
  if (snapshot.last_event_seq != n || std::stoull(evidence) != n) return std::nullopt;
  return n;
}

class SqliteStoreFault : public testing::Test {
 protected:
  SqliteStoreConfig config() const { return {.directory = folder_ / "state"}; }
  fs::path file() const { return config().directory / SqliteStore::kFileName; }

  Error error_of_open() const {
    const auto store = SqliteStore::open(config());
    return store ? Error{} : store.error();
  }

  void run_on_small_disk(std::size_t bytes, const std::function<bool(SmallDisk&)>& test) const {
    fs::create_directory(config().directory);
    switch (SmallDisk::run(config().directory, bytes, test)) {
      case SmallDisk::Outcome::kPassed: return;
      case SmallDisk::Outcome::kFailed: FAIL();
      case SmallDisk::Outcome::kNotPermitted:
        GTEST_SKIP() << "needs a small disk, and this user may not mount one";
    }
  }

  const TemporaryDirectory folder_;
};

// Goal: the size of the log shows whether a reader keeps a transaction open.
TEST_F(SqliteStoreFault, AnOpenReadTransactionMakesTheBacklogGrow) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const auto store = SqliteStore::open(config());
  ASSERT_TRUE(store.has_value());
  std::uint64_t n = 0;
  const auto commit = [&](int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE((*store)->commit(batch(++n, kMiB / 2)));
  };
  commit(30);
  EXPECT_LT((*store)->condition().backlog_bytes, 16 * kMiB) << "no open transaction";
  SqlDatabase reader(file(), 1s);
  reader.execute("BEGIN");
  EXPECT_EQ(reader.number("SELECT count(*) FROM nodes"), 1);
  commit(60);
  EXPECT_GT((*store)->condition().backlog_bytes, 24 * kMiB);
  reader.execute("COMMIT");
  commit(30);
  EXPECT_LE((*store)->condition().backlog_bytes, 17 * kMiB) << "the transaction has ended";
}

// Goal: acknowledged commits survive the process, and no batch is stored by half.
// Method: a child commits in a loop and reports each acknowledged number over a pipe. It is killed
// after a random count, the file is opened, and another child continues.
TEST_F(SqliteStoreFault, KillingTheProcessLosesNoCommitAndSplitsNoBatch) {
  Prng prng(7);
  std::uint64_t last = 0;
  for (int round = 0; round < 10; ++round) {
    int acknowledged[2];
    ASSERT_EQ(::pipe(acknowledged), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = SqliteStore::open(config());
      for (std::uint64_t n = last + 1; store && (*store)->commit(batch(n)); ++n) {
        if (::write(acknowledged[1], &n, sizeof n) != sizeof n) break;
      }
      ::_exit(1);
    }
    ::close(acknowledged[1]);
    std::uint64_t reported = 0;
    const auto next_acknowledged = [&] {
      return ::read(acknowledged[0], &reported, sizeof reported) > 0;
    };
    for (std::uint64_t left = 1 + prng.below(60); left > 0; --left)
      ASSERT_TRUE(next_acknowledged());
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    while (next_acknowledged()) {
    }
    ::close(acknowledged[0]);

    const auto store = SqliteStore::open(config());
    ASSERT_TRUE(store.has_value()) << store.error().message;
    const std::optional<std::uint64_t> found = whole_batch((*store)->load().value());
    ASSERT_TRUE(found.has_value()) << "half a batch";
    // The batch after the last reported one can have been committed but not yet reported.
    ASSERT_TRUE(*found == reported || *found == reported + 1) << *found << " after " << reported;
    last = *found;
  }
}

// Goal: commits survive a power cut, too.
// Method: after every commit, the files are assembled as if everything written but not synced were
// lost, and opened. Batches are small and large, so that the log is also folded into the database.
TEST_F(SqliteStoreFault, APowerCutLosesNoAcknowledgedCommit) {
  const PowerCut power(config().directory);
  const auto store = SqliteStore::open(config());
  ASSERT_TRUE(store.has_value()) << store.error().message;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    ASSERT_TRUE((*store)->commit(batch(n, n % 4 == 0 ? 500'000 : 100)).has_value());
    power.leave_in(folder_ / "left");
    const auto left = SqliteStore::open({.directory = folder_ / "left"});
    ASSERT_TRUE(left.has_value()) << n << ": " << left.error().message;
    ASSERT_EQ(whole_batch((*left)->load().value()), n);
  }
}

// Goal: data that cannot be given up can fill a disk, and stays whole.
// Method: nothing but nodes, one more with each commit.
TEST_F(SqliteStoreFault, AFullDiskIsExhaustedUntilThereIsSpaceAgain) {
  const auto on_full_disk = [&](SmallDisk& disk) {
    const auto store = SqliteStore::open({.directory = disk.path()});
    EXPECT_TRUE(store.has_value() && (*store)->commit(batch_of_nodes(1)).has_value());
    disk.fill();
    std::uint64_t n = 2;
    Result<void> committed;
    while (n < 2000 && (committed = (*store)->commit(batch_of_nodes(n)))) ++n;
    EXPECT_EQ(committed.error().code, ErrorCode::kExhausted) << committed.error().message;
    EXPECT_THAT(committed.error().message,
                AllOf(HasSubstr(disk.path().string()), HasSubstr("free some space there")));
    EXPECT_EQ((*store)->load()->nodes.size(), n - 1) << "still readable, and whole";

    disk.make_room();
    EXPECT_TRUE((*store)->commit(batch_of_nodes(n)).has_value());
    EXPECT_EQ((*store)->load()->nodes.size(), n);
    return !HasFailure();
  };
  run_on_small_disk(4 << 20, on_full_disk);
}

// Goal: a disk filled by others costs old events, and no decision.
TEST_F(SqliteStoreFault, OnAFullDiskOldEventsAreGivenUpAndCommitsContinue) {
  const auto on_full_disk = [&](SmallDisk& disk) {
    const auto store = SqliteStore::open({.directory = disk.path()});
    std::uint64_t n = 0;
    while (n < 400) EXPECT_TRUE((*store)->commit(batch(++n, 5000)).has_value()) << n;
    disk.fill();
    for (; n < 1500; ++n) {
      const Result<void> committed = (*store)->commit(batch(n + 1, 5000));
      if (!committed) ADD_FAILURE() << n << ": " << committed.error().message;
      if (!committed) break;
    }
    EXPECT_EQ(whole_batch((*store)->load().value()), n);
    const std::size_t left = (*store)->events_after(0, 10'000)->size();
    EXPECT_LT(left, n);
    EXPECT_GE((*store)->condition().events_dropped, n - left) << "each batch has an event";
    return !HasFailure();
  };
  run_on_small_disk(32 << 20, on_full_disk);
}

// Goal: with an empty log, as after a start, there is space to record the giving up, too.
TEST_F(SqliteStoreFault, OnADiskFilledWhileClosedItOpensAndCommits) {
  const auto on_full_disk = [&](SmallDisk& disk) {
    std::uint64_t n = 0;
    {
      const auto store = SqliteStore::open({.directory = disk.path()});
      while (n < 100) EXPECT_TRUE((*store)->commit(batch(++n, 5000)).has_value());
    }
    disk.fill();
    const auto store = SqliteStore::open({.directory = disk.path()});
    if (!store) ADD_FAILURE() << store.error().message;
    if (!store) return false;
    for (; n < 300; ++n) {
      const Result<void> committed = (*store)->commit(batch(n + 1, 5000));
      if (!committed) ADD_FAILURE() << n << ": " << committed.error().message;
      if (!committed) return false;
    }
    EXPECT_EQ(whole_batch((*store)->load().value()), n);
    return !HasFailure();
  };
  run_on_small_disk(32 << 20, on_full_disk);
}

TEST_F(SqliteStoreFault, ADiskThatIsFullAtTheStartIsReported) {
  fs::create_directory(config().directory);
  const auto on_full_disk = [&](SmallDisk& disk) {
    disk.fill();
    const auto store = SqliteStore::open({.directory = disk.path()});
    EXPECT_FALSE(store.has_value());
    EXPECT_EQ(store.error().code, ErrorCode::kExhausted) << store.error().message;
    return !HasFailure();
  };
  EXPECT_NE(SmallDisk::run(config().directory, 1 << 20, on_full_disk), SmallDisk::Outcome::kFailed);
}

TEST_F(SqliteStoreFault, AReadOnlyDiskIsReported) {
  fs::create_directory(config().directory);
  const auto on_read_only_disk = [&](SmallDisk& disk) {
    {
      EXPECT_TRUE(SqliteStore::open({.directory = disk.path()}).has_value());
    }
    disk.make_read_only();
    const auto store = SqliteStore::open({.directory = disk.path()});
    EXPECT_FALSE(store.has_value());
    EXPECT_EQ(store.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(store.error().message, HasSubstr("read-only file system"));
    return !HasFailure();
  };
  EXPECT_NE(SmallDisk::run(config().directory, 1 << 20, on_read_only_disk),
            SmallDisk::Outcome::kFailed);
}

TEST_F(SqliteStoreFault, AFileAtItsBoundIsExhausted) {
  SqliteStoreConfig small = config();
  small.file_bytes_max = 1 << 20;
  const auto store = SqliteStore::open(small);
  ASSERT_TRUE(store.has_value());
  std::uint64_t n = 1;
  Result<void> committed;
  while (n < 1000 && (committed = (*store)->commit(batch_of_nodes(n)))) ++n;
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(committed.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(committed.error().message, HasSubstr("raise its bound"));
  EXPECT_EQ((*store)->load()->nodes.size(), n - 1);
  EXPECT_TRUE((*store)->commit({PutEpoch{{7}}}).has_value()) << "writes that need no space succeed";
}

// Goal: events cannot fill the file so that neither writing nor trimming is possible.
TEST_F(SqliteStoreFault, AFileFullOfEventsGivesUpTheOldOnes) {
  SqliteStoreConfig small = config();
  small.file_bytes_max = 1 << 20;
  const auto store = SqliteStore::open(small);
  ASSERT_TRUE(store.has_value());
  for (std::uint64_t n = 1; n <= 400; ++n) {
    const Result<void> committed = (*store)->commit(batch(n, 10'000));
    ASSERT_TRUE(committed.has_value()) << n << ": " << committed.error().message;
    ASSERT_EQ(whole_batch((*store)->load().value()), n);
  }
  EXPECT_GT((*store)->events_after(0, 10'000)->size(), 10U) << "no more than necessary";
}

// Goal: a file that grew under a larger bound can be used under a smaller one.
TEST_F(SqliteStoreFault, AFileLargerThanItsBoundAcceptsCommits) {
  std::uint64_t n = 0;
  {
    const auto store = SqliteStore::open(config());
    while (n < 300) ASSERT_TRUE((*store)->commit(batch(++n, 10'000)).has_value());
  }
  SqliteStoreConfig small = config();
  small.file_bytes_max = 1 << 20;
  const auto store = SqliteStore::open(small);
  ASSERT_TRUE(store.has_value());
  for (; n < 600; ++n) {
    const Result<void> committed = (*store)->commit(batch(n + 1, 10'000));
    ASSERT_TRUE(committed.has_value()) << n << ": " << committed.error().message;
  }
}

TEST_F(SqliteStoreFault, AFileThatWasMovedAcceptsNoCommits) {
  const auto store = SqliteStore::open(config());
  ASSERT_TRUE((*store)->commit(batch(1)).has_value());
  fs::rename(file(), folder_ / "elsewhere");
  const Result<void> committed = (*store)->commit(batch(2));
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(committed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(committed.error().message, HasSubstr("moved or deleted"));
  fs::rename(folder_ / "elsewhere", file());
  EXPECT_TRUE((*store)->commit(batch(2)).has_value());
}

TEST_F(SqliteStoreFault, AFileThatIsNotADatabaseIsCorrupt) {
  fs::create_directory(config().directory);
  std::ofstream(file()) << std::string(5000, 'x');
  const Error error = error_of_open();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_THAT(error.message, AllOf(HasSubstr(file().string()), HasSubstr("move it away")));
}

TEST_F(SqliteStoreFault, ADamagedFileIsFoundAtTheStart) {
  {
    const auto store = SqliteStore::open(config());
    for (std::uint64_t n = 1; n <= 200; ++n) {
      ASSERT_TRUE((*store)->commit({AppendEvent{{.seq = n, .message = std::string(3000, 'm')}}}));
    }
  }
  std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(static_cast<std::streamoff>(fs::file_size(file()) / 2));
  damaged << std::string(8192, '\xff');
  damaged.close();
  const Error error = error_of_open();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt) << error.message;
  EXPECT_THAT(error.message, HasSubstr("restore a backup"));
}

TEST_F(SqliteStoreFault, AValueChangedFromOutsideIsNamed) {
  {
    const auto store = SqliteStore::open(config());
    ASSERT_TRUE((*store)->commit(batch(1)).has_value());
  }
  const auto error_after = [&](const std::string& sql) {
    SqlDatabase(file(), 1s).execute(sql);
    const auto store = SqliteStore::open(config());
    const Result<Snapshot> snapshot = (*store)->load();
    return snapshot ? Error{} : snapshot.error();
  };
  EXPECT_EQ(error_after("UPDATE nodes SET agent_port = 70000"),
            (Error{ErrorCode::kCorrupt,
                   "the database is damaged: table 'nodes', row 'node', column 'agent_port' is out "
                   "of range; correct it, or restore a backup"}));
  EXPECT_THAT(error_after("UPDATE nodes SET agent_port = 1, state = 'asleep'").message,
              HasSubstr("column 'state' must be one of: awaited, live"));
}

TEST_F(SqliteStoreFault, ASchemaChangedFromOutsideIsCorrupt) {
  {
    ASSERT_TRUE(SqliteStore::open(config()).has_value());
  }
  SqlDatabase(file(), 1s).execute("DROP VIEW service_status; DROP TABLE instances");
  const Error error = error_of_open();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_THAT(error.message, HasSubstr("no such table: instances"));
}

}  // namespace
}  // namespace hearth
