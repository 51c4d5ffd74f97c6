#include "shell/manager/manager_shell.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "base/backoff.h"
#include "base/duration_text.h"
#include "wire/assignment_codec.h"
#include "wire/canary_codec.h"
#include "wire/event_codec.h"
#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTopicsRetry = 1s;
constexpr Duration kCommitRetryMin = 100ms;
constexpr Duration kCommitRetryMax = 5s;
constexpr Duration kFetchTimeout = 2s;
constexpr std::size_t kRequestsMax = 256;
constexpr std::size_t kNameShown = 63;  ///< Bytes of a name from outside that a message shows.

}  // namespace

ManagerShell::ManagerShell(Loop& loop, ManagerShellConfig config, core::ManagerSettings settings,
                           const Snapshot& snapshot, ManagerPorts ports,
                           std::function<void(Error)> on_fatal)
    : loop_(loop),
      config_(std::move(config)),
      topics_(config_.topic_prefix),
      ports_(ports),
      on_fatal_(std::move(on_fatal)),
      manager_(std::move(settings), snapshot, ports.clock.now()),
      events_(snapshot.last_event_seq),
      alive_before_(snapshot.alive_at),
      inbox_(config_.inbox),
      deadline_(loop.make_timer([this] { deliver(core::Ticked{}); })),
      commit_retry_(loop.make_timer([this] { commit(); })),
      commit_watch_(loop.make_timer([this] { on_commit_hangs(); })),
      topics_retry_(loop.make_timer([this] {
        topics_wanted_.of_cluster |= topics_missing_.of_cluster;
        topics_wanted_.of_nodes.merge(topics_missing_.of_nodes);
        topics_missing_ = {};
        ensure_topics();
      })),
      store_worker_(loop.make_worker()) {}

ManagerShell::~ManagerShell() {
  ports_.bus.set_handlers({});
}

void ManagerShell::start() {
  ports_.bus.set_handlers({
      .on_message = [this](const BusMessage& message) { on_message(message); },
      .on_caught_up = [](const std::string&) {},
      .on_error = [this](const Error& error) { warn("bus", "bus: " + error.message); },
      .on_missing = [this](const std::string& topic) { on_topic_missing(topic); },
      .on_oversized = [this](const BusMessage& message, const Error& why) { reject(message, why); },
  });
  ports_.bus.follow(topics_.canary(), FollowFrom::kEnd);
  topics_wanted_.of_cluster = true;
  ensure_topics();
  deliver(core::Started{.alive_at = alive_before_});
}

void ManagerShell::submit(Command command, Completion<core::CommandResult> done) {
  if (store_fault_) {
    return answer(std::move(done),
                  fail(ErrorCode::kUnavailable,
                       fmt::format("nothing was changed: the manager's store is failing: {}",
                                   store_fault_->message)));
  }
  if (requests_.size() >= kRequestsMax || !inbox_.has_room()) {
    return answer(std::move(done),
                  fail(ErrorCode::kExhausted,
                       "too many requests are waiting for the manager; try again soon"));
  }
  last_request_ = last_request_.next();
  requests_.emplace(last_request_, std::move(done));
  deliver(core::CommandReceived{last_request_, std::move(command)});
}

void ManagerShell::events_after(std::uint64_t seq, std::size_t count_max,
                                Completion<std::vector<ClusterEvent>> done) {
  if (std::optional<std::vector<ClusterEvent>> recent = events_.after(seq, count_max)) {
    loop_.post([done = std::move(done), recent = *std::move(recent)] { done(recent); });
    return;
  }
  read<std::vector<ClusterEvent>>(
      [seq, count_max](Store& store) { return store.events_after(seq, count_max); },
      std::move(done));
}

void ManagerShell::history_of(const WorkloadName& workload, Completion<History> done) {
  read<History>([workload](Store& store) { return store.history_of(workload); }, std::move(done));
}

template <class T>
void ManagerShell::read(std::function<Result<T>(Store&)> from, Completion<T> done) {
  if (reads_under_way_ >= kReadsMax) {
    loop_.post([done = std::move(done)] {
      done(fail(ErrorCode::kExhausted,
                "too many reads are waiting for the manager's store; try again soon"));
    });
    return;
  }
  ++reads_under_way_;
  store_worker_->run(
      [this, &store = ports_.store, from = std::move(from), done = std::move(done)]() mutable {
        return [this, done = std::move(done), found = from(store)]() mutable {
          --reads_under_way_;
          done(std::move(found));
        };
      });
}

