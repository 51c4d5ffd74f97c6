#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "adapters/docker/docker_runtime_fixture.h"
#include "adapters/file/sha256.h"

namespace hearth::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Then = FakeEngine::Then;

const std::string kStart = "/containers/" + std::string(kId) + "/start";
const std::string kLogs = "/containers/" + std::string(kId) + "/logs";

TEST_F(DockerRuntimeTest, TheVersionIsAgreedOnOnceAndConnectionsAreKept) {
  engine.on("/version", {answer(200, R"({"ApiVersion":"1.43","MinAPIVersion":"1.24"})")});
  engine.on("/containers/create", {answer(201, R"({"Id":"abc","Warnings":[]})")});
  engine.on(kStart, {answer(204, "")});
  const auto created = create();
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(created->str(), "abc");
  ASSERT_TRUE(start());
  EXPECT_EQ(engine.connections(), 1U);
  ASSERT_EQ(engine.requests().size(), 4U);
  EXPECT_EQ(engine.requests()[0].path, "/version");
  EXPECT_THAT(engine.requests()[2].path,
              testing::StartsWith("/v1.43/containers/create?name=hearth.node-1.heater-1."));
  EXPECT_THAT(engine.requests()[2].body, HasSubstr(R"("Image":"sha256:1")"));
  EXPECT_EQ(engine.requests()[3].path, "/v1.43" + kStart);
}

TEST_F(DockerRuntimeTest, AnEngineThatIsTooOldIsReported) {
  engine.on("/version", {answer(200, R"({"ApiVersion":"1.30"})")});
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("too old"));
}

TEST_F(DockerRuntimeTest, ARestartedEngineIsReachedWithoutAFailure) {
  engine.on(kStart, {answer(204, "")});
  ASSERT_TRUE(start());
  engine.stop();
  engine.start();
  EXPECT_TRUE(start());
}

TEST_F(DockerRuntimeTest, WithoutASocketTheRemedyIsNamed) {
  engine.stop();
  std::filesystem::remove(folder / "docker.sock");
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(started.error().message, HasSubstr("cannot find a Docker engine"));
}

TEST_F(DockerRuntimeTest, ASocketWithoutAListenerIsReported) {
  engine.stop();
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(started.error().message, HasSubstr("is not running"));
}

TEST_F(DockerRuntimeTest, ASocketWithoutPermissionIsReported) {
  constexpr uid_t kNobody = 65534;
  std::filesystem::permissions(folder / "docker.sock", std::filesystem::perms::none);
  const uid_t user = ::geteuid();
  if (user == 0) {
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  const auto started = start();
  ASSERT_EQ(::seteuid(user), 0);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kUnauthorized);
  EXPECT_THAT(started.error().message, HasSubstr("socket's group"));
}

