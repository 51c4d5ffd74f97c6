#include "shell/agent/last_words_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/idle/idle_container_runtime.h"
#include "testing/loop/manual_loop.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A runtime whose logs are sent by the test.
class FakeLogs final : public IdleContainerRuntime {
 public:
  struct Asked {
    LogRequest request;
    ChunkSink sink;
    Completion<void> done;
  };
  void logs(LogRequest request, ChunkSink sink, Completion<void> done) override {
    asked.push_back({std::move(request), std::move(sink), std::move(done)});
  }

  std::vector<Asked> asked;
};

struct FakeStore final : LastWordsStore {
  Result<void> keep(const LastWords& words, WallTime) override {
    kept.push_back(words);
    return outcome;
  }
  Result<std::optional<LastWords>> latest(const InstanceId&, const ContainerId&,
                                          WallTime) override {
    return kept.empty() ? std::nullopt : std::optional(kept.back());
  }
  std::vector<LastWords> kept;
  Result<void> outcome;
};

class LastWordsKeeperTest : public testing::Test {
 protected:
  void exits(const std::string& container) {
    keeper.pass(core::ContainerExited{{container}, {"app-1"}, {.code = 3}});
  }
  void starts(const std::string& container) {
    keeper.pass(core::ContainerStarted{{container}, {"app-1"}});
  }
  void lists(std::vector<std::string> exited) {
    Inventory inventory;
    for (const std::string& id : exited) {
      inventory.containers.push_back({.id = {id},
                                      .instance = {"app-1"},
                                      .workload = *WorkloadName::parse("app"),
                                      .generation = {1},
                                      .state = ContainerState::kExited,
                                      .created_at = {},
                                      .exit = ContainerExit{.code = 4}});
    }
    keeper.pass(core::InventoryTaken{1, std::move(inventory)});
  }
  /// The end of the log that was asked for as number `index`.
  void sends(std::size_t index, const std::string& text) {
    runtime.asked.at(index).sink(text);
    runtime.asked.at(index).done({});
  }
  void on_event(const core::AgentEvent& event) {
    if (const auto* exited = std::get_if<core::ContainerExited>(&event)) {
      delivered.push_back("exit " + exited->container.str() + ": " + exited->exit.last_words);
    } else if (const auto* started = std::get_if<core::ContainerStarted>(&event)) {
      delivered.push_back("start " + started->container.str());
    } else if (const auto* taken = std::get_if<core::InventoryTaken>(&event)) {
      std::string line = "list";
      for (const Container& one : taken->inventory->containers) {
        line += " " + one.id.str() + ": " + one.exit->last_words;
      }
      delivered.push_back(line);
    }
  }

  ManualLoop loop;
  FakeLogs runtime;
  FakeStore store;
  std::unique_ptr<Worker> disk = loop.make_worker();
  std::vector<std::string> delivered;
  std::vector<std::string> warnings;
  LastWordsKeeper keeper{
      loop,
      {.clock = loop, .runtime = runtime, .store = store, .disk = *disk},
      {.deliver = [this](const core::AgentEvent& event) { on_event(event); },
       .warn = [this](const std::string&, const std::string& text) { warnings.push_back(text); }}};
};

TEST_F(LastWordsKeeperTest, AnExitIsDeliveredWithItsWordsAndTheWholeTailIsKept) {
  starts("c1");
  EXPECT_THAT(delivered, ElementsAre("start c1")) << "what is no exit does not wait";
  exits("c1");
  ASSERT_THAT(runtime.asked, SizeIs(1));
  EXPECT_EQ(runtime.asked[0].request.container.str(), "c1");
  EXPECT_EQ(runtime.asked[0].request.tail_lines, LastWordsKeeper::kLinesMax);
  EXPECT_THAT(delivered, SizeIs(1));
  sends(0, "1\n2\n3\n4\n5\n6\n");
  EXPECT_THAT(delivered, ElementsAre("start c1", "exit c1: 2\n3\n4\n5\n6"));
  loop.run_ready();
  ASSERT_THAT(store.kept, SizeIs(1));
  EXPECT_EQ(store.kept[0].instance.str(), "app-1");
  EXPECT_EQ(store.kept[0].text, "1\n2\n3\n4\n5\n6\n");
  std::string kept;
  keeper.latest({"app-1"}, {}, [&](const Result<std::string>& words) { kept = *words; });
  loop.run_ready();
  EXPECT_EQ(kept, store.kept[0].text);
}

