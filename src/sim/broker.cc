#include "sim/broker.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace hearth::sim {
namespace {

constexpr Duration kDelayMin = std::chrono::microseconds(500);
constexpr Duration kRepeatedAfterMax = std::chrono::seconds(2);
/// Records that a compacted topic keeps at most. In pieces, at the longest delay, they are read
/// within an agent's first wait.
constexpr std::size_t kRecordsCompacted = 32;
/// Records that any other topic keeps: more than arrive while its reader is frozen.
constexpr std::size_t kRecordsKept = 256;
/// How often a record triggers a compaction, in thousandths.
constexpr std::uint32_t kCompaction = 100;
/// The sender's number of foreign records.
constexpr std::uint64_t kForeign = 0;

}  // namespace

SimBroker::ClientId SimBroker::attach(Client client) {
  clients_.emplace(next_client_, std::move(client));
  return next_client_++;
}

bool SimBroker::reaches(const WayName& way, const std::string& address) const {
  return state_ != State::kDown && address == address_ && !is_cut(way);
}

bool SimBroker::serves(const WayName& way, const std::string& address) const {
  return state_ == State::kCarries && reaches(way, address);
}

Duration SimBroker::draw_delay() {
  return world_.between(kDelayMin, faults_.delay_max);
}

void SimBroker::carry(BusRecord record, Acknowledge acknowledge) {
  Arrival arrival{std::move(record.topic),
                  {std::move(record.key), std::move(record.payload), ++sent_},
                  std::move(acknowledge)};
  MonoTime& last = last_arrival_[arrival.topic];
  last = std::max(last, world_.now() + draw_delay());
  if (world_.chance(faults_.loss)) {
    // Lost by a leader that acknowledged it and died, or before any broker had it.
    if (world_.chance(500)) world_.at(last, [arrival] { arrival.acknowledge({}); });
    return;
  }
  if (world_.chance(faults_.duplication)) {
    Arrival again = arrival;
    again.acknowledge = [](const Result<void>&) {};
    arrive_at(last + world_.between(Duration(0), kRepeatedAfterMax), again);
  }
  arrive_at(last, arrival);
}

void SimBroker::arrive_at(MonoTime when, const Arrival& arrival) {
  world_.at(when, [this, disk = disks_, arrival] {
    if (disk == disks_) arrive(arrival);
  });
}

void SimBroker::arrive(const Arrival& arrival) {
  switch (state_) {
    case State::kDown: return;
    case State::kStalled: return stalled_.push_back(arrival);
    case State::kCarries: break;
  }
  const auto found = topics_.find(arrival.topic);
  if (found == topics_.end()) {
    return arrival.acknowledge(fail(ErrorCode::kNotFound, "unknown topic"));
  }
  keep(found->second, arrival.record);
  for (const auto& [id, client] : clients_) client.on_written(arrival.topic);
  arrival.acknowledge({});
}

void SimBroker::keep(Topic& topic, const Record& record) {
  std::deque<Record>& records = topic.records;
  const bool is_compacted = topic.cleanup == TopicCleanup::kCompact;
  // A duplicate behind a younger record is read, but the younger one stays at the topic's end.
  if (is_compacted && !records.empty() && record.sent < records.back().sent) {
    Record newest = records.back();
    records.push_back(record);
    records.push_back(std::move(newest));
  } else {
    records.push_back(record);
  }
  if (!is_compacted) {
    if (records.size() <= kRecordsKept) return;
    records.pop_front();
    ++topic.first;
    return;
  }
  if (records.size() <= kRecordsCompacted && !world_.chance(kCompaction)) return;
  topic.first += static_cast<std::int64_t>(records.size()) - 1;
  records.erase(records.begin(), records.end() - 1);
}

void SimBroker::make(const TopicSpec& spec) {
  const auto [made, is_new] = topics_.try_emplace(spec.name);
  if (!is_new) return;
  made->second.cleanup = spec.cleanup;
  made->second.id = ++topics_made_;
  if (spec.name == canary_) carried_ = carries();
}

std::int64_t SimBroker::end_of(const std::string& topic) const {
  const Topic& found = topics_.at(topic);
  return found.first + static_cast<std::int64_t>(found.records.size());
}

const SimBroker::Record& SimBroker::at(const std::string& topic, std::int64_t offset) const {
  const Topic& found = topics_.at(topic);
  return found.records.at(static_cast<std::size_t>(offset - found.first));
}

const SimBroker::Record* SimBroker::newest(const std::string& topic) const {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || found->second.records.empty()) return nullptr;
  return &found->second.records.back();
}

bool SimBroker::carries() const {
  return state_ == State::kCarries && !is_cut(kManagerWay) && has(canary_);
}

void SimBroker::on_changed() {
  if (carried_ && !carries()) carried_until_ = world_.now();
  carried_ = carries();
  for (const auto& [id, client] : clients_) client.on_way_changed();
}

void SimBroker::set_state(State state) {
  state_ = state;
  if (state == State::kCarries) {
    for (const Arrival& arrival : std::exchange(stalled_, {})) arrive(arrival);
  }
  on_changed();
}

void SimBroker::lose_topics() {
  ++disks_;
  topics_.clear();
  stalled_.clear();
  on_changed();
}

void SimBroker::move_to(std::string address) {
  address_ = std::move(address);
  lose_topics();
}

void SimBroker::cut(const WayName& way) {
  cut_.insert(way);
  on_changed();
}

void SimBroker::join(const WayName& way) {
  cut_.erase(way);
  on_changed();
}

void SimBroker::write_foreign(const std::string& topic, std::string payload) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || state_ != State::kCarries) return;
  // An empty compacted topic would then have no record of ours at its end.
  if (found->second.cleanup == TopicCleanup::kCompact && found->second.records.empty()) return;
  keep(found->second, {"", std::move(payload), kForeign});
  for (const auto& [id, client] : clients_) client.on_written(topic);
}

}  // namespace hearth::sim
