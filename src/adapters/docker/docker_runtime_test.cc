#include "adapters/docker/docker_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <optional>

#include "adapters/docker/fake_engine.h"
#include "adapters/file/sha256.h"
#include "adapters/test_disk/temporary_directory.h"

namespace hearth::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Then = FakeEngine::Then;
using namespace std::chrono_literals;

constexpr std::string_view kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const ContainerId kContainer{std::string(kId)};

std::string event(std::string_view action, std::string_view attributes = "") {
  return R"({"Type":"container","Action":")" + std::string(action) + R"(","Actor":{"ID":")" +
         std::string(kId) + R"(","Attributes":{"hearth.instance":"heater-1")" +
         std::string(attributes) + R"(}},"timeNano":1795463573640413614})" + "\n";
}

class DockerRuntimeTest : public testing::Test {
 protected:
  void TearDown() override {
    runtime.reset();
    engine.stop();
    loop.restart();
    loop.run_for(10s);
    EXPECT_TRUE(loop.stopped()) << "something still waits on the loop";
  }

  DockerConfig config() {
    return {.node = *NodeName::parse("node-1"), .socket = folder / "docker.sock"};
  }
  void recreate(const DockerConfig& changed) {
    runtime = std::make_unique<DockerRuntime>(loop, changed);
  }

  void run_until(const std::function<bool()>& seen) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!seen() && std::chrono::steady_clock::now() < give_up) {
      loop.restart();
      loop.run_one_for(100ms);
    }
    ASSERT_TRUE(seen()) << "waited in vain";
  }

  /// Runs the loop until the verb completes; checks that it does so after the call returned.
  template <class T>
  Result<T> wait_for(const std::function<void(Completion<T>)>& call) {
    std::optional<Result<T>> ended;
    bool called_back_inside = true;
    call([&](Result<T> result) {
      EXPECT_FALSE(called_back_inside);
      EXPECT_FALSE(ended.has_value());
      ended = std::move(result);
    });
    called_back_inside = false;
    run_until([&] { return ended.has_value(); });
    return ended.has_value() ? *ended : fail(ErrorCode::kTimeout, "never completed");
  }

  Result<void> start() {
    return wait_for<void>([&](auto done) { runtime->start(kContainer, done); });
  }
  Result<Inventory> inventory() {
    return wait_for<Inventory>([&](auto done) { runtime->inventory(done); });
  }
  Result<ContainerId> create() {
    const ContainerRequest request{.instance = InstanceId{"heater-1"},
                                   .workload = *WorkloadName::parse("heater"),
                                   .generation = Generation{1},
                                   .restarts = 0,
                                   .image = "hearth/heater:1",
                                   .spec = {}};
    return wait_for<ContainerId>([&](auto done) { runtime->create(request, done); });
  }

  void watch() {
    runtime->watch({.on_notice = [this](ContainerNotice notice) { notices.push_back(notice); },
                    .on_watching = [this] { ++watching; },
                    .on_lost = [this](const Error& error) { lost.push_back(error); }});
  }

  std::filesystem::path write_file(const std::string& name, std::string_view content) {
    const std::filesystem::path path = folder / name;
    std::ofstream(path) << content;
    return path;
  }

  TemporaryDirectory folder;
  boost::asio::io_context loop;
  FakeEngine engine{loop, folder / "docker.sock"};
  std::unique_ptr<DockerRuntime> runtime = std::make_unique<DockerRuntime>(loop, config());
  std::vector<ContainerNotice> notices;
  std::vector<Error> lost;
  int watching = 0;
};

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
  ASSERT_EQ(engine.requests().size(), 3U);
  EXPECT_EQ(engine.requests()[0].path, "/version");
  EXPECT_THAT(engine.requests()[1].path,
              testing::StartsWith("/v1.43/containers/create?name=hearth.node-1.heater-1."));
  EXPECT_THAT(engine.requests()[1].body, HasSubstr(R"("Image":"hearth/heater:1")"));
  EXPECT_EQ(engine.requests()[2].path, "/v1.43" + kStart);
}

