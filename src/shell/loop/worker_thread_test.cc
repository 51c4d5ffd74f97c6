#include "shell/loop/worker_thread.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace hearth {
namespace {

TEST(WorkerThread, JobsRunInOrderElsewhereAndTheirResultsOnTheLoop) {
  boost::asio::io_context loop;
  const auto work = boost::asio::make_work_guard(loop);
  WorkerThread worker(loop);
  const std::thread::id here = std::this_thread::get_id();
  std::vector<int> done;
  for (int i = 0; i < 100; ++i) {
    worker.run([&, i]() -> WorkerThread::OnLoop {
      EXPECT_NE(std::this_thread::get_id(), here);
      return [&, i] {
        EXPECT_EQ(std::this_thread::get_id(), here);
        done.push_back(i);
        if (i == 99) loop.stop();
      };
    });
  }
  loop.run();
  ASSERT_EQ(done.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(WorkerThread, NothingRunsOnTheLoopAfterItIsGone) {
  boost::asio::io_context loop;
  bool ran = false;
  {
    WorkerThread worker(loop);
    worker.run([&] { return [&] { ran = true; }; });
  }
  loop.run();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace hearth