TEST_F(DockerRuntimeTest, ASocketPathThatIsTooLongIsRefused) {
  DockerConfig changed = config();
  changed.socket = folder / std::string(200, 'x');
  recreate(changed);
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(DockerRuntimeTest, AnEngineThatHangsIsATimeout) {
  engine.on(kStart, {"", Then::kHold});
  DockerConfig changed = config();
  changed.timeouts.change = 50ms;
  recreate(changed);
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(started.error().message, HasSubstr("did not start container '0123456789ab' within"));
}

TEST_F(DockerRuntimeTest, AnAnswerThatDripsIsATimeoutToo) {
  engine.on(kStart, {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx", Then::kHold});
  DockerConfig changed = config();
  changed.timeouts.change = 50ms;
  recreate(changed);
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kTimeout);
}

TEST_F(DockerRuntimeTest, EachOddAnswerHasItsErrorCode) {
  struct Odd {
    std::string bytes;
    ErrorCode code;
  };
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<Odd> odd{
      {answer(500, R"({"message":"driver failed"})"), ErrorCode::kFailed},
      {answer(500, "<html>no JSON</html>"), ErrorCode::kFailed},
      {answer(503, R"({"message":"starting"})"), ErrorCode::kUnavailable},
      {answer(200, "{ garbage"), ErrorCode::kCorrupt},
      {answer(200, R"({"message":"no list"})"), ErrorCode::kCorrupt},
      {head + "zz\r\n[]\r\n", ErrorCode::kCorrupt},
      {head + "5\r\n[]", ErrorCode::kUnavailable},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[]", ErrorCode::kUnavailable},
      {"", ErrorCode::kUnavailable},
      {"SSH-2.0-OpenSSH\r\n", ErrorCode::kCorrupt},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", ErrorCode::kExhausted},
      {answer(200, "[" + std::string(17 << 20, ' ') + "]"), ErrorCode::kExhausted},
      {answer(200, std::string(1000, '[')), ErrorCode::kCorrupt},
  };
  for (const Odd& one : odd) {
    engine.on("/containers/json", {one.bytes, Then::kHangUp});
    const auto result = inventory();
    ASSERT_FALSE(result) << one.bytes.substr(0, 80);
    EXPECT_EQ(result.error().code, one.code)
        << one.bytes.substr(0, 80) << ": " << result.error().message;
  }
}

TEST_F(DockerRuntimeTest, AnInventorySaysHowContainersEnded) {
  engine.on("/containers/json", {answer(200, R"([
    {"Id":"gone","State":"exited","Labels":{"hearth.instance":"heater-1","hearth.workload":"heater",
     "hearth.generation":"1","hearth.restarts":"0"}},
    {"Id":"dead","State":"exited","Labels":{"hearth.instance":"heater-2","hearth.workload":"heater",
     "hearth.generation":"1","hearth.restarts":"0"}},
    {"Id":"odd","State":"running","Labels":{"hearth.node":"node-1"}}])")});
  engine.on("/containers/dead/json", {answer(200, R"({"State":{"ExitCode":3,"OOMKilled":false,
     "FinishedAt":"2026-11-23T19:52:53.4Z"}})")});
  engine.on("/images/json", {answer(200, R"([{"RepoTags":["hearth/heater:1"]}])")});
  const auto result = inventory();
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->containers.size(), 1U);  // The other was removed after the listing.
  ASSERT_TRUE(result->containers[0].exit);
  EXPECT_EQ(result->containers[0].exit->code, 3);
  EXPECT_THAT(result->images, ElementsAre("hearth/heater:1"));
  EXPECT_EQ(runtime->counters().containers_unreadable, 1U);
}

std::string exited(const std::string& id) {
  return R"({"Id":")" + id + R"(","State":"exited","Labels":{"hearth.instance":"heater-1",
     "hearth.workload":"heater","hearth.generation":"1","hearth.restarts":"0"}})";
}

TEST_F(DockerRuntimeTest, AContainerThatCannotBeInspectedSpoilsNoInventory) {
  engine.on("/containers/json", {answer(200, "[" + exited("broken") + "," + exited("locked") + "," +
                                                 exited("dead") + "]")});
  engine.on("/containers/broken/json", {answer(500, R"({"message":"its layer is gone"})")});
  engine.on("/containers/locked/json", {"", Then::kHold});
  engine.on("/containers/dead/json", {answer(200, R"({"State":{"ExitCode":3,"OOMKilled":false,
     "FinishedAt":"2026-11-23T19:52:53.4Z"}})")});
  engine.on("/images/json", {answer(200, "[]")});
  DockerConfig changed = config();
  changed.timeouts.inspection = 50ms;
  recreate(changed);
  const auto result = inventory();
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->containers.size(), 3U);
  for (const Container& container : result->containers) {
    EXPECT_EQ(container.state, ContainerState::kExited);
  }
  EXPECT_FALSE(result->containers[0].exit);
  EXPECT_FALSE(result->containers[1].exit);
  EXPECT_EQ(result->containers[2].exit->code, 3);
  EXPECT_THAT(result->missing, HasSubstr("its layer is gone (1 more like it)"));
}

TEST_F(DockerRuntimeTest, ContainersThatCannotBeInspectedDelayAnInventoryWithinABound) {
  std::string list;
  for (int i = 0; i < 100; ++i) list += (i == 0 ? "" : ",") + exited("locked");
  engine.on("/containers/json", {answer(200, "[" + list + "]")});
  engine.on("/containers/locked/json", {"", Then::kHold});
  engine.on("/images/json", {answer(200, "[]")});
  DockerConfig changed = config();
  changed.timeouts.answer = 500ms;
  changed.timeouts.inspection = 100ms;
  recreate(changed);
  const auto result = inventory();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->containers.size(), 100U);
  EXPECT_LE(engine.count("/containers/locked/json"), 5U);
}

