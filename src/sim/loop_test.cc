#include "sim/loop.h"

#include "testing/loop/loop_contract.h"

namespace hearth::sim {

using namespace std::chrono_literals;

struct SimSubject {
  SimSubject() { host.boot(); }
  Loop& loop() { return sim; }
  bool run_until(const std::function<bool()>& seen) {
    for (int turn = 0; turn < 10'000 && !seen(); ++turn) run_for(1ms);
    return seen();
  }
  void run_for(Duration duration) { world.run_until(world.now() + duration); }
  World world{1, {}};
  SimHost host{world, {}};
  SimDisk disk{world, {.low = 1ms, .high = 8ms}};
  SimLoop sim{host, disk};
};

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SimLoopTest : public testing::Test {
 protected:
  std::function<void()> notes(const std::string& word) {
    return [this, word] { log.push_back(word); };
  }
  std::function<Worker::OnLoop()> job(const std::string& word) {
    return [this, word]() -> Worker::OnLoop {
      log.push_back(word);
      return notes(word + " is known");
    };
  }

  SimSubject subject;
  Loop& loop = subject.sim;
  std::vector<std::string> log;
};

TEST_F(SimLoopTest, WhileItsHostIsFrozenTimersAreLate) {
  const auto timer = loop.make_timer(notes("fired"));
  timer->arm(10ms);
  subject.host.freeze();
  subject.run_for(1s);
  EXPECT_THAT(log, IsEmpty());
  subject.host.thaw();
  subject.run_for(0ms);
  EXPECT_THAT(log, ElementsAre("fired"));
}

TEST_F(SimLoopTest, NothingRunsAfterTheEndOfItsProcess) {
  const auto timer = loop.make_timer(notes("timer"));
  const auto worker = loop.make_worker();
  loop.post([this] { subject.sim.end(); });
  timer->arm(1ms);
  worker->run(job("job"));
  loop.post(notes("task"));
  subject.run_for(1s);
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(SimLoopTest, AJobTakesEffectBeforeItReturns) {
  const auto worker = loop.make_worker();
  worker->run(job("job"));
  EXPECT_TRUE(subject.run_until([this] { return !log.empty(); }));
  EXPECT_THAT(log, ElementsAre("job")) << "a process that dies here has done it without knowing";
  subject.run_for(8ms);
  EXPECT_THAT(log, ElementsAre("job", "job is known"));
}

TEST_F(SimLoopTest, WhileTheDiskHangsNoJobTakesEffect) {
  const auto worker = loop.make_worker();
  subject.disk.hang();
  worker->run(job("job"));
  subject.run_for(1min);
  EXPECT_THAT(log, IsEmpty());
  subject.disk.go_on();
  subject.run_for(8ms);
  EXPECT_THAT(log, ElementsAre("job", "job is known"));
}

TEST_F(SimLoopTest, AJobThatTookEffectBeforeTheDiskHungReturnsOnceItResumes) {
  const auto worker = loop.make_worker();
  worker->run(job("job"));
  EXPECT_TRUE(subject.run_until([this] { return !log.empty(); }));
  subject.disk.hang();
  subject.run_for(1min);
  EXPECT_THAT(log, ElementsAre("job"));
  subject.disk.go_on();
  subject.run_for(8ms);
  EXPECT_THAT(log, ElementsAre("job", "job is known"));
}

}  // namespace
}  // namespace hearth::sim

namespace hearth {
INSTANTIATE_TYPED_TEST_SUITE_P(Sim, LoopContract, sim::SimSubject);
}  // namespace hearth
