#pragma once

#include <cstddef>
#include <deque>
#include <functional>

namespace hearth::docker {

/// Runs a bounded number of pieces of work at once, queues a bounded number and refuses the rest.
/// First come, first served.
class Lane {
 public:
  struct Limits {
    std::size_t running_max;  ///< > 0.
    std::size_t waiting_max;
  };

  explicit Lane(Limits limits) : limits_(limits) {}

  /// Calls `begin` at once or in its turn. Returns false, and never calls it, if the lane is full.
  [[nodiscard]] bool enter(std::function<void()> begin);
  /// Called when a piece of work has ended. Begins the next.
  void leave();
  /// Drops everything that waits.
  void clear() { waiting_.clear(); }

 private:
  Limits limits_;
  std::size_t running_ = 0;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace hearth::docker
