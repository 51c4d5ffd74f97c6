// Through the runtime, on an engine that remembers what is done to its containers and can break off
// at any request.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <list>

#include "adapters/docker/docker_runtime_fixture.h"
#include "wire/percent_coding.h"

namespace hearth::docker {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const InstanceId kDb{"db-1"};

class ContainerAdopterTest : public DockerRuntimeTest {
 protected:
  struct Made {
    std::string id;
    std::string name;
    std::string state = "running";
    std::string policy = "unless-stopped";
    std::string labels = {};
    bool exists = true;
  };

  void SetUp() override {
    DockerRuntimeTest::SetUp();
    begin_process();
    engine.on("/images/postgres%3A15/json", {answer(200, R"({"Id":"sha256:aa"})")});
    engine.on("/containers/json", {answer(200, "[]")});
    engine.on("/images/json", {answer(200, "[]")});
    serve_name("pg");
    engine.on_request("/containers/create", [this](const FakeEngine::Request& request) {
      const std::string name = request.path.substr(request.path.find("name=") + 5);
      return change([this, name] { return create(name); });
    });
  }

  /// An agent starts: it knows what is on its disk.
  void begin_process() {
    runtime.reset();
    DockerConfig changed = config();
    changed.adoption_book = folder / "adopted";
    changed.proc_root = folder / "proc";
    recreate(changed);
  }

  // The engine.
  Made& make(const std::string& name, const std::string& state = "running") {
    Made& one = made.emplace_back(
        Made{.id = fmt::format("{:064x}", made.size() + 1), .name = name, .state = state});
    serve(one.id, [&one] { return one.exists ? &one : nullptr; });
    serve_name(name);
    return one;
  }
  void serve_name(const std::string& name) {
    serve(name, [this, name]() -> Made* {
      const auto found = std::find_if(made.begin(), made.end(), [&](const Made& one) {
        return one.exists && one.name == name;
      });
      return found == made.end() ? nullptr : &*found;
    });
  }
  std::string create(const std::string& name) {
    return answer(201, R"({"Id":")" + make(name, "created").id + R"("})");
  }
  void serve(const std::string& key, std::function<Made*()> find) {
    const std::string path = "/containers/" + key;
    const std::string missing = answer(404, R"({"message":"No such container"})");
    engine.on_request(path + "/json", [this, find, missing](const FakeEngine::Request&) {
      const Made* one = find();
      return FakeEngine::Reply{one == nullptr ? missing : answer(200, inspection(*one))};
    });
    const auto on = [&](const std::string& at, std::function<std::string(Made&)> what) {
      engine.on_request(at, [this, find, missing, at,
                             what = std::move(what)](const FakeEngine::Request& request) {
        asked = request.path;
        return change([&] {
          Made* one = find();
          return one == nullptr ? missing : what(*one);
        });
      });
    };
    on(path, [](Made& one) {
      one.exists = false;
      return answer(204, "");
    });
    on(path + "/update", [this](Made& one) {
      updated.push_back(one.id);
      return answer(200, "{}");
    });
    on(path + "/start", [](Made& one) {
      one.state = "running";
      return answer(204, "");
    });
    on(path + "/stop", [](Made& one) {
      if (one.state == "running") one.state = "exited";
      return answer(204, "");
    });
    on(path + "/rename", [this](Made& one) {
      const std::string name = asked.substr(asked.find("name=") + 5);
      const bool is_taken = std::any_of(made.begin(), made.end(), [&](const Made& other) {
        return other.exists && other.name == name;
      });
      if (is_taken) return answer(409, R"({"message":"name in use"})");
      one.name = name;
      return answer(204, "");
    });
  }
  /// A request that changes something; the engine can break off before or after it.
  FakeEngine::Reply change(const std::function<std::string()>& effect) {
    const int number = ++changes;
    if (number == breaks_before) return {"", FakeEngine::Then::kHangUp};
    std::string bytes = effect();
    if (number == breaks_after) return {"", FakeEngine::Then::kHangUp};
    return {std::move(bytes)};
  }
  static std::string inspection(const Made& one) {
    const std::string_view ended =
        one.state == "exited" ? "2026-03-01T09:20:00Z" : "0001-01-01T00:00:00Z";
    return fmt::format(
        R"({{"Id":"{}","Name":"/{}","Image":"sha256:aa",
        "State":{{"Status":"{}","StartedAt":"2026-03-01T09:15:02Z","FinishedAt":"{}","ExitCode":1}},
        "Config":{{"Image":"postgres:15","Labels":{{{}}}}},
        "HostConfig":{{"NetworkMode":"bridge","RestartPolicy":{{"Name":"{}","MaximumRetryCount":0}}}},
        "NetworkSettings":{{"Networks":{{"bridge":{{}}}}}}}})",
        one.id, one.name, one.state, ended, one.labels, one.policy);
  }
  std::vector<const Made*> existing() const {
    std::vector<const Made*> all;
    for (const Made& one : made) {
      if (one.exists) all.push_back(&one);
    }
    return all;
  }
  /// The last restart policy that the engine was asked to set.
  std::string last_policy() const {
    std::string last;
    for (const FakeEngine::Request& request : engine.requests()) {
      if (request.path.ends_with("/update")) last = request.body;
    }
    return last;
  }

  // The verbs.
  AdoptRequest request(const InstanceId& instance = kDb, const std::string& workload = "db",
                       const std::string& name = "pg") {
    return {.instance = instance,
            .workload = *WorkloadName::parse(workload),
            .generation = {3},
            .name = name};
  }
  Result<Container> adopt(const AdoptRequest& what) {
    return wait_for<Container>([&](const auto& done) { runtime->adopt(what, done); });
  }
  Result<Container> adopt() { return adopt(request()); }
  Result<Container> make_anew(std::uint32_t restarts = 1) {
    return wait_for<Container>([&](const auto& done) { runtime->recreate(kDb, restarts, done); });
  }
  Result<void> let_go(const InstanceId& instance = kDb) {
    return wait_for<void>([&](const auto& done) { runtime->let_go(instance, done); });
  }
  Result<void> start_one(const ContainerId& container) {
    return wait_for<void>([&](const auto& done) { runtime->start(container, done); });
  }

  std::list<Made> made;
  std::vector<std::string> updated;
  std::string asked;  ///< The target of the latest request that changes something.
  int changes = 0;
  int breaks_before = 0;
  int breaks_after = 0;
};

