#include "adapters/sqlite/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/random_records.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

WorkloadName workload_name(std::string_view text) {
  return *WorkloadName::parse(text);
}

Instance instance_of(std::string_view workload) {
  return {.id = make_instance_id(workload_name(workload), 1),
          .workload = workload_name(workload),
          .image = {.reference = "hearth/app:1"}};
}

ClusterEvent event(std::uint64_t seq) {
  return {.seq = seq, .at = WallTime(5ms), .subject = "manager", .message = "reported"};
}

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreConfig config() const { return {.directory = folder_ / "state"}; }

  std::unique_ptr<SqliteStore> open() const { return open(config()); }
  static std::unique_ptr<SqliteStore> open(const SqliteStoreConfig& config) {
    Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(config);
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return *std::move(store);
  }

  /// Another program's connection.
  SqlDatabase shell() const { return {config().directory / SqliteStore::kFileName, 1ms}; }

  const TemporaryDirectory folder_;
};

TEST_F(SqliteStoreTest, ANewStoreIsEmpty) {
  const Result<Snapshot> snapshot = open()->load();
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->epoch, Epoch{0});
  EXPECT_EQ(snapshot->last_event_seq, 0U);
  EXPECT_THAT(snapshot->nodes, IsEmpty());
  EXPECT_THAT(snapshot->workloads, IsEmpty());
  EXPECT_THAT(snapshot->instances, IsEmpty());
}

// Goal: no value of the model is lost or changed on its way to the disk and back.
// Method: random batches; what the store loads, sometimes after a restart, is compared with the
// same batches applied to maps.
TEST_F(SqliteStoreTest, EveryFieldIsLoadedUnchanged) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    const SqliteStoreConfig config{.directory = folder_ / std::to_string(seed)};
    std::unique_ptr<SqliteStore> store = open(config);
    RandomRecords records(seed);
    for (int round = 1; round <= 40; ++round) {
      const Result<void> committed = store->commit(records.batch());
      ASSERT_TRUE(committed.has_value()) << committed.error().message;
      if (round % 10 == 0) {
        store.reset();
        store = open(config);
      }
      const Result<Snapshot> snapshot = store->load();
      ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
      const Snapshot expected = records.expected();
      ASSERT_EQ(snapshot->epoch, expected.epoch);
      ASSERT_EQ(snapshot->last_event_seq, expected.last_event_seq);
      ASSERT_TRUE(snapshot->nodes == expected.nodes);
      ASSERT_TRUE(snapshot->workloads == expected.workloads);
      ASSERT_TRUE(snapshot->instances == expected.instances);
    }
  }
}

TEST_F(SqliteStoreTest, ABatchMayBeCommittedAgain) {
  const auto store = open();
  RandomRecords records(1);
  for (int round = 0; round < 20; ++round) {
    const std::vector<Write> batch = records.batch();
    ASSERT_TRUE(store->commit(batch).has_value());
    ASSERT_TRUE(store->commit(batch).has_value());
  }
  EXPECT_TRUE(store->load()->workloads == records.expected().workloads);
  EXPECT_EQ(store->events_after(0, 1000)->size(), records.expected().last_event_seq);
}

TEST_F(SqliteStoreTest, AContradictoryBatchIsRefusedAsAWhole) {
  const auto store = open();
  const Result<void> committed =
      store->commit({PutEpoch{{9}}, PutInstance{instance_of("unknown")}, AppendEvent{event(1)}});
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(committed.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store->load()->epoch, Epoch{0});
  EXPECT_THAT(store->events_after(0, 10).value(), IsEmpty());
  EXPECT_TRUE(store->commit({PutEpoch{{9}}}).has_value());
}

TEST_F(SqliteStoreTest, TheOrderWithinABatchIsFree) {
  const auto store = open();
  ASSERT_TRUE(store
                  ->commit({PutInstance{instance_of("app")},
                            PutWorkload{{.name = workload_name("app"), .build_node = {}}}})
                  .has_value());
  EXPECT_THAT(store->load()->instances, SizeIs(1));
}

TEST_F(SqliteStoreTest, AnEmptyBatchIsNoError) {
  EXPECT_TRUE(open()->commit({}).has_value());
}

TEST_F(SqliteStoreTest, EventsArePagedInOrder) {
  const auto store = open();
  ASSERT_TRUE(store->commit({AppendEvent{event(1)}, AppendEvent{event(2)}, AppendEvent{event(3)}})
                  .has_value());
  EXPECT_THAT(store->events_after(0, 2).value(), ElementsAre(event(1), event(2)));
  EXPECT_THAT(store->events_after(2, 2).value(), ElementsAre(event(3)));
  EXPECT_THAT(store->events_after(3, 2).value(), IsEmpty());
  EXPECT_THAT(store->events_after(~0ULL, 2).value(), IsEmpty());
  EXPECT_THAT(store->events_after(0, ~0ULL).value(), SizeIs(3));
  EXPECT_THAT(store->events_after(0, 0).value(), IsEmpty());
}

