#include "sim/bus.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How often a missing topic is looked up, and how often an unreachable broker is reported.
constexpr Duration kLookAgain = seconds(1);
/// How long a request to create topics waits for its answer.
constexpr Duration kMakeWithin = seconds(3);

Error away(const std::string& bootstrap) {
  return {ErrorCode::kUnavailable, fmt::format("no broker answers at {}", bootstrap)};
}

}  // namespace

SimBus::SimBus(SimLoop& loop, SimBroker& broker, Config config, Hooks hooks)
    : loop_(loop),
      broker_(broker),
      config_(std::move(config)),
      hooks_(std::move(hooks)),
      client_(broker.attach({.way = config_.way,
                             .on_way_changed = [this] { on_way_changed(); },
                             .on_written =
                                 [this](const std::string& topic) {
                                   if (readers_.contains(topic))
                                     fetch_soon(topic, broker_.draw_delay());
                                 }})) {
  if (!is_connected()) complain();
}

void SimBus::on_way_changed() {
  if (!loop_.runs()) return;
  if (!is_connected()) complain();
  for (const auto& [topic, reader] : readers_) fetch_soon(topic, broker_.draw_delay());
  if (!is_connected()) return;
  for (auto& [number, sending] : sending_) {
    if (!sending.left) leave(number, sending);
  }
}

// -- sending

void SimBus::publish(BusRecord record, Completion<void> done) {
  if (!loop_.runs()) return;
  hooks_.on_publish(record);
  const std::size_t bytes = record.key.size() + record.payload.size();
  if (bytes > kRecordBytesMax || sending_.size() >= config_.send_queue_max) {
    const Error error =
        bytes > kRecordBytesMax
            ? Error{ErrorCode::kInvalidArgument, fmt::format("a record of {} bytes", bytes)}
            : Error{ErrorCode::kExhausted, "the send queue is full"};
    return loop_.post([done = std::move(done), error] { done(tl::unexpected(error)); });
  }
  const std::uint64_t number = next_number_++;
  Sending& sending = sending_
                         .emplace(number, Sending{std::move(record), std::move(done),
                                                  loop_.world().now() + config_.send_within})
                         .first->second;
  if (is_connected()) leave(number, sending);
  watch_for_late_ones();
  hooks_.on_effect();
}

void SimBus::leave(std::uint64_t number, Sending& sending) {
  sending.left = true;
  broker_.carry(std::move(sending.record),
                [this, alive = loop_.alive(), number](const Result<void>& outcome) {
                  if (*alive) on_acknowledged(number, outcome);
                });
}

void SimBus::on_acknowledged(std::uint64_t number, const Result<void>& outcome) {
  // Without an outcome if the connection was cut meanwhile.
  if (!is_served()) return;
  loop_.after(broker_.draw_delay(), [this, number, outcome] { finish(number, outcome); });
}

void SimBus::finish(std::uint64_t number, const Result<void>& outcome) {
  auto found = sending_.extract(number);
  if (found) found.mapped().done(outcome);
}

void SimBus::watch_for_late_ones() {
  if (watching_ || sending_.empty()) return;
  watching_ = true;
  const Duration left = sending_.begin()->second.give_up_at - loop_.world().now();
  loop_.after(std::max(left, Duration::zero()), [this] {
    watching_ = false;
    give_up_late_ones();
    watch_for_late_ones();
  });
}

void SimBus::give_up_late_ones() {
  while (!sending_.empty() && sending_.begin()->second.give_up_at <= loop_.world().now()) {
    finish(sending_.begin()->first, fail(ErrorCode::kTimeout, "not acknowledged in time"));
  }
}

Result<void> SimBus::reconnect(const std::string& bootstrap) {
  if (bootstrap == config_.bootstrap) return {};
  config_.bootstrap = bootstrap;
  for (auto& [number, sending] : std::exchange(sending_, {})) {
    loop_.post([done = std::move(sending.done)] {
      done(fail(ErrorCode::kUnavailable, "the bus switched to another broker"));
    });
  }
  for (auto& [topic, reader] : readers_) {
    reader.topic_id = 0;
    fetch_soon(topic, broker_.draw_delay());
  }
  return {};
}

// -- topics

void SimBus::ensure_topics(std::vector<TopicSpec> topics,
                           std::function<void(std::vector<TopicFailure>)> done) {
  if (!loop_.runs()) return;
  // The request is sent at once; what the broker does with it cannot be undone here.
  loop_.world().after(broker_.draw_delay(), [this, alive = loop_.alive(),
                                             topics = std::move(topics), done = std::move(done)] {
    if (*alive) try_to_make(topics, done);
  });
  hooks_.on_effect();
}