TEST_F(ContainerAdopterTest, AnAdoptedContainerIsListedAndItsRestartPolicyIsNo) {
  const Made& pg = make("pg");
  const auto adopted = adopt();
  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ(adopted->id.str(), pg.id);
  EXPECT_EQ(adopted->state, ContainerState::kRunning);
  EXPECT_TRUE(adopted->adopted);
  EXPECT_TRUE(adopted->created_at.has_value()) << "when it was started";
  EXPECT_THAT(last_policy(), HasSubstr(R"("Name":"no")"));
  begin_process();
  const auto listed = inventory();
  ASSERT_TRUE(listed);
  ASSERT_THAT(listed->containers, SizeIs(1));
  EXPECT_EQ(listed->containers[0], *adopted);
}

TEST_F(ContainerAdopterTest, ItsRestartPolicyIsOnTheDiskBeforeItIsChanged) {
  make("pg");
  breaks_before = 1;
  EXPECT_FALSE(adopt());
  begin_process();
  EXPECT_TRUE(let_go());
  EXPECT_THAT(last_policy(), HasSubstr("unless-stopped"));
}

TEST_F(ContainerAdopterTest, LetGoItIsAsItWasAndForgotten) {
  make("pg");
  ASSERT_TRUE(adopt());
  ASSERT_TRUE(let_go());
  EXPECT_EQ(last_policy(), R"({"RestartPolicy":{"Name":"unless-stopped","MaximumRetryCount":0}})");
  EXPECT_THAT(existing(), SizeIs(1));
  EXPECT_EQ(existing()[0]->state, "running");
  EXPECT_THAT(inventory()->containers, IsEmpty());
  EXPECT_TRUE(let_go()) << "nothing is left to do";
}

TEST_F(ContainerAdopterTest, OneThatIsGoneIsForgotten) {
  Made& pg = make("pg");
  ASSERT_TRUE(adopt());
  pg.exists = false;
  EXPECT_THAT(inventory()->containers, IsEmpty());
  EXPECT_TRUE(let_go());
  const Made& next = make("pg");
  EXPECT_EQ(adopt()->id.str(), next.id) << "somebody made another one of that name";
}