// Goal: events never grow without bound, and the newest are always there.
TEST_F(SqliteStoreTest, OldEventsAreDropped) {
  SqliteStoreConfig small = config();
  small.events_max = 100;
  std::unique_ptr<SqliteStore> store = open(small);
  constexpr std::size_t kSlack = 256;
  std::uint64_t seq = 0;
  while (seq < 1000) {
    std::vector<Write> batch;
    for (int left = 7; left > 0; --left) batch.emplace_back(AppendEvent{event(++seq)});
    ASSERT_TRUE(store->commit(batch).has_value());
    const std::vector<ClusterEvent> kept = store->events_after(0, 10'000).value();
    ASSERT_LT(kept.size(), small.events_max + kSlack);
    ASSERT_GE(kept.size(), std::min(seq, small.events_max));
    ASSERT_EQ(kept.back().seq, seq);
  }
  // The first commit after a start trims, so that a lower bound takes effect at once.
  small.events_max = 10;
  store.reset();
  store = open(small);
  ASSERT_TRUE(store->commit({AppendEvent{event(seq + 1)}}).has_value());
  EXPECT_THAT(store->events_after(0, 10'000).value(), SizeIs(10));
  EXPECT_EQ(store->load()->last_event_seq, seq + 1);
}

// Goal: few events with long messages do not fill the database, either.
TEST_F(SqliteStoreTest, OldEventsAreDroppedByTheirBytesToo) {
  constexpr std::size_t kMessageBytes = 10'000;
  SqliteStoreConfig small = config();
  small.events_bytes_max = 1'000'000;
  const std::unique_ptr<SqliteStore> store = open(small);
  for (std::uint64_t seq = 1; seq <= 300; ++seq) {
    ClusterEvent lengthy = event(seq);
    lengthy.message.resize(kMessageBytes, 'm');
    ASSERT_TRUE(store->commit({AppendEvent{lengthy}}).has_value());
    const std::vector<ClusterEvent> kept = store->events_after(0, 10'000).value();
    ASSERT_LE(kept.size() * kMessageBytes, small.events_bytes_max * 9 / 8);
    ASSERT_GE(kept.size(), std::min<std::uint64_t>(seq, 90));
    ASSERT_EQ(kept.back(), lengthy);
  }
}

TEST_F(SqliteStoreTest, AnEventLargerThanTheBoundIsKeptWhileItIsTheNewest) {
  SqliteStoreConfig small = config();
  small.events_bytes_max = 1000;
  const std::unique_ptr<SqliteStore> store = open(small);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    ClusterEvent lengthy = event(seq);
    lengthy.message.resize(2000, 'm');
    ASSERT_TRUE(store->commit({AppendEvent{lengthy}}).has_value());
    EXPECT_EQ(store->events_after(0, 10).value().back(), lengthy);
    EXPECT_EQ(store->load()->last_event_seq, seq);
  }
}

TEST_F(SqliteStoreTest, TwoManagersCannotShareAFolder) {
  const auto first = open();
  const auto second = SqliteStore::open(config());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
}

TEST_F(SqliteStoreTest, ItIsReadableByItsOwnerOnly) {
  const auto store = open();
  ASSERT_TRUE(store->commit({PutEpoch{{1}}}).has_value());
  for (const fs::directory_entry& file : fs::directory_iterator(config().directory)) {
    EXPECT_EQ(file.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
        << file.path();
  }
}

TEST_F(SqliteStoreTest, AReaderNeitherWaitsNorMakesACommitWait) {
  const auto store = open();
  ASSERT_TRUE(store->commit({PutEpoch{{1}}}).has_value());
  SqlDatabase reader = shell();
  reader.execute("BEGIN");
  EXPECT_EQ(reader.number("SELECT epoch FROM meta"), 1);
  EXPECT_TRUE(store->commit({PutEpoch{{2}}}).has_value());
  EXPECT_EQ(reader.number("SELECT epoch FROM meta"), 1);
  reader.execute("COMMIT");
  EXPECT_EQ(reader.number("SELECT epoch FROM meta"), 2);
}

TEST_F(SqliteStoreTest, AnotherWriterIsAwaitedAndThenNamedAsTheReason) {
  SqliteStoreConfig impatient = config();
  impatient.busy_timeout = 10ms;
  const auto store = open(impatient);
  SqlDatabase writer = shell();
  writer.execute("BEGIN IMMEDIATE");
  const Result<void> committed = store->commit({PutEpoch{{1}}});
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(committed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(committed.error().message, HasSubstr("another program has locked it"));
  writer.execute("ROLLBACK");
  EXPECT_TRUE(store->commit({PutEpoch{{1}}}).has_value());
}

}  // namespace
}  // namespace hearth
