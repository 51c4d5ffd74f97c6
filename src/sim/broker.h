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

/// The probability of faults per record, in thousandths.
struct BusFaults {
  std::uint32_t loss = 0;
  std::uint32_t duplication = 0;
  Duration delay_max = std::chrono::milliseconds(5);
};

/// The client at the other end of a way to the broker: "manager", or a node's name.
using WayName = std::string;
inline const WayName kManagerWay = "manager";

/// The broker and the ways to it, as applications see Kafka: topics by name, each a log of records
/// with offsets. Its clients are SimBus.
///
/// A compacted topic is compacted from time to time: until then a reader from its beginning gets
/// all kept records, oldest first, before the newest. Of any other topic the oldest records are
/// removed in time.
///
/// Records of a topic arrive in the order in which they were sent. A record can be lost (with or
/// without its sender knowing), delayed, or duplicated, the second time behind younger ones. A
/// stalled broker accepts everything and delivers and acknowledges nothing until it resumes, then
/// all at once; a broker that is down accepts nothing. A cut way holds back both what its reader
/// has not received and what its sender has to send. A broker that lost its disk has no topics
/// until they are created again. A broker that moved is found at another address, and is empty.
class SimBroker {
 public:
  enum class State : std::uint8_t { kCarries, kStalled, kDown };

  struct Record {
    std::string key;
    std::string payload;
    std::uint64_t sent = 0;  ///< In the order in which records were first sent.
  };
  /// The callbacks of an attached client.
  struct Client {
    WayName way;
    std::function<void()> on_way_changed;
    std::function<void(const std::string& topic)> on_written;
  };
  using ClientId = std::uint64_t;
  /// Called with the outcome of a record; not called for a record that is lost, or accepted by a
  /// broker that is gone.
  using Acknowledge = std::function<void(Result<void>)>;

  /// The longest delay of a healthy bus.
  static constexpr Duration kDelayMax = std::chrono::milliseconds(5);

  /// `canary`: the topic that shows the manager whether the bus carries.
  SimBroker(World& world, std::string canary) : world_(world), canary_(std::move(canary)) {}

  // For clients.
  ClientId attach(Client client);
  void detach(ClientId client) { clients_.erase(client); }
  /// Its connection is up: records sent reach the broker.
  bool reaches(const WayName& way, const std::string& address) const;
  /// The same, and the broker answers.
  bool serves(const WayName& way, const std::string& address) const;
  void carry(BusRecord record, Acknowledge acknowledge);
  void make(const TopicSpec& spec);
  bool has(const std::string& topic) const { return topics_.contains(topic); }
  /// Changes when a topic is lost and created again.
  std::uint64_t id_of(const std::string& topic) const { return topics_.at(topic).id; }
  std::int64_t first_of(const std::string& topic) const { return topics_.at(topic).first; }
  std::int64_t end_of(const std::string& topic) const;
  /// Precondition: first_of() <= offset < end_of().
  const Record& at(const std::string& topic, std::int64_t offset) const;
  /// Draws the delay of one message between client and broker.
  Duration draw_delay();

  // For faults.
  void set_state(State state);
  void set_faults(const BusFaults& faults) { faults_ = faults; }
  /// Deletes all topics and their records.
  void lose_topics();
  /// As when the process that embeds it restarts.
  void move_to(std::string address);
  void cut(const WayName& way);
  void join(const WayName& way);
  /// A foreign client writes a payload that is not Hearth's.
  void write_foreign(const std::string& topic, std::string payload);

  // For observers.
  const std::string& address() const { return address_; }
  State state() const { return state_; }
  bool is_cut(const WayName& way) const { return cut_.contains(way); }
  /// Everything that is sent arrives, and soon.
  bool is_reliable() const { return faults_.loss == 0 && faults_.delay_max <= kDelayMax; }
  /// Whether anything can get from the nodes to the manager.
  bool carries() const;
  /// When that was last true; only for a bus that does not carry.
  MonoTime carried_until() const { return carried_until_; }
  /// The newest record that is Hearth's own; nullptr if the topic has none.
  const Record* newest(const std::string& topic) const;

 private:
  struct Topic {
    TopicCleanup cleanup{};
    std::uint64_t id = 0;
    std::deque<Record> records;
    std::int64_t first = 0;  ///< The offset of the first record.
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
  std::vector<Arrival> stalled_;                  ///< Accepted by a stalled broker.
  std::map<ClientId, Client> clients_;
  ClientId next_client_ = 1;
  bool carried_ = false;
  MonoTime carried_until_{};
};

}  // namespace hearth::sim