TEST_F(ContainerAdopterTest, WhatCannotBeAdoptedIsRefusedInWords) {
  EXPECT_EQ(adopt().error().code, ErrorCode::kNotFound);
  EXPECT_THAT(adopt().error().message, HasSubstr("no container 'pg' on node 'node-1'"));
  make("mine").labels = R"("hearth.node":"node-1","hearth.instance":"web-1")";
  const auto own = adopt(request(kDb, "db", "mine"));
  EXPECT_EQ(own.error().code, ErrorCode::kConflict);
  EXPECT_THAT(own.error().message, HasSubstr("Hearth's own"));
  const Made& agent = make("agent");
  std::filesystem::create_directories(folder / "proc/self");
  write_file("proc/self/mountinfo",
             "1 2 8:1 /var/lib/docker/containers/" + agent.id + "/hosts /etc/hosts rw - ext4 a rw");
  EXPECT_THAT(adopt(request(kDb, "db", "agent")).error().message,
              HasSubstr("this agent runs in it"));
  make("pg");
  ASSERT_TRUE(adopt());
  const auto twice = adopt(request(InstanceId{"other-1"}, "other"));
  EXPECT_THAT(twice.error().message, HasSubstr("adopted already, as 'db-1'"));
}

TEST_F(ContainerAdopterTest, AnotherInstanceOfItsWorkloadTakesItOver) {
  make("pg");
  ASSERT_TRUE(adopt());
  ASSERT_TRUE(adopt(request(InstanceId{"db-2"})));
  EXPECT_TRUE(let_go(kDb)) << "it has none";
  EXPECT_THAT(last_policy(), HasSubstr(R"("Name":"no")"));
  EXPECT_EQ(inventory()->containers.at(0).instance.str(), "db-2");
  EXPECT_TRUE(let_go(InstanceId{"db-2"}));
  EXPECT_THAT(last_policy(), HasSubstr("unless-stopped"));
}