TEST_F(DockerRuntimeTest, StrangersWithOurLabelsAreNotListedAndNamedOnce) {
  const auto one = [](const std::string& id, const std::string& image) {
    return R"({"Id":")" + id + R"(","State":"paused","ImageID":")" + image +
           R"(","Labels":{"hearth.instance":"heater-1","hearth.workload":"heater",
              "hearth.generation":"1","hearth.restarts":"0","hearth.image":"sha256:1"}})";
  };
  engine.on("/containers/json",
            {answer(200, "[" + one("ours", "sha256:1") + "," + one("strange", "sha256:2") + "]")});
  engine.on("/images/json", {answer(200, "[]")});
  const auto first = inventory();
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_EQ(first->containers.size(), 1U);
  EXPECT_EQ(first->containers[0].id.str(), "ours");
  EXPECT_TRUE(first->containers[0].paused);
  EXPECT_THAT(first->strangers, HasSubstr("'strange'"));
  EXPECT_EQ(inventory()->strangers, "");
  EXPECT_EQ(runtime->counters().strangers, 1U);
}

TEST_F(DockerRuntimeTest, StrangersAreNamedUpToABound) {
  std::string list;
  for (int i = 0; i <= 1024; ++i) {
    list += fmt::format(R"({}{{"Id":"s{}","State":"exited","ImageID":"sha256:2","Labels":{{
        "hearth.instance":"heater-1","hearth.workload":"heater","hearth.generation":"1",
        "hearth.restarts":"0","hearth.image":"sha256:1"}}}})",
                        i == 0 ? "" : ",", i);
  }
  engine.on("/containers/json", {answer(200, "[" + list + "]")});
  engine.on("/images/json", {answer(200, "[]")});
  EXPECT_THAT(inventory()->strangers, HasSubstr("'s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7' "
                                                "and 1016 more"));
  EXPECT_EQ(runtime->counters().strangers, 1024U);
}

TEST_F(DockerRuntimeTest, TheDataRootIsLearntAgainFromEachEngine) {
  engine.on("/containers/json", {answer(200, "[]")});
  engine.on("/images/json", {answer(200, "[]")});
  watch();
  run_until([&] { return watching == 1; });
  ASSERT_TRUE(inventory());
  EXPECT_EQ(runtime->data_root(), "");
  engine.on("/info", {answer(200, R"({"DockerRootDir":"/data/docker"})")});
  ASSERT_TRUE(inventory());
  ASSERT_TRUE(inventory());
  EXPECT_EQ(runtime->data_root(), "/data/docker");
  EXPECT_EQ(engine.count("/info"), 2U);
  engine.hang_up("/events");
  run_until([&] { return watching == 2; });
  EXPECT_EQ(runtime->data_root(), "");
}

TEST_F(DockerRuntimeTest, TheVerbsAreIdempotent) {
  const auto stop = [&] {
    return wait_for<void>([&](const auto& done) { runtime->stop(kContainer, 1500ms, done); });
  };
  const auto remove = [&] {
    return wait_for<void>([&](const auto& done) { runtime->remove(kContainer, done); });
  };
  engine.on(kStart, {answer(304, "")});
  EXPECT_TRUE(start());
  EXPECT_TRUE(stop());  // 404.
  EXPECT_THAT(engine.requests().back().path, HasSubstr("/stop?t=2"));
  engine.on("/containers/" + std::string(kId) + "/stop", {answer(304, "")});
  EXPECT_TRUE(stop());
  EXPECT_TRUE(remove());  // 404.
  engine.on("/containers/" + std::string(kId), {answer(409, R"({"message":"in progress"})")});
  EXPECT_TRUE(remove());
  EXPECT_TRUE(wait_for<void>([&](const auto& done) { runtime->remove_image("hearth/x:1", done); }));
}

TEST_F(DockerRuntimeTest, ADestroyedRuntimeDropsItsCompletions) {
  engine.on(kStart, {"", Then::kHold});
  engine.on(kLogs, {chunked_head(), Then::kHold});
  const auto never = [](const Result<void>&) { FAIL(); };
  watch();
  for (int i = 0; i < 20; ++i) runtime->start(kContainer, never);
  runtime->logs(
      {.container = kContainer, .follow = true}, [](std::string_view) { return true; }, never);
  run_until([&] { return engine.count(kStart) == 8 && engine.count(kLogs) == 1; });
  runtime.reset();
}

TEST_F(DockerRuntimeTest, VerbsWaitInLineUpToABound) {
  engine.on(kStart, {"", Then::kHold});
  int refused = 0;
  for (int i = 0; i < 8 + 1024 + 1; ++i) {
    runtime->start(kContainer, [&](const Result<void>& result) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, ErrorCode::kExhausted);
      ++refused;
    });
  }
  EXPECT_EQ(refused, 0);
  run_until([&] { return refused == 1 && engine.count(kStart) == 8; });
  EXPECT_EQ(engine.connections(), 8U);
}

