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

// What is left after kill -9, a power cut, a full disk, and hands in the file.

namespace hearth {
namespace {

using testing::AllOf;

using testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Batch n: three writes that all say n.
std::vector<Write> batch(std::uint64_t n, std::size_t bytes = 100) {
  return {PutEpoch{{n}},
          PutNode{{.name = *NodeName::parse("node"),
                   .evidence = std::to_string(n) + std::string(bytes, '.')}},
          AppendEvent{{.seq = n, .subject = "manager", .message = std::string(bytes, '.')}}};
}

/// One node more, and nothing that could be given up.
std::vector<Write> batch_of_nodes(std::uint64_t n) {
  return {PutNode{
      {.name = *NodeName::parse("node-" + std::to_string(n)), .evidence = std::string(5000, '.')}}};
}

/// The n that all of a snapshot says; nullopt if it holds half a batch.
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
      case SmallDisk::Outcome::kNotPermitted: GTEST_SKIP() << "this user may not mount";
    }
  }

  const TemporaryDirectory folder_;
};

// Goal: whoever keeps a transaction open can be told from whoever does not, by the size of the log.
TEST_F(SqliteStoreFault, AReaderThatHoldsOnMakesTheBacklogGrow) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const auto store = SqliteStore::open(config());
  ASSERT_TRUE(store.has_value());
  std::uint64_t n = 0;
  const auto commit = [&](int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE((*store)->commit(batch(++n, kMiB / 2)));
  };
  commit(30);
  EXPECT_LT((*store)->backlog_bytes(), 16 * kMiB) << "nobody holds on";
  SqlDatabase reader(file(), 1s);
  reader.execute("BEGIN");
  EXPECT_EQ(reader.number("SELECT count(*) FROM nodes"), 1);
  commit(60);
  EXPECT_GT((*store)->backlog_bytes(), 24 * kMiB);
  reader.execute("COMMIT");
  commit(30);
  EXPECT_LE((*store)->backlog_bytes(), 17 * kMiB) << "it let go";
}

// Goal: what commit() has acknowledged outlives the process, and no batch is there by half.
// Method: a child commits in a loop and tells each number over a pipe once it was acknowledged. It
// is killed after a random count, the file is opened, and another child goes on with it.
TEST_F(SqliteStoreFault, KillingTheProcessLosesNothingAndHalvesNothing) {
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
    // The one after the last that was told may have been committed before it could be told.
    ASSERT_TRUE(*found == reported || *found == reported + 1) << *found << " after " << reported;
    last = *found;
  }
}

// Goal: "durable" is meant for a power cut too.
// Method: after every commit, the files are put together as they would be if everything that was
// written but not synced were gone, and opened. Small batches and large ones, so that the log is
// also moved into the database on the way.
TEST_F(SqliteStoreFault, APowerCutLosesNothingThatWasAcknowledged) {
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

// Goal: what cannot be given up does fill a disk, and is whole all the same.
// Method: nothing but nodes, each commit one more.
TEST_F(SqliteStoreFault, AFullDiskIsExhaustedAndRoomMakesItWorkAgain) {
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

// Goal: a disk that others fill costs old events, and no decision.
TEST_F(SqliteStoreFault, OnAFullDiskOldEventsAreGivenUpAndCommitsGoOn) {
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
    EXPECT_LT((*store)->events_after(0, 10'000)->size(), n);
    return !HasFailure();
  };
  run_on_small_disk(32 << 20, on_full_disk);
}

// Goal: also with an empty log, as after a start, there is room to write down what is given up.
TEST_F(SqliteStoreFault, ADiskThatWasFilledWhileItWasClosedIsOpenedAndWrittenTo) {
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

TEST_F(SqliteStoreFault, ADiskThatIsFullAtTheStartIsSaid) {
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

TEST_F(SqliteStoreFault, AReadOnlyDiskIsSaid) {
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

TEST_F(SqliteStoreFault, TheBoundOfTheFileIsExhaustedToo) {
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
  EXPECT_TRUE((*store)->commit({PutEpoch{{7}}}).has_value()) << "what needs no room is written";
}

// Goal: events cannot fill the file so that nothing can be written any more, nor trimmed.
TEST_F(SqliteStoreFault, AFileThatIsFullOfEventsGivesUpTheOldOnes) {
  SqliteStoreConfig small = config();
  small.file_bytes_max = 1 << 20;
  const auto store = SqliteStore::open(small);
  ASSERT_TRUE(store.has_value());
  for (std::uint64_t n = 1; n <= 400; ++n) {
    const Result<void> committed = (*store)->commit(batch(n, 10'000));
    ASSERT_TRUE(committed.has_value()) << n << ": " << committed.error().message;
    ASSERT_EQ(whole_batch((*store)->load().value()), n);
  }
  EXPECT_GT((*store)->events_after(0, 10'000)->size(), 10U) << "no more than is needed";
}

// Goal: a file that became too large under a larger bound can be used under a smaller one.
TEST_F(SqliteStoreFault, AFileThatIsLargerThanItsBoundIsStillWrittenTo) {
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

TEST_F(SqliteStoreFault, AFileThatWasTakenAwayIsNotWrittenInto) {
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

TEST_F(SqliteStoreFault, WhatIsNoDatabaseIsCorrupt) {
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

TEST_F(SqliteStoreFault, AValueThatAHandChangedIsNamed) {
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
                   "of range; put that right, or restore a backup"}));
  EXPECT_THAT(error_after("UPDATE nodes SET agent_port = 1, state = 'asleep'").message,
              HasSubstr("column 'state' must be one of: awaited, live"));
}

TEST_F(SqliteStoreFault, ASchemaThatAHandChangedIsCorrupt) {
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
