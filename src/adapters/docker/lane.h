#pragma once

#include <cstddef>
#include <deque>
#include <functional>

namespace hearth::docker {

/// Lets so many pieces of work run at once and so many more wait their turn; refuses the rest.
/// First come, first served.
class Lane {
 public:
  struct Limits {
    std::size_t running_max;  ///< > 0.
    std::size_t waiting_max;
  };

  explicit Lane(Limits limits) : limits_(limits) {}

  /// Calls `begin` now or when its turn comes; false, and never, if the lane is full.
  [[nodiscard]] bool enter(std::function<void()> begin);
  /// Says that a piece of work ended. Begins the next.
  void leave();
  /// Forgets all that wait.
  void clear() { waiting_.clear(); }

 private:
  Limits limits_;
  std::size_t running_ = 0;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace hearth::docker
