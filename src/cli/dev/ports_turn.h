#pragma once

#include <functional>

#include "base/time.h"

namespace hearth::cli {

/// The turn to take ports. One dev cluster of this machine has it at a time, from choosing its
/// ports until its programs listen on them: what was found free is nobody's in between, and two
/// that start at once would choose the same.
///
/// It is a name in the abstract namespace of unix sockets (unix(7)), and so for all users, as wide
/// as the ports are, and given back with the process however that ends.
class PortsTurn {
 public:
  PortsTurn() = default;
  /// Blocks until it is ours. Without it after `patience`: whoever has it hangs, and then ports are
  /// rather chosen with some risk than never. `on_waiting` is called once if it takes a while.
  static PortsTurn wait(Duration patience, const std::function<void()>& on_waiting);
  PortsTurn(PortsTurn&& other) noexcept;
  PortsTurn& operator=(PortsTurn&& other) noexcept;
  /// Gives it back.
  ~PortsTurn();

  bool ours() const { return descriptor_ >= 0; }

 private:
  explicit PortsTurn(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace hearth::cli
