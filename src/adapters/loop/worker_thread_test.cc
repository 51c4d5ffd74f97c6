#include "adapters/loop/worker_thread.h"

#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace hearth {
namespace {

using namespace std::chrono_literals;

TEST(WorkerThread, JobsRunOnTheThreadAndTheirCompletionsOnTheLoop) {
  boost::asio::io_context loop;
  const auto work = boost::asio::make_work_guard(loop);
  WorkerThread worker(loop);
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id job_ran_on;
  std::thread::id completion_ran_on;
  worker.run([&]() -> WorkerThread::OnLoop {
    job_ran_on = std::this_thread::get_id();
    return [&] {
      completion_ran_on = std::this_thread::get_id();
      loop.stop();
    };
  });
  loop.run();
  EXPECT_NE(job_ran_on, here);
  EXPECT_EQ(completion_ran_on, here);
}

// Goal: what a job uses exists until the job has run, even if its outcome is not needed any more.
TEST(WorkerThread, ItsDestructorWaitsForTheRunningJob) {
  boost::asio::io_context loop;
  bool ran = false;
  bool reported = false;
  {
    std::promise<void> begun;
    std::promise<void> may_end;
    WorkerThread worker(loop);
    worker.run([&]() -> WorkerThread::OnLoop {
      begun.set_value();
      may_end.get_future().wait();
      ran = true;
      return [&] { reported = true; };
    });
    begun.get_future().wait();
    may_end.set_value();
  }
  EXPECT_TRUE(ran);
  loop.run();
  EXPECT_FALSE(reported);
}

TEST(WorkerThread, ACoroutineGetsTheResultOfItsJob) {
  boost::asio::io_context loop;
  WorkerThread worker(loop);
  int got = 0;
  start_coroutine(loop, [&](Coroutine& coroutine) {
    got = worker.run([] { return 7; }, coroutine) + worker.run([] { return 3; }, coroutine);
  });
  loop.run();
  EXPECT_EQ(got, 10);
}

// Goal: a loop may end while a job uses the stack of the waiting coroutine. Method: destroy the
// loop while the job runs; the job must have ended once the coroutine is gone.
TEST(WorkerThread, AnUnwindingCoroutineWaitsForItsJob) {
  std::atomic<bool> begun = false;
  std::atomic<bool> ran = false;
  bool ran_when_unwound = false;
  std::optional<WorkerThread> worker;
  struct NotesItsEnd {
    ~NotesItsEnd() { seen = ran; }
    bool& seen;
    std::atomic<bool>& ran;
  };
  {
    boost::asio::io_context loop;
    worker.emplace(loop);
    start_coroutine(loop, [&](Coroutine& coroutine) {
      const NotesItsEnd note{ran_when_unwound, ran};
      worker->run(
          [&] {
            begun = true;
            begun.notify_all();
            std::this_thread::sleep_for(20ms);
            ran = true;
            return 0;
          },
          coroutine);
    });
    while (!begun) loop.run_one_for(1ms);
  }
  EXPECT_TRUE(ran_when_unwound);
}

// Goal: the same where the worker is destroyed first and drops a job that a coroutine waits for.
TEST(WorkerThread, ACoroutineWhoseJobIsDroppedCanBeUnwound) {
  std::promise<void> may_end;
  bool dropped_ran = false;
  {
    boost::asio::io_context loop;
    std::optional<WorkerThread> worker(std::in_place, loop);
    std::promise<void> begun;
    worker->run([&]() -> WorkerThread::OnLoop {
      begun.set_value();
      may_end.get_future().wait();
      return {};
    });
    begun.get_future().wait();
    start_coroutine(loop, [&](Coroutine& coroutine) {
      worker->run([&] { return dropped_ran = true; }, coroutine);
    });
    loop.run_for(5ms);
    std::thread releases([&] {
      std::this_thread::sleep_for(20ms);
      may_end.set_value();
    });
    worker.reset();
    releases.join();
  }
  EXPECT_FALSE(dropped_ran);
}

}  // namespace
}  // namespace hearth