TEST_F(DockerRuntimeTest, AnEngineThatIsTooOldIsNamed) {
  engine.on("/version", {answer(200, R"({"ApiVersion":"1.30"})")});
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("too old"));
}

TEST_F(DockerRuntimeTest, AnEngineStartedAnewIsReachedWithoutAFailure) {
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
  EXPECT_THAT(started.error().message, HasSubstr("there is no Docker engine"));
}

TEST_F(DockerRuntimeTest, ASocketThatNobodyListensAtIsNamed) {
  engine.stop();
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(started.error().message, HasSubstr("does not run"));
}

TEST_F(DockerRuntimeTest, ASocketThatIsNotForThisUserIsNamed) {
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

TEST_F(DockerRuntimeTest, OddAnswersAreErrorsOfTheirOwnKind) {
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

TEST_F(DockerRuntimeTest, AnInventoryTellsHowContainersEnded) {
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
  ASSERT_EQ(result->containers.size(), 1U);  // The other was removed since it was listed.
  ASSERT_TRUE(result->containers[0].exit);
  EXPECT_EQ(result->containers[0].exit->code, 3);
  EXPECT_THAT(result->images, ElementsAre("hearth/heater:1"));
  EXPECT_EQ(runtime->counters().containers_unreadable, 1U);
}

TEST_F(DockerRuntimeTest, TheVerbsAreIdempotent) {
  const auto stop = [&] {
    return wait_for<void>([&](auto done) { runtime->stop(kContainer, 1500ms, done); });
  };
  const auto remove = [&] {
    return wait_for<void>([&](auto done) { runtime->remove(kContainer, done); });
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
  EXPECT_TRUE(wait_for<void>([&](auto done) { runtime->remove_image("hearth/x:1", done); }));
}

TEST_F(DockerRuntimeTest, NoticesComeFromTheEventStream) {
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event("start")) + chunk(event("die", R"(,"exitCode":"3")")));
  run_until([&] { return notices.size() == 2; });
  EXPECT_EQ(notices[0].kind, ContainerNotice::Kind::kStarted);
  EXPECT_EQ(notices[0].instance.str(), "heater-1");
  EXPECT_EQ(notices[1].kind, ContainerNotice::Kind::kExited);
  EXPECT_EQ(notices[1].container, kContainer);
  EXPECT_EQ(notices[1].exit->code, 3);
  EXPECT_FALSE(notices[1].exit->out_of_memory);
  engine.send("/events", chunk(event("destroy")));
  run_until([&] { return notices.size() == 3; });
  EXPECT_EQ(notices[2].kind, ContainerNotice::Kind::kRemoved);
}

TEST_F(DockerRuntimeTest, ADeathForMemorySaysSoOnceAndForThatLifeOnly) {
  watch();
  run_until([&] { return watching == 1; });
  const std::string die = chunk(event("die", R"(,"exitCode":"137")"));
  engine.send("/events",
              chunk(event("oom")) + chunk(event("oom")) + die + chunk(event("start")) + die);
  run_until([&] { return notices.size() == 3; });
  EXPECT_TRUE(notices[0].exit->out_of_memory);
  EXPECT_FALSE(notices[2].exit->out_of_memory);
}

TEST_F(DockerRuntimeTest, AnInventoryThatLagsBehindTheNoticesIsSetRight) {
  engine.on("/images/json", {answer(200, "[]")});
  engine.on("/containers/json",
            {answer(200, R"([{"Id":")" + std::string(kId) + R"(","State":"running","Labels":
     {"hearth.instance":"heater-1","hearth.workload":"heater","hearth.generation":"1",
      "hearth.restarts":"0"}}])")});
  const auto state = [&] { return inventory().value().containers.at(0).state; };
  watch();
  run_until([&] { return watching == 1; });
  EXPECT_EQ(state(), ContainerState::kRunning);
  engine.send("/events", chunk(event("die", R"(,"exitCode":"3")")));
  run_until([&] { return notices.size() == 1; });
  EXPECT_EQ(state(), ContainerState::kExited);
  EXPECT_EQ(inventory().value().containers.at(0).exit, notices.at(0).exit);
  engine.send("/events", chunk(event("start")));
  run_until([&] { return notices.size() == 2; });
  EXPECT_EQ(state(), ContainerState::kRunning);
}

TEST_F(DockerRuntimeTest, ABrokenEventStreamIsToldAndWatchedAgain) {
  watch();
  run_until([&] { return watching == 1; });
  engine.hang_up("/events");
  run_until([&] { return watching == 2; });
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].code, ErrorCode::kUnavailable);
  EXPECT_EQ(runtime->counters().watch_breaks, 1U);
  engine.send("/events", chunk(event("start")));
  run_until([&] { return notices.size() == 1; });
}

