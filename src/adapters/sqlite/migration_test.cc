#include "adapters/sqlite/migration.h"

#include <array>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/sqlite/sqlite_store.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

class MigrationTest : public testing::Test {
 protected:
  MigrationTest() { std::ofstream file(path_); }

  SqlDatabase open() const { return {path_, 1s}; }

  /// The error of migrating the file; nullopt on success.
  std::optional<Error> try_to_migrate(std::span<const Migration> steps) const {
    try {
      SqlDatabase database = open();
      migrate(database, steps);
    } catch (const SqliteFault& fault) {
      return fault.error();
    }
    return std::nullopt;
  }

  const TemporaryDirectory folder_;
  const std::filesystem::path path_ = folder_ / SqliteStore::kFileName;
};

constexpr std::array kFirst{Migration{1, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1);"}};
constexpr std::array kSecond{kFirst[0],
                             Migration{2, "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 2;"}};
constexpr std::array kBroken{kFirst[0],
                             Migration{2, "ALTER TABLE t ADD COLUMN b INTEGER; SELECT nonsense;"}};

TEST_F(MigrationTest, AnOlderFileIsMigratedAndKeepsItsRows) {
  ASSERT_EQ(try_to_migrate(kFirst), std::nullopt);
  ASSERT_EQ(try_to_migrate(kSecond), std::nullopt);
  SqlDatabase database = open();
  EXPECT_EQ(database.number("SELECT a * 10 + b FROM t"), 12);
  EXPECT_EQ(database.number("PRAGMA user_version"), 2);
}

TEST_F(MigrationTest, AFileOfTheLatestFormatIsUnchanged) {
  ASSERT_EQ(try_to_migrate(kFirst), std::nullopt);
  ASSERT_EQ(try_to_migrate(kFirst), std::nullopt);
  EXPECT_EQ(open().number("SELECT count(*) FROM t"), 1);
}

TEST_F(MigrationTest, AFailedStepLeavesTheOldFormatWhole) {
  ASSERT_EQ(try_to_migrate(kFirst), std::nullopt);
  ASSERT_NE(try_to_migrate(kBroken), std::nullopt);
  SqlDatabase database = open();
  EXPECT_EQ(database.number("PRAGMA user_version"), 1);
  EXPECT_EQ(database.number("SELECT count(*) FROM pragma_table_info('t')"), 1);
}

TEST_F(MigrationTest, AFileOfANewerHearthIsRefusedAndUnchanged) {
  ASSERT_EQ(try_to_migrate(kSecond), std::nullopt);
  const std::optional<Error> error = try_to_migrate(kFirst);
  ASSERT_NE(error, std::nullopt);
  EXPECT_EQ(error->code, ErrorCode::kConflict);
  EXPECT_THAT(error->message,
              AllOf(HasSubstr(path_.string()), HasSubstr("format 2, written by a newer Hearth")));
  EXPECT_EQ(open().number("PRAGMA user_version"), 2);
}

TEST_F(MigrationTest, ADatabaseOfAnotherProgramIsRefusedAndUnchanged) {
  open().execute("CREATE TABLE theirs (a)");
  const std::optional<Error> error = try_to_migrate(kFirst);
  ASSERT_NE(error, std::nullopt);
  EXPECT_EQ(error->code, ErrorCode::kConflict);
  EXPECT_THAT(error->message, HasSubstr("was not written by Hearth"));
  EXPECT_EQ(open().number("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(MigrationTest, OurMigrationsAreNumberedWithoutGaps) {
  int number = 0;
  for (const Migration& step : migrations()) EXPECT_EQ(step.number, ++number);
}

// Goal: whatever release wrote a file, this one opens it and finds its content.
// Method: for every format there has been, a file that stops there, with an epoch in it.
TEST_F(MigrationTest, AFileOfEveryReleasedFormatIsMigrated) {
  for (std::size_t format = 1; format <= migrations().size(); ++format) {
    std::filesystem::remove(path_);
    {
      const std::ofstream file(path_);
    }
    ASSERT_EQ(try_to_migrate(migrations().first(format)), std::nullopt) << format;
    open().execute("UPDATE meta SET epoch = 7");

    auto store = SqliteStore::open({.directory = folder_.path()});
    ASSERT_TRUE(store.has_value()) << format << ": " << store.error().message;
    EXPECT_EQ((*store)->load()->epoch, Epoch{7}) << format;
    EXPECT_EQ(open().number("SELECT count(*) FROM service_status"), 0);
  }
}

// Goal: what was deployed before releases were whole documents is deployed the same after.
TEST_F(MigrationTest, AReleaseOfTheFormatWithColumnsIsKept) {
  constexpr std::size_t kFormatWithColumns = 4;
  ASSERT_EQ(try_to_migrate(migrations().first(kFormatWithColumns)), std::nullopt);
  const std::string bundle = "sha256:" + std::string(64, 'a');
  open().execute("INSERT INTO workloads VALUES ('web', 'deployed', '', NULL, 3, 0)");
  open().execute("INSERT INTO releases VALUES ('web', 'current', 2, 'service', 3, '" + bundle +
                 R"sql(', 'stay', '{"A":"b \"c\""}', 250, 67108864, 64, 'r', NULL))sql");

  auto store = SqliteStore::open({.directory = folder_.path()});
  ASSERT_TRUE(store.has_value()) << store.error().message;
  const Result<Snapshot> snapshot = (*store)->load();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  ASSERT_EQ(snapshot->workloads.size(), 1U);
  EXPECT_EQ(
      snapshot->workloads[0].current_release().spec,
      (WorkloadSpec{
          .kind = WorkloadKind::kService,
          .instances = 3,
          .bundle = *Digest::parse(bundle),
          .instance = {.container = {.environment = {{"A", "b \"c\""}},
                                     .resources = {.cpu_millis = 250, .memory_bytes = 67'108'864},
                                     .pids_max = 64}},
          .on_node_lost = NodeLossPolicy::kStay}));
  EXPECT_EQ(snapshot->workloads[0].current_release().generation, Generation{2});
}

// Goal: a history begins with what the tables of an older format say.
TEST_F(MigrationTest, AFileWithoutHistoryBeginsOne) {
  constexpr std::size_t kFormatWithoutHistory = 8;
  ASSERT_EQ(try_to_migrate(migrations().first(kFormatWithoutHistory)), std::nullopt);
  {
    SqlDatabase database = open();
    database.execute("INSERT INTO workloads VALUES ('web', 'deployed', '', NULL, 3, 0)");
    database.execute(
        "INSERT INTO releases VALUES ('web', 1, 'current', "
        "'{\"kind\":\"service\",\"instances\":2,\"bundle\":\"sha256:" +
        std::string(64, 'a') + "\"}', 'r', NULL, 0, '', '')");
    for (const char* state : {"running", "lost"}) {
      database.execute(
          std::string("INSERT INTO instances (id, workload, generation, "
                      "desired_state, image_reference, cpu_millis, memory_bytes, "
                      "state, container, restarts, reason, changed_at) VALUES ('web-") +
          state + "', 'web', 1, 'run', 'r', 0, 0, '" + state + "', 'c', 0, '', 5)");
    }
  }
  auto store = SqliteStore::open({.directory = folder_.path()});
  ASSERT_TRUE(store.has_value()) << store.error().message;
  EXPECT_EQ((*store)->load()->alive_at, std::nullopt);
  const History history = (*store)->history_of(*WorkloadName::parse("web")).value();
  ASSERT_EQ(history.workload.size(), 3U);
  EXPECT_EQ(history.workload[0].condition, Condition::kUnknown);
  EXPECT_EQ(history.workload[1].condition, Condition::kRunning);
  EXPECT_EQ(history.workload[2].condition, Condition::kReduced);
}

}  // namespace
}  // namespace hearth
