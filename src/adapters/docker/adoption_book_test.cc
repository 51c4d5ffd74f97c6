#include "adapters/docker/adoption_book.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <memory>

#include "testing/disk/temporary_directory.h"

namespace hearth::docker {
namespace {

using testing::HasSubstr;

const InstanceId kDb{"db-1"};

Adoption adoption(const std::string& container = "c1") {
  return {.container = ContainerId{container},
          .name = "pg",
          .workload = *WorkloadName::parse("db"),
          .generation = {3},
          .restarts = 2,
          .restart_policy = R"({"Name":"on-failure","MaximumRetryCount":5})",
          .next = "pg.next.1",
          .old = ContainerId{"c0"}};
}

struct Scene {
  AdoptionBook& open() {
    book = std::make_unique<AdoptionBook>(folder / "adopted", worker);
    return *book;
  }
  Result<void> keep(const InstanceId& instance, const Adoption& what) {
    return in_coroutine(
        [&](Coroutine& coroutine) { return book->keep(instance, what, coroutine); });
  }
  Result<void> forget(const InstanceId& instance) {
    return in_coroutine([&](Coroutine& coroutine) { return book->forget(instance, coroutine); });
  }
  template <class Work>
  Result<void> in_coroutine(Work work) {
    std::optional<Result<void>> result;
    start_coroutine(loop, [&](Coroutine& coroutine) { result = work(coroutine); });
    while (!result) {
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(100));
    }
    return *result;
  }

  TemporaryDirectory folder;
  boost::asio::io_context loop;
  WorkerThread worker{loop};
  std::unique_ptr<AdoptionBook> book;
};

TEST(AdoptionBook, RemembersAcrossProcesses) {
  Scene scene;
  EXPECT_TRUE(scene.open().readable());
  EXPECT_TRUE(scene.keep(kDb, adoption()));
  AdoptionBook& book = scene.open();
  EXPECT_EQ(book.find(kDb), adoption());
  EXPECT_EQ(book.instance_of({"c1"}), kDb);
  EXPECT_EQ(book.instance_of({"c0"}), kDb);
  EXPECT_EQ(book.instance_of({"c2"}), std::nullopt);
  EXPECT_TRUE(scene.forget(kDb));
  EXPECT_TRUE(scene.open().entries().empty());
}

TEST(AdoptionBook, ADamagedFileIsLeftAsItIsAndNamesTheRemedy) {
  for (const std::string_view text :
       {"", "{", "[]", R"({"v":2,"adopted":{}})", R"({"v":1,"adopted":{"db-1":{}}})",
        R"({"v":1,"adopted":{"db-1":{"container":"c","workload":"db","generation":1}}})"}) {
    Scene scene;
    std::ofstream(scene.folder / "adopted") << text;
    const Result<void> readable = scene.open().readable();
    ASSERT_FALSE(readable) << text;
    EXPECT_EQ(readable.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(readable.error().message, HasSubstr("remove it and set the restart policies"));
    EXPECT_EQ(std::filesystem::file_size(scene.folder / "adopted"), text.size());
  }
}

TEST(AdoptionBook, ATornFileIsNeverAnotherBook) {
  const std::string text = encode_book({{kDb, adoption()}});
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_book(std::string_view(text).substr(0, size))) << size;
  EXPECT_EQ(decode_book(text)->at(kDb), adoption());
}

TEST(AdoptionBook, AChangeThatCannotBeWrittenDidNotHappen) {
  Scene scene;
  scene.open();
  EXPECT_TRUE(scene.keep(kDb, adoption()));
  std::filesystem::create_directory(scene.folder / "adopted.new");  // Where it is written first.
  EXPECT_FALSE(scene.keep(kDb, adoption("c9")));
  EXPECT_EQ(scene.book->find(kDb), adoption());
  EXPECT_FALSE(scene.forget(kDb));
  EXPECT_EQ(scene.book->find(kDb), adoption());
}

TEST(AdoptionBook, RefusesMoreThanANodeCanHave) {
  Scene scene;
  scene.book = std::make_unique<AdoptionBook>(std::filesystem::path(), scene.worker);
  for (std::size_t i = 0; i < AdoptionBook::kAdoptionsMax; ++i)
    ASSERT_TRUE(scene.keep(InstanceId{fmt::format("w{}-1", i)}, adoption(fmt::format("c{}", i))));
  EXPECT_EQ(scene.keep(kDb, adoption()).error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(scene.keep(InstanceId{"w0-1"}, adoption("other"))) << "that one is known";
}

}  // namespace
}  // namespace hearth::docker
