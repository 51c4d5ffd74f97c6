#pragma once

#include <cstdint>
#include <functional>
#include <map>

namespace hearth {

/// Wakes those who wait for a state to change: followers of a log, of the event stream, of one
/// answer.
///
/// It carries no value and remembers nothing. Who waits looks at the state first and waits only if
/// it is not there yet, with nothing in between that could suspend; so no change is missed. One
/// loop thread. A notifier that goes away wakes everybody.
class Notifier {
 public:
  Notifier() = default;
  ~Notifier() { notify_all(); }
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Wakes all who wait now. No waiter runs before this returns.
  void notify_all();
  std::size_t waiters() const { return waiters_.size(); }

  /// For those who implement waiting. `wake` is called at most once, after which the ticket is
  /// void; it must only schedule, never run the waiter's code.
  using Ticket = std::uint64_t;
  Ticket add(std::function<void()> wake);
  void remove(Ticket ticket);

 private:
  std::map<Ticket, std::function<void()>> waiters_;
  Ticket next_ = 1;
};

}  // namespace hearth