void ManagerShell::deliver(core::ManagerEvent event) {
  switch (inbox_.push(std::move(event))) {
    case Inbox::Admission::kWaits: break;
    case Inbox::Admission::kSupersedes:
    case Inbox::Admission::kSuperseded: ++counters_.heartbeats_superseded; break;
    case Inbox::Admission::kCut:
    case Inbox::Admission::kDropped:
      ++counters_.inbox_overflows;
      warn("inbox", "events arrive faster than the store can commit; some heartbeats are dropped");
      break;
  }
  pump();
}

void ManagerShell::pump() {
  // An action can deliver the next event directly: the loop below handles it.
  if (pumping_) return;
  pumping_ = true;
  while (!committing_ && !inbox_.empty()) {
    const core::ManagerEvent event = inbox_.pop();
    batch_ = manager_.step(event, ports_.clock.now());
    if (config_.on_step) config_.on_step(event, batch_, manager_);
    note_alive();
    if (batch_.writes.empty()) {
      carry_out(std::move(batch_.actions));
    } else {
      committing_ = true;
      commit();
    }
  }
  pumping_ = false;
  if (!committing_) deadline_->arm(manager_.next_deadline() - ports_.clock.now().mono);
}

/// Steps are frequent, because of the canary: no timer is needed.
void ManagerShell::note_alive() {
  const Instant now = ports_.clock.now();
  const bool is_due = !alive_noted_ || now.mono - *alive_noted_ >= kAlivePeriod;
  if (!is_due && batch_.writes.empty()) return;
  batch_.writes.emplace_back(PutAlive{now.wall});
  alive_noted_ = now.mono;
}

void ManagerShell::commit() {
  commit_began_ = ports_.clock.now().mono;
  commit_watch_->arm(config_.commit_slow_after);
  store_worker_->run([this, &store = ports_.store] {
    Result<void> outcome = store.commit(batch_.writes);
    return [this, outcome = std::move(outcome), condition = store.condition()] {
      on_committed(outcome, condition);
    };
  });
}

void ManagerShell::on_committed(Result<void> outcome, const StoreCondition& store) {
  commit_began_.reset();
  commit_watch_->cancel();
  note_condition(store);
  if (!outcome) return on_commit_failed(outcome.error());
  ++counters_.commits;
  commit_failures_ = 0;
  store_fault_.reset();
  trouble_since_.reset();
  committing_ = false;
  pumping_ = true;
  carry_out(std::move(batch_.actions));
  pumping_ = false;
  pump();
}

void ManagerShell::note_condition(const StoreCondition& store) {
  if (store.backlog_bytes > kBacklogBytesMax) {
    warn("backlog", fmt::format("the store's log has grown to {} MiB: a program that reads the "
                                "database keeps a transaction open; end it",
                                store.backlog_bytes >> 20));
  }
  if (store.events_dropped > counters_.store.events_dropped) {
    warn("events", fmt::format("the store's disk is full: the {} oldest events were deleted; free "
                               "some space there",
                               store.events_dropped - counters_.store.events_dropped));
  }
  counters_.store = store;
}

void ManagerShell::on_commit_failed(const Error& error) {
  ++counters_.commits_failed;
  ++commit_failures_;
  warn("store", "the store failed, no decision is made until it works: " + error.message);
  if (!suspend_work(error)) return;
  commit_retry_->arm(Backoff(kCommitRetryMin, kCommitRetryMax).after(commit_failures_));
}

void ManagerShell::on_commit_hangs() {
  if (!commit_began_) return;
  const Duration waited = ports_.clock.now().mono - *commit_began_;
  const Error error{ErrorCode::kTimeout, fmt::format("the disk has not completed a commit for {}",
                                                     show_duration(waited))};
  warn("store", "the store hangs, no decision is made until it works: " + error.message);
  if (!suspend_work(error)) return;
  commit_watch_->arm(config_.commit_slow_after);
}

