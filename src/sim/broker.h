#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ports/bus.h"
#include "sim/world.h"

namespace hearth::sim {

/// How likely a record meets with trouble, in thousandths.
struct BusFaults {
  std::uint32_t loss = 0;
  std::uint32_t duplication = 0;
  Duration delay_max = std::chrono::milliseconds(5);
};

/// Who stands at the other end of a way to the broker: "manager", or a node's name.
using WayName = std::string;
inline const WayName kManagerWay = "manager";

/// The broker and the ways to it, as applications see Kafka: topics by name, each a log of records
/// with offsets. Its clients are SimBus.
///
/// A compacted topic is compacted now and then: until then whoever reads it from its beginning gets
/// all that it kept, oldest first, before the newest. Of another topic the oldest go in time.
///
/// Records of a topic arrive in the order in which they were sent. One may be lost (its sender
/// learns of that, or not), be late, or come twice, the second time behind younger ones. A broker
/// that stalls takes everything and delivers and acknowledges nothing until it goes on, then all at
/// once; one that is down takes nothing. A way that is cut holds back what its reader has not got
/// yet and what its sender has to send. A broker that lost its disk has no topic any more, until
/// somebody makes them again. One that moved is to be found at another address, and empty.
class SimBroker {
 public:
  enum class State : std::uint8_t { kCarries, kStalled, kDown };

  struct Record {
    std::string key;
    std::string payload;
    std::uint64_t sent = 0;  ///< In the order of their first sending.
  };
  /// What an attached client is called with.
  struct Client {
    WayName way;
    std::function<void()> on_way_changed;
    std::function<void(const std::string& topic)> on_written;
  };
  using ClientId = std::uint64_t;
  /// How a record fared; of one that is lost, or taken by a broker that is gone, there is no
  /// outcome.
  using Acknowledge = std::function<void(Result<void>)>;

  /// Of a bus in good health.
  static constexpr Duration kDelayMax = std::chrono::milliseconds(5);

  /// `canary`: the topic by which it is told whether the bus carries.
  SimBroker(World& world, std::string canary) : world_(world), canary_(std::move(canary)) {}

  // For clients.
  ClientId attach(Client client);
  void detach(ClientId client) { clients_.erase(client); }
  /// Its connection stands: what is sent leaves.
  bool reaches(const WayName& way, const std::string& address) const;
  /// And it is answered.
  bool serves(const WayName& way, const std::string& address) const;
  void carry(BusRecord record, Acknowledge acknowledge);
  void make(const TopicSpec& spec);
  bool has(const std::string& topic) const { return topics_.contains(topic); }
  /// Another number once a topic was lost and made again.
  std::uint64_t id_of(const std::string& topic) const { return topics_.at(topic).id; }
  std::int64_t first_of(const std::string& topic) const { return topics_.at(topic).first; }
  std::int64_t end_of(const std::string& topic) const;
  /// Precondition: first_of() <= offset < end_of().
  const Record& at(const std::string& topic, std::int64_t offset) const;
  /// One way of a message between client and broker.
  Duration draw_delay();

  // For those who break it.
  void set_state(State state);
  void set_faults(const BusFaults& faults) { faults_ = faults; }
  /// All topics are gone, with what they held.
  void lose_topics();
  /// As when the process that carries it starts again.
  void move_to(std::string address);
  void cut(const WayName& way);
  void join(const WayName& way);
  /// Somebody writes what is none of ours.
  void write_foreign(const std::string& topic, std::string payload);

  // For those who look at it.
  const std::string& address() const { return address_; }
  State state() const { return state_; }
  bool is_cut(const WayName& way) const { return cut_.contains(way); }
  /// What is sent arrives, and soon.
  bool is_reliable() const { return faults_.loss == 0 && faults_.delay_max <= kDelayMax; }
  /// Whether anything can get from nodes to the manager.
  bool carries() const;
  /// When that was last so; not for a bus on which it is.
  MonoTime carried_until() const { return carried_until_; }
  /// The last record that is ours; nullptr if the topic has none.
  const Record* newest(const std::string& topic) const;

 private:
  struct Topic {
    TopicCleanup cleanup{};
    std::uint64_t id = 0;
    std::deque<Record> records;
    std::int64_t first = 0;  ///< The offset of the first of them.
  };
  struct Arrival {
    std::string topic;
    Record record;
    Acknowledge acknowledge;
  };

  void arrive_at(MonoTime when, const Arrival& arrival);
  void arrive(const Arrival& arrival);
  void keep(Topic& topic, const Record& record);
  void on_changed();

  World& world_;
  const std::string canary_;
  BusFaults faults_;
  State state_ = State::kCarries;
  std::string address_ = "broker1:9092";
  std::uint64_t disks_ = 0;
  std::uint64_t topics_made_ = 0;
  std::uint64_t sent_ = 0;
  std::set<WayName> cut_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, MonoTime> last_arrival_;  ///< By topic.
  std::vector<Arrival> stalled_;                  ///< Taken by a stalled broker.
  std::map<ClientId, Client> clients_;
  ClientId next_client_ = 1;
  bool carried_ = false;
  MonoTime carried_until_{};
};

}  // namespace hearth::sim