TEST_F(DockerRuntimeTest, AnEventThatCannotBeReadBreaksTheWatch) {
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk("{\"Type\":\"container\",\"Action\":\"die\"}\n" + event("start")));
  run_until([&] { return watching == 2; });
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].code, ErrorCode::kCorrupt);
  EXPECT_EQ(runtime->counters().events_unreadable, 1U);
  EXPECT_TRUE(notices.empty());
}

TEST_F(DockerRuntimeTest, AnEventWithoutAnEndIsNotCollectedForEver) {
  watch();
  run_until([&] { return watching == 1; });
  const std::string half = chunk(std::string(180 * 1024, 'x'));
  engine.send("/events", half + half);
  run_until([&] { return watching == 2; });
  EXPECT_EQ(lost.at(0).code, ErrorCode::kCorrupt);
}

TEST_F(DockerRuntimeTest, ACauseIsToldOnceAndNotWithEveryAttempt) {
  engine.stop();
  watch();
  run_until([&] { return !lost.empty(); });
  loop.restart();
  loop.run_for(800ms);  // Attempts after 100, 300 and 700 ms.
  EXPECT_EQ(lost.size(), 1U);
  engine.start();
  run_until([&] { return watching == 1; });
}

TEST_F(DockerRuntimeTest, TheHandlersMayDestroyTheRuntime) {
  runtime->watch({.on_notice = [this](const ContainerNotice&) { runtime.reset(); },
                  .on_watching = [this] { ++watching; },
                  .on_lost = [](const Error&) { FAIL(); }});
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event("start") + event("start")));
  run_until([&] { return runtime == nullptr; });
}