/// Stops deciding until the store works again, and answers the waiting commands accordingly. False
/// if that has lasted too long, counted from when it was first noticed: the time during which a
/// process was paused in a commit does not count.
bool ManagerShell::suspend_work(const Error& why) {
  store_fault_ = why;
  for (auto& [request, done] : std::exchange(requests_, {})) {
    answer(std::move(done),
           fail(ErrorCode::kUnavailable,
                fmt::format(
                    "it might still be executed, but not yet: the manager's store is failing: {}",
                    why.message)));
  }
  const MonoTime now = ports_.clock.now().mono;
  if (!trouble_since_) trouble_since_ = now;
  if (now - *trouble_since_ < config_.store_patience) return true;
  on_fatal_(why);
  return false;
}

void ManagerShell::answer(Completion<core::CommandResult> done,
                          Result<core::CommandResult> result) {
  loop_.post([done = std::move(done), result = std::move(result)] { done(result); });
}

void ManagerShell::carry_out(std::vector<core::ManagerAction> actions) {
  for (core::ManagerAction& action : actions) {
    std::visit([this](auto& one) { execute(one); }, action);
  }
}

void ManagerShell::execute(const core::WatchNode& action) {
  nodes_to_follow_.insert(action.node);
  topics_wanted_.of_nodes.insert(action.node);
  ensure_topics();
}

/// Creates the wanted topics in one request; those that come up while it is in flight go into the
/// next.
void ManagerShell::ensure_topics() {
  if (ensuring_topics_ || topics_wanted_.empty()) return;
  ensuring_topics_ = true;
  for (const NodeName& node : std::exchange(nodes_to_follow_, {})) {
    ports_.bus.follow(topics_.status(node), FollowFrom::kEnd);
  }
  const Topics wanted = std::exchange(topics_wanted_, {});
  std::vector<TopicSpec> specs;
  if (wanted.of_cluster) specs = topics_.of_cluster();
  for (const NodeName& node : wanted.of_nodes) {
    const std::vector<TopicSpec> of_node = topics_.of_node(node);
    specs.insert(specs.end(), of_node.begin(), of_node.end());
  }
  ports_.bus.ensure_topics(std::move(specs), [this](const std::vector<TopicFailure>& failures) {
    on_topics_made(failures);
  });
}

void ManagerShell::on_topics_made(const std::vector<TopicFailure>& failures) {
  ensuring_topics_ = false;
  for (const TopicFailure& failure : failures) want_later(failure.topic);
  if (!failures.empty()) {
    warn("topics", fmt::format("{} topics cannot be created yet: {}", failures.size(),
                               failures.front().error.message));
  }
  ensure_topics();
}

/// A topic that existed is gone: it was deleted, or the broker returned with an empty disk. Then
/// the other topics of its owner are most likely gone as well. Records to be published fail and are
/// repeated by the core: canaries at their interval, an assignment until its node has accepted it.
void ManagerShell::on_topic_missing(const std::string& topic) {
  if (!want_later(topic)) return;
  ++counters_.topics_missing;
  if (topic == topics_.canary() && !std::exchange(canary_missing_, true)) {
    // Once the canary is back the manager judges again: no node must then be silent for lack of a
    // topic.
    for (const Node* node : manager_.nodes()) topics_missing_.of_nodes.insert(node->name);
  }
  warn("missing topic", fmt::format("topic '{}' does not exist; it is created again", topic));
}

/// False for a topic that is not ours to create. At most one request is sent per kTopicsRetry:
/// while a broker deletes a topic, it exists for those who create it and is missing for those who
/// use it.
bool ManagerShell::want_later(const std::string& topic) {
  const std::optional<NodeName> node = topics_.node_of(topic);
  const bool of_node = node && manager_.find_node(*node) != nullptr;
  const bool of_cluster = topic == topics_.canary() || topic == topics_.events();
  if (!of_node && !of_cluster) return false;
  if (topics_missing_.empty()) topics_retry_->arm(kTopicsRetry);
  if (of_node) topics_missing_.of_nodes.insert(*node);
  topics_missing_.of_cluster |= of_cluster;
  return true;
}

