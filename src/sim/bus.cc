#include "sim/bus.h"

#include <algorithm>
#include <utility>

namespace hearth::sim {
namespace {

constexpr Duration kDelayMin = std::chrono::microseconds(500);
/// After this a sender is told that its message was not taken.
constexpr Duration kSendTimeout = std::chrono::milliseconds(1500);
constexpr Duration kRepeatedAfterMax = std::chrono::seconds(2);
/// What a compacted topic has kept at most. In pieces, at the longest delay, it is read within an
/// agent's first wait.
constexpr std::size_t kRecordsMax = 32;
/// How often a record is followed by a compaction, in thousandths.
constexpr std::uint32_t kCompaction = 100;

}  // namespace

void SimBus::travel(MonoTime& last_of_topic, Task arrive_task) {
  const Duration delay = world_.between(kDelayMin, faults_.delay_max);
  last_of_topic = std::max(last_of_topic, world_.now() + delay);
  if (world_.chance(faults_.duplication)) {
    const MonoTime again = last_of_topic + world_.between(Duration(0), kRepeatedAfterMax);
    world_.at(again, [this, life = topics_life_, arrive_task] {
      if (life == topics_life_) arrive(arrive_task);
    });
  }
  world_.at(last_of_topic, [this, life = topics_life_, task = std::move(arrive_task)] {
    if (life == topics_life_) arrive(task);
  });
}

void SimBus::arrive(const Task& task) {
  switch (broker_) {
    case Broker::kCarries:
      if (has_topics_) return task();
      if (manager_ && !manager_cut_) manager_->on_topic_missing();
      return;
    case Broker::kStalled: return stalled_.push_back(task);
    case Broker::kDown: return;
  }
}

void SimBus::send_status(const NodeName& node, const Heartbeat& heartbeat, Task dropped) {
  const bool lost = world_.chance(faults_.loss);
  const bool refused = is_cut(node) || broker_ == Broker::kDown;
  if (refused || !has_topics_ || broker_ == Broker::kStalled || (lost && world_.chance(500))) {
    world_.after(kSendTimeout, std::move(dropped));
  }
  if (refused || lost) return;
  travel(last_status_[node], [this, node, heartbeat] {
    if (!watched_.contains(node)) return;
    hand_to_manager([this, node, heartbeat] { manager_->on_status(node, heartbeat); });
  });
}

void SimBus::send_canary(const Canary& canary) {
  if (manager_cut_ || broker_ == Broker::kDown || world_.chance(faults_.loss)) return;
  travel(last_canary_,
         [this, canary] { hand_to_manager([this, canary] { manager_->on_canary(canary); }); });
}

void SimBus::hand_to_manager(Task task) {
  if (!manager_) return;
  if (manager_cut_) return held_for_manager_.push_back(std::move(task));
  task();
}

void SimBus::publish_assignment(const Assignment& assignment) {
  if (manager_cut_ || broker_ == Broker::kDown || world_.chance(faults_.loss)) return;
  travel(last_assignment_[assignment.node], [this, assignment] {
    keep(assignments_[assignment.node], assignment);
    wake_reader(assignment.node);
  });
}

void SimBus::keep(AssignmentTopic& topic, const Assignment& assignment) {
  std::deque<Assignment>& records = topic.records;
  // A repetition behind a younger one is read, but the topic's end stays the younger one's.
  const bool repeated = !records.empty() && assignment.number < records.back().number;
  if (repeated) {
    records.insert(records.end() - 1, assignment);
    if (topic.position == topic.end() - 1) topic.position -= 1;
  } else {
    records.push_back(assignment);
  }
  if (records.size() <= kRecordsMax && !world_.chance(kCompaction)) return;
  topic.first += records.size() - 1;
  records.erase(records.begin(), records.end() - 1);
}

const Assignment* SimBus::newest_for(const NodeName& node) const {
  const auto found = assignments_.find(node);
  if (found == assignments_.end()) return nullptr;
  const AssignmentTopic& topic = found->second;
  return topic.records.empty() || topic.interrupted ? nullptr : &topic.records.back();
}

void SimBus::attach_manager(ManagerSide side) {
  detach_manager();
  manager_ = std::move(side);
}

void SimBus::detach_manager() {
  manager_.reset();
  watched_.clear();
  held_for_manager_.clear();
}

void SimBus::attach_node(const NodeName& node, NodeSide side) {
  AssignmentTopic& topic = assignments_[node];
  topic.reader = std::move(side);
  ++topic.reader_life;
  topic.position = 0;
  topic.caught_up_told = false;
  topic.interrupted = false;
  wake_reader(node);
}

void SimBus::detach_node(const NodeName& node) {
  AssignmentTopic& topic = assignments_[node];
  topic.reader.reset();
  ++topic.reader_life;
}

void SimBus::wake_reader(const NodeName& node) {
  const std::uint64_t life = assignments_[node].reader_life;
  world_.after(world_.between(kDelayMin, faults_.delay_max), [this, node, life] {
    if (assignments_[node].reader_life == life) read(node);
  });
}

void SimBus::read(const NodeName& node) {
  AssignmentTopic& topic = assignments_[node];
  if (!topic.reader || !has_topics_) return;
  topic.position = std::max(topic.position, topic.first);
  const std::uint64_t left = topic.end() - topic.position;
  if (is_cut(node) || broker_ != Broker::kCarries) {
    topic.interrupted = topic.interrupted || left > 0;
    return;
  }
  if (left > 0) {
    const std::uint64_t piece = left - world_.prng().below(left / 2 + 1);
    for (std::uint64_t i = 0; i < piece; ++i) {
      topic.reader->on_assignment(topic.records[topic.position++ - topic.first]);
    }
  }
  if (topic.position < topic.end()) return wake_reader(node);
  topic.interrupted = false;
  if (!std::exchange(topic.caught_up_told, true)) topic.reader->on_caught_up();
}

void SimBus::set_broker(Broker broker) {
  broker_ = broker;
  note_carrying();
  if (broker != Broker::kCarries) return;
  for (const Task& task : std::exchange(stalled_, {})) arrive(task);
  for (const auto& [node, topic] : assignments_) wake_reader(node);
}

void SimBus::lose_topics() {
  has_topics_ = false;
  ++topics_life_;
  note_carrying();
  stalled_.clear();
  held_for_manager_.clear();
  for (auto& [node, topic] : assignments_) {
    topic.records.clear();
    topic.first = topic.position = 0;
  }
}

void SimBus::make_topics() {
  if (has_topics_ || manager_cut_ || broker_ != Broker::kCarries) return;
  has_topics_ = true;
  note_carrying();
  for (const auto& [node, topic] : assignments_) wake_reader(node);
}

void SimBus::join_node(const NodeName& node) {
  cut_nodes_.erase(node);
  wake_reader(node);
}

void SimBus::note_carrying() {
  if (carried_ && !carries()) carried_until_ = world_.now();
  carried_ = carries();
}

void SimBus::cut_manager() {
  manager_cut_ = true;
  note_carrying();
}

void SimBus::join_manager() {
  manager_cut_ = false;
  note_carrying();
  for (const Task& task : std::exchange(held_for_manager_, {})) {
    if (manager_) task();
  }
}

}  // namespace hearth::sim
