#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "ports/loop.h"

namespace hearth {

/// The promises of Loop as tests: instantiate LoopContract with a `Subject` that has `loop()`,
/// `run_until(condition)`, which runs the loop until the condition holds and returns false if it
/// never does, and `run_for(duration)`.
template <class Subject>
class LoopContract : public testing::Test {
 protected:
  using Condition = std::function<bool()>;

  /// Records in `log` that it was called.
  std::function<void()> notes(std::string word) {
    return [this, word = std::move(word)] { log.push_back(word); };
  }
  void run_until_noted(std::size_t count) {
    EXPECT_TRUE(subject.run_until([this, count] { return log.size() >= count; }));
    // Time for what must not happen.
    subject.run_for(std::chrono::milliseconds(5));
  }

  Subject subject;
  Loop& loop = subject.loop();
  std::vector<std::string> log;
};

TYPED_TEST_SUITE_P(LoopContract);

TYPED_TEST_P(LoopContract, TasksRunInOrderAndNeverWithinTheCall) {
  this->loop.post([this] {
    this->log.emplace_back("1");
    this->loop.post(this->notes("3"));
    this->log.emplace_back("still 1");
  });
  this->loop.post(this->notes("2"));
  EXPECT_THAT(this->log, testing::IsEmpty());
  this->run_until_noted(4);
  EXPECT_THAT(this->log, testing::ElementsAre("1", "still 1", "2", "3"));
}

TYPED_TEST_P(LoopContract, ATimerFiresOnceAndInTheOrderOfInstants) {
  using namespace std::chrono_literals;
  const auto late = this->loop.make_timer(this->notes("late"));
  const auto soon = this->loop.make_timer(this->notes("soon"));
  late->arm(15ms);
  soon->arm(-1h);
  EXPECT_THAT(this->log, testing::IsEmpty()) << "not within the call";
  this->run_until_noted(2);
  EXPECT_THAT(this->log, testing::ElementsAre("soon", "late"));
  soon->arm(0ms);
  this->run_until_noted(3);
  EXPECT_THAT(this->log, testing::ElementsAre("soon", "late", "soon"));
}

TYPED_TEST_P(LoopContract, RearmingATimerReplacesItsInstant) {
  using namespace std::chrono_literals;
  const auto timer = this->loop.make_timer(this->notes("fired"));
  const auto other = this->loop.make_timer(this->notes("other"));
  timer->arm(0ms);
  timer->arm(10ms);
  other->arm(2ms);
  this->run_until_noted(2);
  EXPECT_THAT(this->log, testing::ElementsAre("other", "fired"));
  timer->arm(Duration::max());
  timer->cancel();
  this->run_until_noted(2);
  EXPECT_THAT(this->log, testing::SizeIs(2));
}

// Goal: a callback can cancel what would be called next. Method: two timers whose instants have
// both passed; whichever fires first cancels, rearms or destroys the other.
TYPED_TEST_P(LoopContract, ATimerThatIsDueCanStillBeCancelled) {
  using namespace std::chrono_literals;
  for (const char* how : {"cancel", "destroy", "rearm"}) {
    std::unique_ptr<Timer> one;
    std::unique_ptr<Timer> two;
    const auto take_back = [&](std::unique_ptr<Timer>& other) {
      this->log.emplace_back(how);
      if (how == std::string("cancel")) {
        other->cancel();
      } else if (how == std::string("destroy")) {
        other.reset();
      } else {
        other->arm(1h);
      }
    };
    one = this->loop.make_timer([&] { take_back(two); });
    two = this->loop.make_timer([&] { take_back(one); });
    this->loop.post([&] {  // Both are due when the loop looks at timers next.
      one->arm(0ms);
      two->arm(0ms);
    });
    this->log.clear();
    this->run_until_noted(1);
    EXPECT_THAT(this->log, testing::ElementsAre(how));
  }
}

TYPED_TEST_P(LoopContract, ATimerCanDestroyItself) {
  std::unique_ptr<Timer> timer;
  const auto witness = std::make_shared<int>(7);
  timer = this->loop.make_timer([this, &timer, witness] {
    timer.reset();
    this->log.push_back(std::to_string(*witness));
  });
  timer->arm({});
  this->run_until_noted(1);
  EXPECT_THAT(this->log, testing::ElementsAre("7"));
  EXPECT_EQ(witness.use_count(), 1);
}

TYPED_TEST_P(LoopContract, AWorkersJobsAndTheirCompletionsRunInOrder) {
  const auto worker = this->loop.make_worker();
  std::vector<int> ran;  // Read once all have run.
  for (int i = 0; i < 50; ++i) {
    worker->run([this, &ran, i]() -> Worker::OnLoop {
      ran.push_back(i);
      if (i % 10 == 3) return {};
      return this->notes(std::to_string(i));
    });
  }
  EXPECT_THAT(this->log, testing::IsEmpty()) << "not within the call";
  this->run_until_noted(45);
  std::vector<std::string> completed;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(ran.at(static_cast<std::size_t>(i)), i);
    if (i % 10 != 3) completed.push_back(std::to_string(i));
  }
  EXPECT_EQ(this->log, completed);
}

// Goal: an owner that destroys its worker is not called any more. Method: the second job waits
// behind the first, whose completion destroys the worker.
TYPED_TEST_P(LoopContract, ADestroyedWorkerCompletesNothing) {
  auto worker = this->loop.make_worker();
  worker->run([this, &worker]() -> Worker::OnLoop {
    return [this, &worker] {
      worker.reset();
      this->log.emplace_back("first");
    };
  });
  for (int i = 0; i < 3; ++i) {
    worker->run([this]() -> Worker::OnLoop { return this->notes("after the end"); });
  }
  this->run_until_noted(1);
  EXPECT_THAT(this->log, testing::ElementsAre("first"));
}

REGISTER_TYPED_TEST_SUITE_P(LoopContract, TasksRunInOrderAndNeverWithinTheCall,
                            ATimerFiresOnceAndInTheOrderOfInstants,
                            RearmingATimerReplacesItsInstant, ATimerThatIsDueCanStillBeCancelled,
                            ATimerCanDestroyItself, AWorkersJobsAndTheirCompletionsRunInOrder,
                            ADestroyedWorkerCompletesNothing);

}  // namespace hearth