TEST_F(ContainerAdopterTest, ADamagedBookRefusesEveryAdoption) {
  make("pg");
  write_file("adopted", "{");
  begin_process();
  EXPECT_EQ(adopt().error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(inventory());
}

TEST_F(ContainerAdopterTest, AFreshOneTakesItsPlaceOnceItWasStarted) {
  Made& pg = make("pg");
  ASSERT_TRUE(adopt());
  pg.state = "exited";
  const auto fresh = make_anew(4);
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ(fresh->state, ContainerState::kCreated);
  EXPECT_EQ(fresh->restarts, 4U);
  EXPECT_NE(fresh->id.str(), pg.id);
  EXPECT_TRUE(pg.exists) << "the fresh one may not start";
  EXPECT_EQ(made.back().name, "pg");
  EXPECT_EQ(make_anew(4)->id, fresh->id) << "it was not started yet";
  ASSERT_TRUE(start_one(fresh->id));
  EXPECT_FALSE(pg.exists);
  ASSERT_THAT(existing(), SizeIs(1));
  EXPECT_EQ(existing()[0]->state, "running");
  const auto removal =
      std::find_if(engine.requests().begin(), engine.requests().end(),
                   [](const FakeEngine::Request& one) { return one.method == "DELETE"; });
  EXPECT_THAT(removal->path, testing::Not(HasSubstr("v=1"))) << "its volumes are the fresh one's";
}

TEST_F(ContainerAdopterTest, OneThatRunsIsNotRecreated) {
  const Made& pg = make("pg");
  ASSERT_TRUE(adopt());
  EXPECT_EQ(make_anew()->id.str(), pg.id);
  EXPECT_THAT(existing(), SizeIs(1));
}

// Goal: compose removes the container and makes another one of its name while a fresh one is made.
TEST_F(ContainerAdopterTest, AFreshOneThatNobodyNeedsIsRemoved) {
  Made& pg = make("pg");
  ASSERT_TRUE(adopt());
  pg.state = "exited";
  breaks_before = 3;  // The policy, the fresh one, and the old one's new name.
  EXPECT_FALSE(make_anew());
  pg.exists = false;
  const Made& theirs = make("pg");
  EXPECT_EQ(make_anew().error().code, ErrorCode::kNotFound);
  ASSERT_THAT(existing(), SizeIs(1));
  EXPECT_EQ(existing()[0], &theirs);
  EXPECT_EQ(adopt()->id.str(), theirs.id);
}

// Goal: whatever happens to the agent, there is one container, which has its name and runs.
// Method: the engine breaks off at each request in turn, before or after it has carried it out, and
// a new process goes on.
TEST_F(ContainerAdopterTest, AnAgentThatDiesAnywhereContinuesWhatItHadBegun) {
  for (const bool is_after : {false, true}) {
    for (int at = 2; at <= 7; ++at) {
      SCOPED_TRACE(fmt::format("breaks {} change {}", is_after ? "after" : "before", at));
      for (Made& one : made) one.exists = false;
      std::filesystem::remove(folder / "adopted");
      begin_process();
      changes = 0;
      breaks_before = breaks_after = 0;
      Made& pg = make("pg");
      ASSERT_TRUE(adopt());
      pg.state = "exited";
      (is_after ? breaks_after : breaks_before) = at;
      if (const auto fresh = make_anew()) (void)start_one(fresh->id);
      begin_process();
      ASSERT_TRUE(inventory());
      const auto again = make_anew();
      ASSERT_TRUE(again) << again.error().message;
      ASSERT_TRUE(start_one(again->id));
      ASSERT_TRUE(inventory());
      ASSERT_THAT(existing(), SizeIs(1));
      EXPECT_EQ(existing()[0]->name, "pg");
      EXPECT_EQ(existing()[0]->state, "running");
      EXPECT_EQ(existing()[0]->id, again->id.str());
    }
  }
}

TEST_F(ContainerAdopterTest, AnAgentThatDiesAnywhereLeavesOneContainerWhenItLetsGo) {
  for (const bool is_after : {false, true}) {
    for (int at = 2; at <= 9; ++at) {
      SCOPED_TRACE(fmt::format("breaks {} change {}", is_after ? "after" : "before", at));
      for (Made& one : made) one.exists = false;
      std::filesystem::remove(folder / "adopted");
      begin_process();
      changes = 0;
      breaks_before = breaks_after = 0;
      Made& pg = make("pg");
      ASSERT_TRUE(adopt());
      pg.state = "exited";
      (is_after ? breaks_after : breaks_before) = at;
      const auto fresh = make_anew();
      if (!fresh || at % 2 == 0 || start_one(fresh->id)) (void)let_go();
      begin_process();
      ASSERT_TRUE(let_go());
      ASSERT_THAT(existing(), SizeIs(1));
      EXPECT_EQ(existing()[0]->name, "pg");
      EXPECT_EQ(updated.back(), existing()[0]->id);
      EXPECT_THAT(last_policy(), HasSubstr("unless-stopped"));
      EXPECT_THAT(inventory()->containers, IsEmpty());
    }
  }
}

TEST_F(ContainerAdopterTest, ItsEventsAreNoticesAlthoughItHasNoLabel) {
  const Made& pg = make("pg");
  ASSERT_TRUE(adopt());
  watch();
  run_until([&] { return watching == 1; });
  const auto event = [](const std::string& id) {
    return chunk(R"({"Type":"container","Action":"die","Actor":{"ID":")" + id +
                 R"(","Attributes":{"exitCode":"3"}},"timeNano":1795463573640413614})" + "\n");
  };
  engine.send("/events", event("somebody-elses") + event(pg.id));
  run_until([&] { return !notices.empty(); });
  ASSERT_THAT(notices, SizeIs(1));
  EXPECT_EQ(notices[0].instance, kDb);
  EXPECT_EQ(notices[0].exit->code, 3);
}

TEST_F(ContainerAdopterTest, OneThatCannotBeInspectedIsListedAsItWas) {
  const Made& pg = make("pg");
  const auto adopted = adopt();
  engine.on("/containers/" + pg.id + "/json", {answer(500, R"({"message":"locked"})")});
  const auto listed = inventory();
  ASSERT_TRUE(listed);
  ASSERT_THAT(listed->containers, SizeIs(1));
  EXPECT_EQ(listed->containers[0], *adopted);
  EXPECT_THAT(listed->missing, HasSubstr("locked"));
}

TEST_F(ContainerAdopterTest, ANewNameIsKept) {
  Made& pg = make("pg");
  ASSERT_TRUE(adopt());
  pg.name = "pg15";
  pg.state = "exited";
  ASSERT_TRUE(inventory());
  const auto fresh = make_anew();
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ(made.back().name, "pg15");
}

}  // namespace
}  // namespace hearth::docker
