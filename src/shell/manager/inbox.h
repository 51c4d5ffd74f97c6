#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "core/manager/messages.h"

namespace hearth {

/// What the manager was told and has not looked at yet, because a commit is under way. In the order
/// in which it came, but that a newer heartbeat takes the place of an older one, so that nobody who
/// sends a lot pushes out others, nor himself to the end of the line.
///
/// - Of a node's incarnation at most two heartbeats wait: the newest with a report, and the
///   newest if that is newer still. Who tells a number that is not higher than one that waits is
///   the one that is dropped, and of more than kIncarnationsPerNodeMax incarnations of one node the
///   further ones are: one that is made up does not take the place of the node's own.
/// - Of canaries that came back only the latest sent waits: anybody who may write to the bus may
///   send them again.
/// - At the bound of events further heartbeats are dropped, at that of bytes they go without their
///   reports: the next ones say the same. Answers to what the manager asked itself are never
///   dropped, since it asks a bounded number of questions; but a status that was fetched becomes
///   kExhausted at the bound of bytes. Whoever has a command asks has_room() first.
///
/// One thread.
class Inbox {
 public:
  struct Bounds {
    std::size_t events_max = 20'000;
    std::size_t bytes_max = std::size_t{128} << 20;  ///< As the values lie in memory, roughly.
  };
  static constexpr std::size_t kIncarnationsPerNodeMax = 4;

  enum class Admission : std::uint8_t {
    kWaits,
    kSupersedes,  ///< It waits, and an older heartbeat, which it makes superfluous, does not.
    kSuperseded,  ///< One that is newer waits already.
    kCut,         ///< It waits, without what there was no room for.
    kDropped,
  };

  explicit Inbox(Bounds bounds) : bounds_(bounds) {}

  Admission push(core::ManagerEvent event);
  bool has_room() const { return size() < bounds_.events_max && bytes_ < bounds_.bytes_max; }
  bool empty() const { return slots_.empty(); }
  /// The next one. There must be one.
  core::ManagerEvent pop();

  std::size_t size() const { return slots_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    core::ManagerEvent event;
    std::size_t bytes = 0;
  };
  using Place = std::list<Slot>::iterator;
  /// Where the heartbeats of one incarnation of a node wait. With both, `newest` is the newer one.
  struct WaitingHeartbeats {
    Incarnation incarnation;
    std::optional<Place> with_report;
    std::optional<Place> newest;
  };

  Admission push_heartbeat(core::HeartbeatReceived heartbeat);
  bool supersede(WaitingHeartbeats& waiting, core::HeartbeatReceived& heartbeat);
  Admission push_canary(const core::CanaryReturned& canary);
  Place append(core::ManagerEvent event);
  void replace(Place place, core::ManagerEvent event);
  void remove(Place place);
  WaitingHeartbeats* waiting_of(const core::HeartbeatReceived& heartbeat);
  void forget(Place place);

  Bounds bounds_;
  std::list<Slot> slots_;  ///< Not a deque: what is superseded goes from the middle.
  std::size_t bytes_ = 0;
  std::map<NodeName, std::vector<WaitingHeartbeats>> heartbeats_;
  std::optional<Place> canary_;
};

}  // namespace hearth
