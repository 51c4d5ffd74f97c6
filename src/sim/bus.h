#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "ports/bus.h"
#include "sim/broker.h"
#include "sim/loop.h"

namespace hearth::sim {

/// The Bus of one process: a client of SimBroker, as adapters/kafka is one of Kafka.
///
/// A published record waits until the way is open and fails with kTimeout after `send_within`,
/// though it might have been written by then. A followed topic that does not exist is looked up
/// once a second; a topic followed from kEnd starts at its end when it is first reached, so a
/// reader that joins late misses earlier records. While the broker cannot be reached, an error is
/// reported once a second.
class SimBus final : public Bus {
 public:
  struct Config {
    WayName way;
    std::string bootstrap;
    Duration send_within;
    std::size_t send_queue_max;
  };
  /// Key and payload of a record.
  static constexpr std::size_t kRecordBytesMax = 900'000;

  /// Observers.
  struct Hooks {
    std::function<void(const BusRecord&)> on_publish = [](const BusRecord&) {};
    Task on_effect = [] {};  ///< After each call that affects the world.
  };

  /// It lives as long as its loop runs.
  SimBus(SimLoop& loop, SimBroker& broker, Config config, Hooks hooks);
  ~SimBus() override { broker_.detach(client_); }
  SimBus(const SimBus&) = delete;
  SimBus& operator=(const SimBus&) = delete;

  void set_handlers(Handlers handlers) override { handlers_ = std::move(handlers); }
  void ensure_topics(std::vector<TopicSpec> topics,
                     std::function<void(std::vector<TopicFailure>)> done) override;
  void follow(const std::string& topic, FollowFrom from) override;
  void publish(BusRecord record, Completion<void> done) override;
  Result<void> reconnect(const std::string& bootstrap) override;

  /// Records sent reach the broker.
  bool is_connected() const { return broker_.reaches(config_.way, config_.bootstrap); }
  /// Records written to this topic from this moment on are read, once the way is open.
  bool reads(const std::string& topic) const;
  /// There were records to read while the way was closed, and they have not been read since. The
  /// reader might then take an older record for the newest.
  bool is_interrupted(const std::string& topic) const;

 private:
  struct Sending {
    BusRecord record;
    Completion<void> done;
    MonoTime give_up_at;
    bool left = false;  ///< It is in flight.
  };
  struct Reader {
    FollowFrom from;
    std::int64_t position = 0;
    std::uint64_t topic_id = 0;  ///< 0: not reached yet.
    bool fetching = false;
    bool interrupted = false;
  };

  bool is_served() const { return broker_.serves(config_.way, config_.bootstrap); }
  void on_way_changed();
  void leave(std::uint64_t number, Sending& sending);
  void on_acknowledged(std::uint64_t number, const Result<void>& outcome);
  void finish(std::uint64_t number, const Result<void>& outcome);
  void give_up_late_ones();
  void watch_for_late_ones();
  void fetch_soon(const std::string& topic, Duration delay);
  void fetch(const std::string& topic);
  void tell_missing(const std::string& topic);
  void deliver(const std::string& topic, std::int64_t end);
  void complain();
  void try_to_make(const std::vector<TopicSpec>& topics,
                   const std::function<void(std::vector<TopicFailure>)>& done);

  SimLoop& loop_;
  SimBroker& broker_;
  Config config_;
  Hooks hooks_;
  SimBroker::ClientId client_;
  Handlers handlers_;
  std::map<std::uint64_t, Sending> sending_;  ///< By number; the oldest times out first.
  std::uint64_t next_number_ = 1;
  bool watching_ = false;
  bool complaining_ = false;
  std::map<std::string, Reader> readers_;
};

}  // namespace hearth::sim