TEST_F(DockerRuntimeTest, ADestroyedRuntimeCallsNobody) {
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

TEST_F(DockerRuntimeTest, ABuildStreamsItsLogAndEndsWell) {
  const std::string context(1'000'000, 'c');
  const auto file = write_file("context.tar", context);
  engine.on("/build", {chunks({R"({"stream":"Step 1/1 : FROM)", " scratch\\n\"}\r\n",
                               R"({"aux":{"ID":"sha256:1"}})"})});
  std::string log;
  const auto built = wait_for<void>([&](auto done) {
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

TEST_F(DockerRuntimeTest, ABuildThatFailsEndsWithTheEnginesWords) {
  const auto file = write_file("context.tar", "context");
  const auto build = [&](std::string& log) {
    return wait_for<void>([&](auto done) {
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

TEST_F(DockerRuntimeTest, AnEngineThatRefusesInTheMiddleOfAnUploadIsHeard) {
  const auto file = write_file("context.tar", std::string(8 << 20, 'c'));
  engine.on("/build",
            {answer(500, R"({"message":"write: no space left on device"})"), Then::kHangUp, 1000});
  const auto built = wait_for<void>([&](auto done) {
    runtime->build(file, "hearth/heater:1", [](std::string_view) { return true; }, done);
  });
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::kExhausted) << built.error().message;
  EXPECT_THAT(built.error().message, HasSubstr("no disk left"));
}

TEST_F(DockerRuntimeTest, ABuildThatNobodyWantsIsGivenUp) {
  const auto file = write_file("context.tar", "context");
  engine.on("/build", {chunked_head() + chunk(R"({"stream":"Step 1/1"})"
                                              "\n"),
                       Then::kHold});
  const auto built = wait_for<void>([&](auto done) {
    runtime->build(file, "hearth/heater:1", [](std::string_view) { return false; }, done);
  });
  ASSERT_FALSE(built);
  EXPECT_THAT(built.error().message, HasSubstr("given up"));
}

TEST_F(DockerRuntimeTest, ASavedImageHasItsDigest) {
  const std::string image = std::string(700'000, 'i') + std::string(1024, '\0');
  engine.on("/images/hearth%2Fheater%3A1/get",
            {chunks({image.substr(0, 500'000), image.substr(500'000)})});
  const auto file = folder / "image.tar";
  const auto saved =
      wait_for<Digest>([&](auto done) { runtime->save_image("hearth/heater:1", file, done); });
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(*saved, sha256_of(image));
  EXPECT_EQ(std::filesystem::file_size(file), image.size());
}

TEST_F(DockerRuntimeTest, AnImageThatBreaksOffLeavesNoFile) {
  const auto file = folder / "image.tar";
  const auto save = [&] {
    return wait_for<Digest>([&](auto done) { runtime->save_image("hearth/x:1", file, done); });
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
  EXPECT_THAT(save().error().message, HasSubstr("has no end"));
}

TEST_F(DockerRuntimeTest, AnImageIsLoadedOrTheEngineSaysWhyNot) {
  const auto file = write_file("image.tar", std::string(300'000, 'i'));
  const auto load = [&](const std::filesystem::path& path) {
    return wait_for<void>([&](auto done) { runtime->load_image(path, done); });
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

TEST_F(DockerRuntimeTest, LogsComeWithoutTheirFrames) {
  using namespace std::string_literals;
  engine.on(kLogs, {chunks({"\1\0\0\0\0\0\0\4on"s, "e\n\2\0\0\0\0\0\0\4two\n"s})});
  std::string log;
  const auto read = [&] {
    return wait_for<void>([&](auto done) {
      runtime->logs(
          {.container = kContainer, .tail_lines = 7},
          [&](std::string_view text) {
            log += text;
            return true;
          },
          done);
    });
  };
  EXPECT_TRUE(read());
  EXPECT_EQ(log, "one\ntwo\n");
  EXPECT_THAT(engine.requests().back().path, HasSubstr("follow=0&tail=7"));
  engine.on(kLogs, {chunks({"\1\0\0\0\0\0\0\4on"s})});
  EXPECT_EQ(read().error().code, ErrorCode::kCorrupt);
}

TEST_F(DockerRuntimeTest, AQuietLogAsksNowAndThenWhetherItIsStillWanted) {
  using namespace std::string_literals;
  DockerConfig changed = config();
  changed.timeouts.log_check = 20ms;
  recreate(changed);
  engine.on(kLogs, {chunked_head(), Then::kHold});
  std::string log;
  int asked = 0;
  const auto read = wait_for<void>([&](auto done) {
    runtime->logs(
        {.container = kContainer, .follow = true},
        [&](std::string_view text) {
          log += text;
          if (!text.empty()) return true;
          if (++asked == 2) engine.send(kLogs, chunk("\1\0\0\0\0\0\0\4one\n"s));
          return asked < 4;
        },
        done);
  });
  EXPECT_TRUE(read);
  EXPECT_EQ(log, "one\n");
  EXPECT_EQ(asked, 4);
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