void ManagerShell::execute(const core::SendCanary& action) {
  const Canary canary{.epoch = manager_.epoch(), .seq = ++canary_seq_, .sent_at = action.sent_at};
  publish({.topic = topics_.canary(), .key = {}, .payload = encode(canary)});
}

void ManagerShell::execute(const core::PublishAssignment& action) {
  const NodeName& node = action.assignment.node;
  Result<std::string> payload = encode(action.assignment);
  if (!payload)
    return warn("assignment", fmt::format("node '{}': {}", node.str(), payload.error().message));
  publish({.topic = topics_.assignment(node), .key = node.str(), .payload = *std::move(payload)});
}

void ManagerShell::execute(const core::PublishEvent& action) {
  spdlog::info("{} {}", name_of(action.event.type), action.event.message);
  ++counters_.events_published;
  events_.add(action.event);
  event_added_.notify_all();
  publish({.topic = topics_.events(),
           .key = {},
           .payload = encode(action.event, config_.topic_prefix)});
}

void ManagerShell::execute(const core::Dial& action) {
  ports_.dialer.dial(action.node, action.agent, action.timeout,
                     [this, node = action.node, dial = action.dial](DialOutcome outcome) {
                       deliver(core::Dialled{node, dial, outcome});
                     });
}

void ManagerShell::execute(const core::FetchStatus& action) {
  HttpCall call{.server = action.agent, .target = "/v1/status", .timeout = kFetchTimeout};
  ports_.http.send(std::move(call), [this, node = action.node](const Result<HttpReply>& reply) {
    Result<Heartbeat> status =
        reply.and_then([](const HttpReply& one) { return decode_heartbeat(one.body); });
    if (status && !status->node.empty() && status->node != node.str()) {
      ++counters_.statuses_of_others;
      warn("status " + node.str(),
           fmt::format("the agent at the address of node '{}' is that of node '{}': its status is "
                       "dropped; import the node with its real address",
                       node.str(), status->node.substr(0, kNameShown)));
      status = fail(ErrorCode::kConflict, "another node's agent answered");
    }
    deliver(core::StatusFetched{node, std::move(status)});
  });
}

void ManagerShell::execute(const core::SwitchPower& action) {
  spdlog::warn("power {} of node '{}', attempt {}", name_of(action.verb), action.node.str(),
               action.attempt);
  ports_.power.switch_power(
      action.node, action.verb,
      [this, node = action.node, verb = action.verb](const Result<void>& outcome) {
        deliver(core::PowerSwitched{node, verb, outcome});
      });
}

void ManagerShell::execute(core::Reply& action) {
  const auto found = requests_.find(action.request);
  if (found == requests_.end()) return;
  answer(std::move(found->second), std::move(action.result));
  requests_.erase(found);
}

void ManagerShell::on_message(const BusMessage& message) {
  if (const std::optional<NodeName> node = topics_.node_of_status(message.topic)) {
    Result<Heartbeat> heartbeat = decode_heartbeat(message.payload);
    if (!heartbeat) return reject(message, heartbeat.error());
    return deliver(core::HeartbeatReceived{*node, *std::move(heartbeat), message.received_at});
  }
  if (message.topic != topics_.canary()) return;
  const Result<Canary> canary = decode_canary(message.payload);
  if (!canary) return reject(message, canary.error());
  if (canary->epoch != manager_.epoch() || canary->sent_at > message.received_at) return;
  canary_missing_ = false;
  deliver(core::CanaryReturned{canary->sent_at});
}

void ManagerShell::reject(const BusMessage& message, const Error& error) {
  ++counters_.payloads_rejected;
  warn("payload " + message.topic, fmt::format("topic '{}' offset {}: {}; the message is ignored",
                                               message.topic, message.offset, error.message));
}

void ManagerShell::publish(BusRecord record) {
  const std::string topic = record.topic;
  ports_.bus.publish(std::move(record), [this, topic](const Result<void>& outcome) {
    if (outcome) return;
    ++counters_.publish_failures;
    if (outcome.error().code == ErrorCode::kNotFound) on_topic_missing(topic);
    warn("publish", "a record could not be published: " + outcome.error().message);
  });
}

void ManagerShell::warn(const std::string& kind, const std::string& text) {
  log_limit_.warn(kind, text, ports_.clock.now().mono);
}

}  // namespace hearth
