#include "testing/loop/manual_loop.h"

#include "testing/loop/loop_contract.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct ManualSubject {
  Loop& loop() { return manual; }
  bool run_until(const std::function<bool()>& seen) { return manual.advance_until(seen); }
  void run_for(Duration duration) { manual.advance(duration); }
  ManualLoop manual;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Manual, LoopContract, ManualSubject);

class ManualLoopTest : public testing::Test {
 protected:
  std::function<void()> notes(const std::string& word) {
    return [this, word] { log.push_back(word); };
  }
  Worker::OnLoop job(const std::string& word) {
    log.push_back("job " + word);
    return notes("done " + word);
  }

  std::vector<std::string> log;
  ManualLoop loop;
};

TEST_F(ManualLoopTest, TimersFireAtTheirInstantsAndNotBefore) {
  const MonoTime start = loop.now().mono;
  std::vector<Duration> fired;
  std::unique_ptr<Timer> timer = loop.make_timer([&] {
    fired.push_back(loop.now().mono - start);
    if (fired.size() < 3) timer->arm(400ms);
  });
  timer->arm(400ms);
  loop.advance(399ms);
  EXPECT_THAT(fired, IsEmpty());
  loop.advance(601ms);
  EXPECT_THAT(fired, ElementsAre(400ms, 800ms));
  EXPECT_EQ(loop.now().mono, start + 1s);
  EXPECT_TRUE(loop.advance_until([&] { return fired.size() == 3; }));
  EXPECT_EQ(loop.now().mono, start + 1200ms);
  EXPECT_FALSE(loop.advance_until([&] { return fired.size() == 4; }, 1min));
}

TEST_F(ManualLoopTest, AfterAStallTimersAreLate) {
  const MonoTime start = loop.now().mono;
  std::vector<Duration> fired;
  const auto timer = loop.make_timer([&] { fired.push_back(loop.now().mono - start); });
  timer->arm(1s);
  loop.stall(5s);
  EXPECT_THAT(fired, IsEmpty());
  loop.run_ready();
  EXPECT_THAT(fired, ElementsAre(5s));
}

TEST_F(ManualLoopTest, ItsOrderIsAlwaysTheSame) {
  const auto one = loop.make_worker();
  const auto two = loop.make_worker();
  const auto timer = loop.make_timer(notes("timer"));
  two->run([this] { return job("of two"); });
  one->run([this] { return job("of one"); });
  timer->arm(0s);
  loop.post(notes("task"));
  loop.run_ready();
  EXPECT_THAT(
      log, ElementsAre("task", "timer", "job of one", "done of one", "job of two", "done of two"));
}

TEST_F(ManualLoopTest, HeldWorkersStartNothing) {
  const auto worker = loop.make_worker();
  loop.hold_workers();
  worker->run([this] { return job("1"); });
  loop.post(notes("the loop runs"));
  loop.advance(1h);
  EXPECT_THAT(log, ElementsAre("the loop runs"));
  EXPECT_EQ(loop.jobs_waiting(), 1U);
  loop.release_workers();
  loop.run_ready();
  EXPECT_THAT(log, ElementsAre("the loop runs", "job 1", "done 1"));
}

TEST(ManualLoopDeathTest, AJobThatTouchesTheLoopIsDetected) {
  ManualLoop loop;
  const auto worker = loop.make_worker();
  worker->run([&]() -> Worker::OnLoop {
    loop.post([] {});
    return {};
  });
  EXPECT_DEATH(loop.run_ready(), "in_job_");
}

}  // namespace
}  // namespace hearth