TEST_F(DockerRuntimeTest, AStopThatLastsDoesNotHoldUpAStart) {
  engine.on("/containers/" + std::string(kId) + "/stop", {"", Then::kHold});
  engine.on(kStart, {answer(204, "")});
  for (int i = 0; i < 20; ++i) runtime->stop(kContainer, 10s, [](const Result<void>&) {});
  EXPECT_TRUE(start());
}

TEST_F(DockerRuntimeTest, ABuildStreamsItsLogAndSucceeds) {
  const std::string context(1'000'000, 'c');
  const auto file = write_file("context.tar", context);
  engine.on("/build", {chunks({R"({"stream":"Step 1/1 : FROM)", " scratch\\n\"}\r\n",
                               R"({"aux":{"ID":"sha256:1"}})"})});
  std::string log;
  const auto built = wait_for<void>([&](const auto& done) {
    runtime->build(
        file, "hearth/heater:1",
        [&](std::string_view text) {
          log += text;
          return true;
        },
        done);
  });
  ASSERT_TRUE(built) << built.error().message;
  EXPECT_EQ(log, "Step 1/1 : FROM scratch\n");
  EXPECT_EQ(engine.requests().back().body, context);
  EXPECT_THAT(engine.requests().back().path, HasSubstr("t=hearth%2Fheater%3A1"));
}

TEST_F(DockerRuntimeTest, AFailedBuildReportsTheEnginesReason) {
  const auto file = write_file("context.tar", "context");
  const auto build = [&](std::string& log) {
    return wait_for<void>([&](const auto& done) {
      runtime->build(
          file, "hearth/heater:1",
          [&](std::string_view text) {
            log += text;
            return true;
          },
          done);
    });
  };
  std::string log;
  engine.on(
      "/build",
      {chunks(
          {R"({"stream":"Step 1/1 : RUN false\n"})"
           "\r\n"
           R"({"errorDetail":{"code":1,"message":"returned a non-zero code: 1"},"error":"x"})"})});
  const auto failed = build(log);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kFailed);
  EXPECT_THAT(failed.error().message, HasSubstr("non-zero code: 1"));
  EXPECT_EQ(log, "Step 1/1 : RUN false\nreturned a non-zero code: 1\n");

  log.clear();
  engine.on("/build", {answer(400, R"({"message":"unknown instruction: FORM"})")});
  const auto unreadable = build(log);
  ASSERT_FALSE(unreadable);
  EXPECT_EQ(unreadable.error().code, ErrorCode::kFailed);
  EXPECT_THAT(log, HasSubstr("unknown instruction: FORM"));

  engine.on("/build", {chunked_head() + chunk(R"({"stream":"Step 1/1"})"
                                              "\n"),
                       Then::kHangUp});
  const auto torn = build(log);
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().code, ErrorCode::kUnavailable);
}

TEST_F(DockerRuntimeTest, AnEngineThatRefusesInTheMiddleOfAnUploadIsReported) {
  const auto file = write_file("context.tar", std::string(8 << 20, 'c'));
  engine.on("/build",
            {answer(500, R"({"message":"write: no space left on device"})"), Then::kHangUp, 1000});
  const auto built = wait_for<void>([&](const auto& done) {
    runtime->build(file, "hearth/heater:1", [](std::string_view) { return true; }, done);
  });
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::kExhausted) << built.error().message;
  EXPECT_THAT(built.error().message, HasSubstr("no disk space left"));
}

TEST_F(DockerRuntimeTest, ABuildWhoseLogIsRefusedIsCancelled) {
  const auto file = write_file("context.tar", "context");
  engine.on("/build", {chunked_head() + chunk(R"({"stream":"Step 1/1"})"
                                              "\n"),
                       Then::kHold});
  const auto built = wait_for<void>([&](const auto& done) {
    runtime->build(file, "hearth/heater:1", [](std::string_view) { return false; }, done);
  });
  ASSERT_FALSE(built);
  EXPECT_THAT(built.error().message, HasSubstr("cancelled"));
}

