#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// One timer on the loop. Armed again, it forgets the former instant. Destroyed, it never fires.
class LoopTimer {
 public:
  LoopTimer(boost::asio::io_context& loop, std::function<void()> on_fire);
  ~LoopTimer();

  /// Fires once, `delay` from now; at the loop's next turn if that is not positive.
  void arm(Duration delay);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;  // Shared with the wait under way, which may end after us.
};

}  // namespace hearth