void SimBus::try_to_make(const std::vector<TopicSpec>& topics,
                         const std::function<void(std::vector<TopicFailure>)>& done) {
  if (is_served()) {
    for (const TopicSpec& topic : topics) broker_.make(topic);
    loop_.after(broker_.draw_delay(), [done] { done({}); });
    return;
  }
  loop_.after(kMakeWithin, [topics, done] {
    std::vector<TopicFailure> failures;
    for (const TopicSpec& topic : topics) {
      failures.push_back({topic.name, {ErrorCode::kTimeout, "no broker answers"}});
    }
    done(failures);
  });
}

// -- reading

void SimBus::follow(const std::string& topic, FollowFrom from) {
  if (!loop_.runs()) return;
  if (readers_.emplace(topic, Reader{.from = from}).second) {
    fetch_soon(topic, broker_.draw_delay());
  }
  hooks_.on_effect();
}

void SimBus::fetch_soon(const std::string& topic, Duration delay) {
  const auto found = readers_.find(topic);
  if (found == readers_.end() || std::exchange(found->second.fetching, true)) return;
  loop_.after(delay, [this, topic] { fetch(topic); });
}

void SimBus::fetch(const std::string& topic) {
  const auto found = readers_.find(topic);
  if (found == readers_.end()) return;
  Reader& reader = found->second;
  reader.fetching = false;
  const bool exists = broker_.has(topic);
  if (!is_served()) {
    const bool read_all = reader.topic_id != 0 && exists &&
                          reader.topic_id == broker_.id_of(topic) &&
                          reader.position == broker_.end_of(topic);
    reader.interrupted = reader.interrupted || !read_all;
    return;
  }
  if (!exists) return tell_missing(topic);
  const std::int64_t first = broker_.first_of(topic);
  const std::int64_t end = broker_.end_of(topic);
  const bool is_new = std::exchange(reader.topic_id, broker_.id_of(topic)) != broker_.id_of(topic);
  if (is_new) reader.position = reader.from == FollowFrom::kEnd ? end : first;
  reader.position = std::max(reader.position, first);
  const bool had_to_read = reader.position < end;
  deliver(topic, end);
  const auto still = readers_.find(topic);
  if (still == readers_.end() || !loop_.runs() || still->second.topic_id == 0) return;
  if (still->second.position < end) return fetch_soon(topic, broker_.draw_delay());
  still->second.interrupted = false;
  const bool tells_end = still->second.from == FollowFrom::kBeginning && (is_new || had_to_read);
  if (tells_end && handlers_.on_caught_up) handlers_.on_caught_up(topic);
}

/// One fetch: all available records, or some of them.
void SimBus::deliver(const std::string& topic, std::int64_t end) {
  std::int64_t& position = readers_.at(topic).position;
  const auto left = static_cast<std::uint64_t>(end - position);
  if (left == 0) return;
  const std::uint64_t held_back = left > 1 ? loop_.world().prng().below(left / 2 + 1) : 0;
  std::vector<BusMessage> messages;
  for (std::uint64_t i = 0; i < left - held_back; ++i, ++position) {
    const SimBroker::Record& record = broker_.at(topic, position);
    messages.push_back({.topic = topic,
                        .key = record.key,
                        .payload = record.payload,
                        .offset = position,
                        .received_at = loop_.now().mono});
  }
  for (BusMessage& message : messages) {
    if (!loop_.runs()) return;
    if (message.payload.size() <= kRecordBytesMax) {
      if (handlers_.on_message) handlers_.on_message(std::move(message));
    } else if (handlers_.on_oversized) {
      message.payload.clear();
      handlers_.on_oversized(message, {ErrorCode::kExhausted, "larger than a record can be"});
    }
  }
}

void SimBus::tell_missing(const std::string& topic) {
  readers_.at(topic).topic_id = 0;
  fetch_soon(topic, kLookAgain);
  if (handlers_.on_error) {
    handlers_.on_error({ErrorCode::kNotFound, fmt::format("topic '{}' does not exist", topic)});
  }
  if (loop_.runs() && handlers_.on_missing) handlers_.on_missing(topic);
}

void SimBus::complain() {
  if (std::exchange(complaining_, true)) return;
  loop_.after(kLookAgain, [this] {
    complaining_ = false;
    if (is_connected()) return;
    complain();
    if (handlers_.on_error) handlers_.on_error(away(config_.bootstrap));
  });
}

bool SimBus::reads(const std::string& topic) const {
  const auto found = readers_.find(topic);
  return found != readers_.end() && found->second.topic_id != 0 && broker_.has(topic) &&
         found->second.topic_id == broker_.id_of(topic);
}

bool SimBus::is_interrupted(const std::string& topic) const {
  const auto found = readers_.find(topic);
  return found == readers_.end() || found->second.interrupted;
}

}  // namespace hearth::sim
