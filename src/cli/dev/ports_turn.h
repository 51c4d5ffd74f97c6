#pragma once

#include <functional>

#include "base/time.h"

namespace hearth::cli {

/// A machine-wide lock on choosing ports. A dev cluster holds it from choosing its ports until its
/// programs listen on them: a port found free is not reserved in between, and two clusters that
/// start at once would choose the same.
///
/// The lock is a name in the abstract namespace of unix sockets (unix(7)): it covers all users, has
/// the scope of the ports, and is released with the process however that ends.
class PortsTurn {
 public:
  PortsTurn() = default;
  /// Blocks until the lock is ours. Returns without it after `patience`: its holder hangs, and then
  /// choosing ports with some risk is better than never. Calls `on_waiting` once if it has to wait.
  static PortsTurn wait(Duration patience, const std::function<void()>& on_waiting);
  PortsTurn(PortsTurn&& other) noexcept;
  PortsTurn& operator=(PortsTurn&& other) noexcept;
  /// Releases the lock.
  ~PortsTurn();

  bool ours() const { return descriptor_ >= 0; }

 private:
  explicit PortsTurn(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace hearth::cli
