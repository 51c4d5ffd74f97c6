#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <tuple>
#include <type_traits>

#include "base/time.h"

namespace hearth::core {

/// A part of a core that waits for time to pass.
///
/// - `next_deadline()`: when the part next has something to do, as of its last call; nullopt: not
///   before something happens. A deadline that was handled is not returned again, or the owner
///   would be woken without end.
/// - `on_stall(lateness, now)`: the owner's own loop ran `lateness` late (a paused machine, a
///   starved processor). A part that judges others by their silence must not count that time.
/// - `on_bus_restored(now)`: the bus carries again. Silences start again at `now`.
///
/// A part that judges nothing by silence states that where it declares the latter two, and does
/// nothing there; it must still declare them, so that every new part answers the question.
template <class Part>
concept TimedPart = requires(Part& part, const Part& same, Duration lateness, MonoTime now) {
  { same.next_deadline() } -> std::same_as<std::optional<MonoTime>>;
  { part.on_stall(lateness, now) } -> std::same_as<void>;
  { part.on_bus_restored(now) } -> std::same_as<void>;
};

/// The earlier of two deadlines, each of which may be absent.
constexpr std::optional<MonoTime> earlier(std::optional<MonoTime> one,
                                          std::optional<MonoTime> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

/// The timed parts of one owner, as one.
///
/// An owner lists its parts once and uses this for all three questions, so that no timer can be
/// missing from one of three lists:
///
///     static auto timed_parts(auto& self) { return TimedParts(self.intake_, self.slots_); }
///     std::optional<MonoTime> next_deadline() const { return timed_parts(*this).next_deadline(); }
///
/// It is a TimedPart itself. It refers to the parts: use it only where it is made.
template <class... Parts>
  requires(TimedPart<std::remove_const_t<Parts>> && ...)
class TimedParts {
 public:
  explicit TimedParts(Parts&... parts) : parts_(parts...) {}

  std::optional<MonoTime> next_deadline() const {
    std::optional<MonoTime> next;
    for_each([&](const auto& part) { next = earlier(next, part.next_deadline()); });
    return next;
  }
  void on_stall(Duration lateness, MonoTime now) {
    for_each([&](auto& part) { part.on_stall(lateness, now); });
  }
  void on_bus_restored(MonoTime now) {
    for_each([&](auto& part) { part.on_bus_restored(now); });
  }

 private:
  template <class Function>
  void for_each(Function on_each) const {
    std::apply([&](auto&... part) { (on_each(part), ...); }, parts_);
  }

  std::tuple<Parts&...> parts_;
};

}  // namespace hearth::core
