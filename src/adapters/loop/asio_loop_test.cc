#include "adapters/loop/asio_loop.h"

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "testing/loop/loop_contract.h"

namespace hearth {
namespace {

struct AsioSubject {
  Loop& loop() { return asio; }
  bool run_until(const std::function<bool()>& seen) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!seen() && std::chrono::steady_clock::now() < give_up) {
      context.run_one_for(std::chrono::milliseconds(100));
    }
    return seen();
  }
  void run_for(Duration duration) { context.run_for(duration); }

  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  AsioLoop asio{context};
};
INSTANTIATE_TYPED_TEST_SUITE_P(Asio, LoopContract, AsioSubject);

}  // namespace
}  // namespace hearth