// Goal: a container that was started again by hand must not appear as exited.
TEST_F(LastWordsKeeperTest, WhatFollowsAnExitWaitsForIt) {
  exits("c1");
  starts("c1");
  exits("c2");
  ASSERT_THAT(runtime.asked, SizeIs(2));
  sends(1, "two\n");
  EXPECT_THAT(delivered, IsEmpty());
  sends(0, "one\n");
  EXPECT_THAT(delivered, ElementsAre("exit c1: one", "start c1", "exit c2: two"));
}

// Goal: a container that died while the agent did not run has last words too, which are read once.
TEST_F(LastWordsKeeperTest, AnExitThatOnlyAnInventoryShowsHasItsWordsToo) {
  lists({"c1", "c2"});
  EXPECT_THAT(delivered, IsEmpty());
  sends(0, "one\n");
  sends(1, "two\n");
  EXPECT_THAT(delivered, ElementsAre("list c1: one c2: two"));
  loop.run_ready();
  EXPECT_THAT(store.kept, SizeIs(2));
  lists({"c1", "c2"});
  EXPECT_THAT(runtime.asked, SizeIs(2));
  EXPECT_THAT(delivered, SizeIs(2));
  keeper.pass(core::ContainerRemoved{{"c1"}, {"app-1"}});
  lists({"c1"});
  EXPECT_THAT(runtime.asked, SizeIs(3)) << "a removed container is forgotten";
  sends(2, "");
  lists({});
  lists({"c1"});
  EXPECT_THAT(runtime.asked, SizeIs(4)) << "and one that is not listed";
}

// Goal: of a machine that starts with many dead containers the inventory waits for a few, and the
// words of the others are kept, too.
TEST_F(LastWordsKeeperTest, AnInventoryWaitsForAFewAndTheOthersAreReadBehindIt) {
  constexpr std::size_t kDead = LastWordsKeeper::kListedMax + 24;
  std::vector<std::string> dead;
  for (std::size_t i = 0; i < kDead; ++i) dead.push_back(std::to_string(i));
  lists(dead);
  for (std::size_t i = 0; i < kDead; ++i) {
    ASSERT_LE(runtime.asked.size(), i + LastWordsKeeper::kReadingsMax) << "a few at once";
    EXPECT_THAT(delivered, SizeIs(i < LastWordsKeeper::kListedMax ? 0 : 1)) << i;
    sends(i, "FATAL");
    loop.run_ready();
  }
  EXPECT_THAT(runtime.asked, SizeIs(kDead));
  EXPECT_THAT(store.kept, SizeIs(kDead));
  EXPECT_THAT(warnings, IsEmpty());
  lists(dead);
  EXPECT_THAT(runtime.asked, SizeIs(kDead)) << "once";
}

