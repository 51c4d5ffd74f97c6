#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "model/assignment.h"
#include "model/canary.h"
#include "model/heartbeat.h"
#include "sim/world.h"

namespace hearth::sim {

/// How likely a message meets with trouble, in thousandths.
struct BusFaults {
  std::uint32_t loss = 0;
  std::uint32_t duplication = 0;
  Duration delay_max = std::chrono::milliseconds(5);
};

/// The broker and the ways to it, as an application sees Kafka: one status topic per node (followed
/// from its end), one compacted assignment topic per node (followed from its beginning), a canary.
///
/// An assignment topic is compacted now and then: until then whoever reads it from its beginning
/// gets all that it kept, oldest first and in pieces, before the newest.
///
/// Messages of a topic arrive in order. A message may be lost (the sender learns of it, or not), be
/// late, or come twice, the second time behind younger ones. A broker that stalls takes everything
/// and delivers nothing until it goes on, then all at once; one that is down refuses. A way that
/// is cut holds back what its reader has not got yet and refuses what its sender has. A broker that
/// lost its disk knows no topic: it takes nothing, and tells the manager so, until that makes them.
class SimBus {
 public:
  enum class Broker : std::uint8_t { kCarries, kStalled, kDown };

  struct ManagerSide {
    std::function<void(const NodeName&, const Heartbeat&)> on_status;
    std::function<void(const Canary&)> on_canary;
    std::function<void()> on_topic_missing;
  };
  struct NodeSide {
    std::function<void(const Assignment&)> on_assignment;
    std::function<void()> on_caught_up;
  };

  /// Of a bus in good health.
  static constexpr Duration kDelayMax = std::chrono::milliseconds(5);

  explicit SimBus(World& world) : world_(world) {}

  void send_status(const NodeName& node, const Heartbeat& heartbeat, Task dropped);
  void send_canary(const Canary& canary);
  void publish_assignment(const Assignment& assignment);

  /// A manager begins to read; a former one's unread messages are gone with it.
  void attach_manager(ManagerSide side);
  void detach_manager();
  /// The manager follows this node's status. Before, nothing of it is delivered.
  void watch(const NodeName& node) { watched_.insert(node); }
  void attach_node(const NodeName& node, NodeSide side);
  void detach_node(const NodeName& node);

  void set_broker(Broker broker);
  Broker broker() const { return broker_; }
  /// All topics are gone, with what they held.
  void lose_topics();
  /// Makes those that are not there; not of a broker that cannot be reached.
  void make_topics();
  void cut_node(const NodeName& node) { cut_nodes_.insert(node); }
  void join_node(const NodeName& node);
  bool is_cut(const NodeName& node) const { return cut_nodes_.contains(node); }
  /// What the node's topic says in the end; nullptr if it says nothing, or if its reader's way was
  /// interrupted before it read to that: then the reader may take an older one for it.
  const Assignment* newest_for(const NodeName& node) const;
  void cut_manager();
  void join_manager();
  bool manager_is_cut() const { return manager_cut_; }
  void set_faults(const BusFaults& faults) { faults_ = faults; }

  /// Whether anything can get from nodes to the manager.
  bool carries() const { return broker_ == Broker::kCarries && !manager_cut_ && has_topics_; }
  /// When that was last so; not for a bus on which it is.
  MonoTime carried_until() const { return carried_until_; }
  /// What is sent arrives, and soon.
  bool is_reliable() const { return faults_.loss == 0 && faults_.delay_max <= kDelayMax; }

 private:
  struct AssignmentTopic {
    std::deque<Assignment> records;  ///< Those not compacted yet; the last is the newest.
    std::uint64_t first = 0;         ///< The position of the first of them.
    std::uint64_t end() const { return first + records.size(); }
    std::optional<NodeSide> reader;
    std::uint64_t reader_life = 0;
    std::uint64_t position = 0;
    bool caught_up_told = false;
    bool interrupted = false;  ///< It was to be read on, and the way was cut.
  };

  /// One message under way to the broker, `arrive` being what it does there.
  void travel(MonoTime& last_of_topic, Task arrive);
  void arrive(const Task& task);
  void hand_to_manager(Task task);
  void keep(AssignmentTopic& topic, const Assignment& assignment);
  void note_carrying();
  void wake_reader(const NodeName& node);
  void read(const NodeName& node);

  World& world_;
  BusFaults faults_;
  Broker broker_ = Broker::kCarries;
  bool manager_cut_ = false;
  bool has_topics_ = true;
  bool carried_ = true;
  MonoTime carried_until_{};
  std::uint64_t topics_life_ = 0;
  std::set<NodeName> cut_nodes_;
  std::set<NodeName> watched_;
  std::optional<ManagerSide> manager_;
  std::map<NodeName, MonoTime> last_status_;
  std::map<NodeName, MonoTime> last_assignment_;
  MonoTime last_canary_{};
  std::vector<Task> stalled_;           ///< Taken by a stalled broker.
  std::vector<Task> held_for_manager_;  ///< In the log, unread because the way is cut.
  std::map<NodeName, AssignmentTopic> assignments_;
};

}  // namespace hearth::sim
