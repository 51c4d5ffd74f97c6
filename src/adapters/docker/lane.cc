#include "adapters/docker/lane.h"

#include <utility>

#include "base/check.h"

namespace hearth::docker {

bool Lane::enter(std::function<void()> begin) {
  if (running_ < limits_.running_max) {
    ++running_;
    begin();
    return true;
  }
  if (waiting_.size() >= limits_.waiting_max) return false;
  waiting_.push_back(std::move(begin));
  return true;
}

void Lane::leave() {
  HEARTH_CHECK(running_ > 0);
  --running_;
  if (waiting_.empty()) return;
  std::function<void()> next = std::move(waiting_.front());
  waiting_.pop_front();
  ++running_;
  next();
}

}  // namespace hearth::docker
