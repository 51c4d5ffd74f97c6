#include "testing/loop/loop_thread.h"

#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace hearth {

struct LoopThread::State {
  boost::asio::io_context loop{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
      loop.get_executor()};
  std::thread thread{[this] { loop.run(); }};
};

LoopThread::LoopThread() : state_(std::make_unique<State>()) {}

LoopThread::~LoopThread() {
  state_->guard.reset();
  state_->thread.join();
}

boost::asio::io_context& LoopThread::loop() {
  return state_->loop;
}

void LoopThread::post(std::function<void()> task) {
  boost::asio::post(state_->loop, std::move(task));
}

}  // namespace hearth
