#include "shell/agent/image_work.h"

#include <gmock/gmock.h>

#include "shell/agent/fake_work_folder.h"
#include "testing/idle/idle_container_runtime.h"
#include "testing/idle/idle_http_client.h"
#include "testing/loop/manual_loop.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using core::FetchStep;
using testing::ElementsAre;
using testing::HasSubstr;

const Digest kDigest = *Digest::parse("sha256:" + std::string(64, 'a'));

/// Every operation stays in progress until the test finishes it.
struct Steps final : IdleContainerRuntime, ContentClient {
  explicit Steps(FakeWorkFolder& the_folder) : folder(the_folder) {}
  void download(const Digest&, fs::path file, Completion<void> done) override {
    folder.files.insert(file);
    names.emplace_back("download");
    end = std::move(done);
  }
  void upload(fs::path, const Digest&, Completion<void> done) override {
    names.emplace_back("upload");
    end = std::move(done);
  }
  void load_image(const fs::path&, Completion<void> done) override {
    names.emplace_back("load");
    end = std::move(done);
  }
  void build(const fs::path&, const std::string&, ChunkSink to_log,
             Completion<void> done) override {
    names.emplace_back("build");
    log = std::move(to_log);
    end = std::move(done);
  }
  void save_image(const std::string&, const fs::path& file, Completion<Digest> done) override {
    folder.files.insert(file);
    names.emplace_back("save");
    end = [done](const Result<void>& outcome) {
      done(outcome ? Result<Digest>(kDigest) : tl::unexpected(outcome.error()));
    };
  }
  void cancel_build(const std::string& reference) override {
    names.push_back("cancel " + reference);
    if (!runtime_works) return;
    runtime_works = false;
    finish(fail(ErrorCode::kUnavailable, "broken off"));
  }

  void finish(const Result<void>& outcome) { std::exchange(end, nullptr)(outcome); }

  FakeWorkFolder& folder;
  std::vector<std::string> names;
  Completion<void> end;
  ChunkSink log;
  bool runtime_works = false;
};

class ImageWorkTest : public testing::Test {
 protected:
  ImageWorkTest() {
    work.emplace(folder, steps, steps, http, Endpoint{"manager.test", 7700}, *disk);
  }

  void fetch() {
    work->fetch({"hearth/app:1", kDigest},
                [this](const Result<void>& outcome, FetchStep failed_step) {
                  fetched = outcome;
                  step = failed_step;
                });
  }
  void build() {
    work->build({.workload = *WorkloadName::parse("app"),
                 .generation = {1},
                 .bundle = kDigest,
                 .reference = "hearth/app:1"},
                [this](const Result<Digest>& outcome) { built = outcome; });
  }
  /// Waits for removals, once the disk has finished everything it was given.
  bool leaves_nothing() {
    loop.run_ready();
    return folder.files.empty();
  }

  FakeWorkFolder folder;
  ManualLoop loop;
  std::unique_ptr<Worker> disk = loop.make_worker();
  Steps steps{folder};
  IdleHttpClient http;
  std::optional<ImageWork> work;
  std::optional<Result<void>> fetched;
  std::optional<FetchStep> step;
  std::optional<Result<Digest>> built;
};

TEST_F(ImageWorkTest, RemovesTheFilesOfAnInterruptedAttempt) {
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(ImageWorkTest, AnImageIsMovedIntoTheRuntimeAndItsFileRemoved) {
  fetch();
  EXPECT_FALSE(leaves_nothing());
  steps.finish({});
  steps.finish({});
  EXPECT_THAT(steps.names, ElementsAre("download", "load"));
  ASSERT_TRUE(fetched && *fetched);
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(ImageWorkTest, TheLoopDoesNotWaitForARemoval) {
  loop.hold_workers();
  fetch();
  steps.finish({});
  steps.finish({});
  loop.run_ready();
  EXPECT_TRUE(fetched);
  EXPECT_FALSE(folder.files.empty());
  loop.release_workers();
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(ImageWorkTest, ReportsWhichStepOfAFetchFailed) {
  fetch();
  steps.finish(fail(ErrorCode::kCorrupt, "not what it should be"));
  ASSERT_TRUE(fetched && !*fetched);
  EXPECT_EQ(step, FetchStep::kTransfer);
  EXPECT_TRUE(leaves_nothing());
  fetch();
  steps.finish({});
  steps.finish(fail(ErrorCode::kExhausted, "no disk left"));
  EXPECT_EQ(step, FetchStep::kLoad);
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(ImageWorkTest, ABuildIsSavedAndUploaded) {
  build();
  for (int i = 0; i < 4; ++i) steps.finish({});
  EXPECT_THAT(steps.names, ElementsAre("download", "build", "save", "upload"));
  ASSERT_TRUE(built && *built);
  EXPECT_EQ(**built, kDigest);
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(ImageWorkTest, CancellingBreaksOffTheRuntimesStep) {
  for (const int steps_before : {1, 2}) {  // It is being built; it is being saved.
    built.reset();
    build();
    for (int i = 0; i < steps_before; ++i) steps.finish({});
    steps.runtime_works = true;
    work->cancel_build();
    EXPECT_EQ(steps.names.back(), "cancel hearth/app:1");
    ASSERT_TRUE(built && !*built);
    EXPECT_THAT(built->error().message, HasSubstr("cancelled"));
    EXPECT_TRUE(leaves_nothing());
  }
}

TEST_F(ImageWorkTest, ABuildCancelledDuringATransferEndsWithTheTransfer) {
  build();
  work->cancel_build();
  EXPECT_FALSE(built);
  steps.finish({});
  ASSERT_TRUE(built && !*built);
  EXPECT_THAT(steps.names, ElementsAre("download", "cancel hearth/app:1"));
  EXPECT_TRUE(leaves_nothing());
}

// An operator cleans up the runtime, or its disk was lost: the next attempt builds the image again.
// With kNotFound the build would be given up.
TEST_F(ImageWorkTest, AnImageThatVanishedBeforeItWasSavedCanBeBuiltAgain) {
  build();
  steps.finish({});
  steps.finish({});
  steps.finish(fail(ErrorCode::kNotFound, "no such image"));
  ASSERT_TRUE(built && !*built);
  EXPECT_EQ(built->error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(built->error().message, HasSubstr("no such image"));
}

TEST_F(ImageWorkTest, ACancelledBuildStopsAtItsNextOutput) {
  build();
  steps.finish({});
  EXPECT_TRUE(steps.log("Step 1/2"));
  work->cancel_build();
  EXPECT_FALSE(steps.log("Step 2/2"));
}

TEST_F(ImageWorkTest, CancellingAFinishedBuildDoesNothing) {
  build();
  steps.finish(fail(ErrorCode::kUnavailable, "no manager answers"));
  work->cancel_build();
  EXPECT_THAT(steps.names, ElementsAre("download"));
}

}  // namespace
}  // namespace hearth
