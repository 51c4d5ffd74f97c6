#pragma once

#include <cstdint>
#include <functional>
#include <map>

namespace hearth {

/// Wakes waiters when a state changes: followers of a log, of the event stream, of one answer.
///
/// It carries no value and remembers nothing. A waiter checks the state first and waits only if it
/// has not been reached, with nothing in between that could suspend; so no change is missed. For
/// one loop thread. Its destructor wakes all waiters.
class Notifier {
 public:
  Notifier() = default;
  ~Notifier() { notify_all(); }
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Wakes all current waiters. No waiter runs before this returns.
  void notify_all();
  std::size_t waiters() const { return waiters_.size(); }

  /// For implementations of waiting. `wake` is called at most once, after which the ticket is void;
  /// it must only schedule, never run the waiter's code.
  using Ticket = std::uint64_t;
  Ticket add(std::function<void()> wake);
  void remove(Ticket ticket);

 private:
  std::map<Ticket, std::function<void()>> waiters_;
  Ticket next_ = 1;
};

}  // namespace hearth
