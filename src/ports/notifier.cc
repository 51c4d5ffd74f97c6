#include "ports/notifier.h"

#include <utility>

namespace hearth {

void Notifier::notify_all() {
  for (auto& [ticket, wake] : std::exchange(waiters_, {})) wake();
}

Notifier::Ticket Notifier::add(std::function<void()> wake) {
  waiters_.emplace(next_, std::move(wake));
  return next_++;
}

void Notifier::remove(Ticket ticket) {
  waiters_.erase(ticket);
}

}  // namespace hearth