TEST_F(LastWordsKeeperTest, WhatIsReadBehindAnInventoryIsReadNoFasterThanTheDiskKeepsIt) {
  std::vector<std::string> dead;
  for (int i = 0; i < 60; ++i) dead.push_back(std::to_string(i));
  lists(dead);
  for (std::size_t i = 0; i < LastWordsKeeper::kListedMax; ++i) sends(i, "");
  for (std::size_t i = LastWordsKeeper::kListedMax; i < runtime.asked.size(); ++i)
    sends(i, "FATAL");
  EXPECT_THAT(runtime.asked, SizeIs(LastWordsKeeper::kListedMax + LastWordsKeeper::kSavesMax));
  loop.run_ready();
  EXPECT_THAT(runtime.asked,
              SizeIs(testing::Gt(LastWordsKeeper::kListedMax + LastWordsKeeper::kSavesMax)));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(LastWordsKeeperTest, BehindAnInventoryABoundedNumberIsRead) {
  std::vector<std::string> dead;
  for (std::size_t i = 0; i < LastWordsKeeper::kListedMax + LastWordsKeeper::kBehindMax + 1; ++i)
    dead.push_back(std::to_string(i));
  lists(dead);
  for (std::size_t i = 0; i < runtime.asked.size(); ++i) {
    sends(i, "FATAL");
    loop.run_ready();
  }
  EXPECT_THAT(runtime.asked, SizeIs(LastWordsKeeper::kListedMax + LastWordsKeeper::kBehindMax));
}

// Goal: a container whose words are still to be read is removed only then, but soon in any case.
TEST_F(LastWordsKeeperTest, ARemovalWaitsForWhatIsReadBehindAnInventoryForABoundedTime) {
  std::vector<std::string> dead;
  for (std::size_t i = 0; i < LastWordsKeeper::kListedMax + 2; ++i)
    dead.push_back(std::to_string(i));
  lists(dead);
  for (std::size_t i = 0; i < LastWordsKeeper::kListedMax; ++i) sends(i, "");
  int removed = 0;
  keeper.once_read({"16"}, [&] { ++removed; });
  keeper.once_read({"17"}, [&] { ++removed; });
  EXPECT_EQ(removed, 0);
  sends(LastWordsKeeper::kListedMax, "FATAL");
  EXPECT_EQ(removed, 1);
  loop.advance(LastWordsKeeper::kWaitMax - 1ns);
  EXPECT_EQ(removed, 1);
  loop.advance(1ns);
  EXPECT_EQ(removed, 2);
  keeper.once_read({"17"}, [&] { ++removed; });
  EXPECT_EQ(removed, 3);
}

TEST_F(LastWordsKeeperTest, AnExitWaitsForItsLogForABoundedTime) {
  exits("c1");
  runtime.asked[0].sink("the beginning of what it said");
  loop.advance(200ms);
  exits("c2");
  loop.advance(LastWordsKeeper::kWaitMax - 200ms - 1ns);
  EXPECT_THAT(delivered, IsEmpty());
  loop.advance(1ns);
  EXPECT_THAT(delivered, ElementsAre("exit c1: ")) << "half a log has no end";
  EXPECT_FALSE(runtime.asked[0].sink("more")) << "the runtime is asked to stop";
  runtime.asked[0].done({});
  loop.advance(200ms);
  EXPECT_THAT(delivered, ElementsAre("exit c1: ", "exit c2: "));
  EXPECT_THAT(store.kept, IsEmpty());
  EXPECT_THAT(warnings, SizeIs(2));
}

TEST_F(LastWordsKeeperTest, ALogThatCannotBeReadOrIsEmptyDelaysNothing) {
  exits("c1");
  runtime.asked[0].sink("half");
  runtime.asked[0].done(fail(ErrorCode::kNotFound, "there is no such container"));
  exits("c2");
  sends(1, "");
  EXPECT_THAT(delivered, ElementsAre("exit c1: ", "exit c2: "));
  EXPECT_THAT(warnings, ElementsAre("the last words of a container cannot be read: there is no "
                                    "such container"));
  loop.run_ready();
  EXPECT_THAT(store.kept, IsEmpty());
  Result<std::string> found;
  keeper.latest({"app-1"}, {}, [&](const Result<std::string>& words) { found = words; });
  loop.run_ready();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
}

TEST_F(LastWordsKeeperTest, ARemovalWaitsUntilTheLogWasRead) {
  std::vector<std::string> removed;
  const auto remove = [&](const std::string& container) {
    keeper.once_read({container}, [&removed, container] { removed.push_back(container); });
  };
  exits("c1");
  remove("c1");
  remove("c2");
  EXPECT_THAT(removed, ElementsAre("c2")) << "of which nothing is read";
  sends(0, "FATAL");
  EXPECT_THAT(removed, ElementsAre("c2", "c1"));
  exits("c3");
  remove("c3");
  loop.advance(LastWordsKeeper::kWaitMax);
  EXPECT_THAT(removed, ElementsAre("c2", "c1", "c3"));
}

TEST_F(LastWordsKeeperTest, OfALongLogTheEndIsKept) {
  exits("c1");
  const std::string piece(LastWords::kBytesMax / 2, 'x');
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(runtime.asked[0].sink(piece));
  sends(0, "z");
  loop.run_ready();
  ASSERT_THAT(store.kept, SizeIs(1));
  EXPECT_EQ(store.kept[0].text, std::string(LastWords::kBytesMax - 1, 'x') + "z");
}

TEST_F(LastWordsKeeperTest, FewLogsAreReadAtOnce) {
  for (std::size_t i = 0; i <= LastWordsKeeper::kReadingsMax; ++i) exits(std::to_string(i));
  EXPECT_THAT(runtime.asked, SizeIs(LastWordsKeeper::kReadingsMax));
  sends(0, "zero");
  EXPECT_THAT(runtime.asked, SizeIs(LastWordsKeeper::kReadingsMax + 1));
  loop.advance(LastWordsKeeper::kWaitMax);
  EXPECT_THAT(delivered, SizeIs(LastWordsKeeper::kReadingsMax + 1));
  exits("late");
  EXPECT_THAT(runtime.asked, SizeIs(LastWordsKeeper::kReadingsMax + 1)) << "the others still run";
  loop.advance(LastWordsKeeper::kWaitMax);
  EXPECT_EQ(delivered.back(), "exit late: ");
}

TEST_F(LastWordsKeeperTest, ABoundedNumberOfReportsWaits) {
  exits("c1");
  for (std::size_t i = 1; i < LastWordsKeeper::kWaitingMax; ++i) starts("c2");
  EXPECT_THAT(delivered, IsEmpty());
  starts("c2");
  EXPECT_THAT(delivered, SizeIs(LastWordsKeeper::kWaitingMax + 1));
}

TEST_F(LastWordsKeeperTest, ABusyDiskHoldsABoundedNumberOfWords) {
  loop.hold_workers();
  for (std::size_t i = 0; i <= LastWordsKeeper::kSavesMax; ++i) {
    exits(std::to_string(i));
    sends(i, "FATAL");
  }
  EXPECT_THAT(delivered, SizeIs(LastWordsKeeper::kSavesMax + 1)) << "no exit waits for the disk";
  EXPECT_EQ(loop.jobs_waiting(), LastWordsKeeper::kSavesMax);
  EXPECT_THAT(warnings, SizeIs(1));
  store.outcome = fail(ErrorCode::kExhausted, "the disk is full");
  loop.release_workers();
  loop.run_ready();
  EXPECT_THAT(store.kept, SizeIs(LastWordsKeeper::kSavesMax));
  EXPECT_EQ(warnings.back(), "the disk is full");
  exits("another");
  sends(LastWordsKeeper::kSavesMax + 1, "FATAL");
  loop.run_ready();
  EXPECT_THAT(store.kept, SizeIs(LastWordsKeeper::kSavesMax + 1));
}

TEST(LastWordsExcerpt, IsAFewLinesAndBytesOfWholeCharacters) {
  EXPECT_EQ(excerpt_of(""), "");
  EXPECT_EQ(excerpt_of("FATAL no sensor\r\n\n"), "FATAL no sensor");
  EXPECT_EQ(excerpt_of("1\n2\n3\n4\n5"), "1\n2\n3\n4\n5");
  EXPECT_EQ(excerpt_of("1\n2\n3\n4\n5\n6"), "2\n3\n4\n5\n6");
  EXPECT_EQ(excerpt_of(std::string(512, 'x')), std::string(512, 'x'));
  EXPECT_EQ(excerpt_of("y" + std::string(512, 'x')), std::string(512, 'x'));
  EXPECT_EQ(excerpt_of("€" + std::string(510, 'x')), std::string(510, 'x'));
  EXPECT_EQ(excerpt_of(std::string(600, '\x80')), std::string(509, '\x80')) << "no UTF-8 at all";
}

}  // namespace
}  // namespace hearth