// Goal: a hanging build ends, wherever it hangs, and the next one begins. Method: one engine that
// does not answer at all, and one that begins to answer and then falls silent.
TEST_F(DockerRuntimeTest, ACancelledBuildEndsAndTheNextOneBegins) {
  const auto file = write_file("context.tar", "context");
  const auto take = [](std::string_view) { return true; };
  std::size_t asked = 0;
  for (const std::string& begun : {std::string(), chunked_head()}) {
    engine.on("/build", {begun, Then::kHold});
    std::optional<Result<void>> ended;
    runtime->build(file, "hearth/heater:1", take, [&](Result<void> result) { ended = result; });
    ++asked;
    run_until([&] { return engine.count("/build") == asked; });
    runtime->cancel_build("hearth/heater:2");
    loop.restart();
    loop.poll();
    EXPECT_FALSE(ended);
    runtime->cancel_build("hearth/heater:1");
    run_until([&] { return ended.has_value(); });
    ASSERT_TRUE(ended && !*ended);
  }
  engine.on("/build", {chunks({R"({"stream":"done\n"})"})});
  EXPECT_TRUE(wait_for<void>(
      [&](const auto& done) { runtime->build(file, "hearth/heater:2", take, done); }));
}

TEST_F(DockerRuntimeTest, ABuildThatTakesTooLongHasFailed) {
  const auto file = write_file("context.tar", "context");
  engine.on("/build", {chunked_head() + chunk(R"({"stream":"Step 1/1"})"
                                              "\n"),
                       Then::kHold});
  DockerConfig changed = config();
  changed.timeouts.build = 100ms;
  recreate(changed);
  std::string log;
  const auto built = wait_for<void>([&](const auto& done) {
    runtime->build(
        file, "hearth/heater:1",
        [&](std::string_view text) {
          log += text;
          return true;
        },
        done);
  });
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::kFailed);
  EXPECT_THAT(log, HasSubstr("'hearth/heater:1' was not built within 100 ms: cancelled"));
}

TEST_F(DockerRuntimeTest, ASavedImageHasItsDigest) {
  const std::string image = std::string(700'000, 'i') + std::string(1024, '\0');
  engine.on("/images/hearth%2Fheater%3A1/get",
            {chunks({image.substr(0, 500'000), image.substr(500'000)})});
  const auto file = folder / "image.tar";
  const auto saved = wait_for<Digest>(
      [&](const auto& done) { runtime->save_image("hearth/heater:1", file, done); });
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(*saved, sha256_of(image));
  EXPECT_EQ(std::filesystem::file_size(file), image.size());
}

TEST_F(DockerRuntimeTest, AnIncompleteImageLeavesNoFile) {
  const auto file = folder / "image.tar";
  const auto save = [&] {
    return wait_for<Digest>(
        [&](const auto& done) { runtime->save_image("hearth/x:1", file, done); });
  };
  const std::string path = "/images/hearth%2Fx%3A1/get";
  EXPECT_EQ(save().error().code, ErrorCode::kNotFound);

  engine.on(path, {chunked_head() + chunk(std::string(9000, 'i')), Then::kHangUp});
  EXPECT_EQ(save().error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(file));

  engine.on(path, {chunks({std::string(9000, 'i') +
                           R"({"errorDetail":{"message":"layer is gone"},"error":"x"})"})});
  const auto saved = save();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kFailed);
  EXPECT_THAT(saved.error().message, HasSubstr("layer is gone"));
  EXPECT_FALSE(std::filesystem::exists(file));

  engine.on(path, {chunks({"x"})});
  EXPECT_THAT(save().error().message, HasSubstr("is incomplete"));
}

TEST_F(DockerRuntimeTest, ALoadSucceedsOrReportsTheEnginesReason) {
  const auto file = write_file("image.tar", std::string(300'000, 'i'));
  const auto load = [&](const std::filesystem::path& path) {
    return wait_for<void>([&](const auto& done) { runtime->load_image(path, done); });
  };
  engine.on("/images/load", {chunks({R"({"status":"Loading layer","progress":"[>]","id":"a"})"
                                     "\n",
                                     R"({"stream":"Loaded image: hearth/x:1\n"})"})});
  EXPECT_TRUE(load(file));
  EXPECT_EQ(engine.requests().back().body.size(), 300'000U);
  engine.on("/images/load",
            {chunks({R"({"errorDetail":{"message":"no such file"},"error":"x"})"})});
  EXPECT_EQ(load(file).error().code, ErrorCode::kFailed);
  EXPECT_EQ(load(folder / "missing.tar").error().code, ErrorCode::kNotFound);
}

TEST_F(DockerRuntimeTest, MoreFollowersThanTheBoundAreRefused) {
  engine.on(kLogs, {chunked_head(), Then::kHold});
  int refused = 0;
  for (int i = 0; i < 17; ++i) {
    runtime->logs(
        {.container = kContainer, .follow = true}, [](std::string_view) { return true; },
        [&](const Result<void>& result) { refused += result ? 0 : 1; });
  }
  run_until([&] { return refused == 1 && engine.count(kLogs) == 16; });
}

}  // namespace
}  // namespace hearth::docker
