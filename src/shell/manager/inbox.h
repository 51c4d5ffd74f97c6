#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "core/manager/messages.h"

namespace hearth {

/// Events that the manager has received and not handled yet, because a commit is in progress. They
/// keep their order of arrival, except that a newer heartbeat takes the place of an older one: a
/// node that sends a lot displaces no other and does not lose its own place in the queue.
///
/// - At most two heartbeats wait per incarnation of a node: the newest with a report, and the
/// newest if that is newer still. A heartbeat whose number is not above that of a waiting one is
/// dropped, and so are those of further incarnations of a node above kIncarnationsPerNodeMax: a
/// forged heartbeat does not displace the node's own.
/// - Of the returned canaries only the one sent last waits: anyone who can write to the bus can
/// send them again.
/// - At the bound of events further heartbeats are dropped; at the bound of bytes they lose their
/// reports: the next ones say the same. Answers to the manager's own requests are never dropped,
/// since it makes a bounded number of them, but at the bound of bytes a fetched status becomes
/// kExhausted. Callers with a command check has_room() first.
///
/// For one thread.
class Inbox {
 public:
  struct Bounds {
    std::size_t events_max = 20'000;
    std::size_t bytes_max = std::size_t{128} << 20;  ///< Of the values in memory, approximately.
  };
  static constexpr std::size_t kIncarnationsPerNodeMax = 4;

  enum class Admission : std::uint8_t {
    kWaits,
    kSupersedes,  ///< It waits in the place of an older heartbeat, which it makes redundant.
    kSuperseded,  ///< A newer one is waiting already.
    kCut,         ///< It waits, without the part that there was no room for.
    kDropped,
  };

  explicit Inbox(Bounds bounds) : bounds_(bounds) {}

  Admission push(core::ManagerEvent event);
  bool has_room() const { return size() < bounds_.events_max && bytes_ < bounds_.bytes_max; }
  bool empty() const { return slots_.empty(); }
  /// Removes and returns the next event. There must be one.
  core::ManagerEvent pop();

  std::size_t size() const { return slots_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    core::ManagerEvent event;
    std::size_t bytes = 0;
  };
  using Place = std::list<Slot>::iterator;
  /// Where the heartbeats of one incarnation of a node wait. With both set, `newest` is the newer
  /// one.
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
  std::list<Slot> slots_;  ///< Not a deque: superseded events are removed from the middle.
  std::size_t bytes_ = 0;
  std::map<NodeName, std::vector<WaitingHeartbeats>> heartbeats_;
  std::optional<Place> canary_;
};

}  // namespace hearth
