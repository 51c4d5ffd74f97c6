#include "core/node_watch/node_watch.h"

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

/// How often an unreachable node is asked for its status over HTTP.
constexpr Duration kFetchPeriod = std::chrono::seconds(1);

}  // namespace

static_assert(TimedPart<NodeWatch>);

NodeWatch::NodeWatch(const WatchSettings& settings, Node node, bool bus_carries, MonoTime now)
    : settings_(settings),
      node_(std::move(node)),
      silence_(settings.liveness, now),
      dial_(settings.liveness, now),
      ladder_(settings.recovery, node_.recovery, now),
      trouble_(settings.liveness.agent_down_grace),
      bus_carries_(bus_carries) {
  const bool is_unattended = node_.state == NodeState::kDead && settings_.has_power &&
                             node_.recovery.phase == RecoveryPhase::kNone;
  if (is_unattended) ladder_.on_found_unattended();
}

NodeWatch::NodeWatch(const WatchSettings& settings, State state)
    : settings_(settings),
      node_(std::move(state.node)),
      load_(state.load),
      report_(std::move(state.report)),
      last_received_(state.last_received),
      silence_(settings.liveness, state.silence),
      order_(state.order),
      dial_(settings.liveness, state.dial),
      ladder_(settings.recovery, std::move(state.ladder)),
      agent_down_since_(state.agent_down_since),
      trouble_(settings.liveness.agent_down_grace, state.trouble),
      next_fetch_(state.next_fetch),
      bus_carries_(state.bus_carries),
      eligibility_(std::move(state.eligibility)),
      known_before_(state.known_before),
      incidents_(state.incidents) {}

const InstanceUsage* NodeWatch::usage_of(const InstanceId& instance) const {
  if (!report_) return nullptr;
  const auto found = report_->usage.find(instance);
  return found == report_->usage.end() ? nullptr : &found->second;
}

NodeWatch::State NodeWatch::save() const {
  return {.node = node_,
          .load = load_,
          .report = report_,
          .last_received = last_received_,
          .silence = silence_.save(),
          .order = order_.save(),
          .dial = dial_.save(),
          .ladder = ladder_.save(),
          .agent_down_since = agent_down_since_,
          .trouble = trouble_.save(),
          .next_fetch = next_fetch_,
          .bus_carries = bus_carries_,
          .eligibility = eligibility_,
          .known_before = known_before_,
          .incidents = incidents_.save()};
}

bool NodeWatch::is_judged() const {
  return node_.state != NodeState::kAwaited && node_.state != NodeState::kDead;
}

NodeView NodeWatch::view(const AssignmentNumber& applied) const {
  return {.state = node_.state,
          .cordoned = node_.cordoned,
          .has_report = report_.has_value(),
          .applied = applied.epoch,
          .problem = report_ ? report_->problem : "",
          .load = load_};
}

void NodeWatch::resume(std::optional<WallTime> known_before, MonoTime now) {
  known_before_ = known_before;
  switch (node_.state) {
    case NodeState::kAwaited:
    case NodeState::kLive:
    case NodeState::kDead: return;
    case NodeState::kSuspect: return dial_.begin_silence(now);
    case NodeState::kUnreachable:
      dial_.resume_silence(now);
      next_fetch_ = now;
      return;
    case NodeState::kAgentDown:
      dial_.resume_silence(now);
      agent_down_since_ = now;
      return;
  }
  HEARTH_CHECK(false);
}

bool NodeWatch::update(const NodeEntry& entry, MonoTime now) {
  Endpoint agent = entry.agent;
  const bool reported_by_agent =
      !entry.names_port && node_.incarnation.known() && node_.agent.address == entry.agent.address;
  if (reported_by_agent) agent.port = node_.agent.port;
  const bool is_known = node_.agent == agent && node_.port_named == entry.names_port &&
                        node_.display_name == entry.display_name;
  if (is_known) return false;
  if (node_.agent != agent) {
    node_.agent = std::move(agent);
    dial_.readdress(now);
    silence_.restart(now);  // It has not been asked at this address yet.
  }
  node_.port_named = entry.names_port;
  node_.display_name = entry.display_name;
  changed_ = true;
  return true;
}

bool NodeWatch::admit(const Heartbeat& heartbeat, MonoTime received_at) {
  if (!order_.admit(heartbeat, node_.incarnation)) return false;
  last_received_ = received_at;
  load_ = heartbeat.load;
  if (heartbeat.report) report_ = heartbeat.report;
  if (node_.state == NodeState::kUnreachable) set_known_at(std::nullopt);
  return true;
}

void NodeWatch::set_known_at(std::optional<WallTime> known_at) {
  if (node_.known_at == known_at) return;
  node_.known_at = known_at;
  changed_ = true;
}

/// From now on nothing is known of it that is not known yet.
void NodeWatch::on_unknown(const Instant& now) {
  if (node_.known_at) return;
  set_known_at(last_received_ ? wall_of(*last_received_, now) : known_before_.value_or(now.wall));
}

void NodeWatch::on_fetch_failed(const Instant& now) {
  if (node_.state == NodeState::kUnreachable) on_unknown(now);
}

SignOutcome NodeWatch::on_sign_of_life(const Heartbeat& heartbeat, MonoTime received_at,
                                       Instant now) {
  silence_.on_sign(received_at - order_.age_of(heartbeat, received_at), now.mono);
  // An aged message shows that the node was alive when it was sent, not that it is now.
  if (silence_.grade_at(now.mono) != Silence::kShort) return {};

  SignOutcome outcome;
  const Incarnation& incarnation = heartbeat.incarnation;
  // A box without an agent reports no incarnation: what it sends once its power is back counts as
  // a new one.
  const bool is_booting = node_.recovery.phase == RecoveryPhase::kBooting;
  const bool is_same = incarnation.known() ? incarnation == node_.incarnation : !is_booting;
  if (node_.recovery.phase != RecoveryPhase::kNone) {
    using SameIncarnation = RecoveryLadder::SameIncarnation;
    if (!ladder_.on_heartbeat(is_same ? SameIncarnation::kYes : SameIncarnation::kNo, now.mono))
      return {};
    outcome.recovered =
        Recovered{.attempts = ladder_.recovery().attempt, .same_incarnation = is_same};
  }
  if (incarnation.known() && !is_same) {
    outcome.booted_anew =
        node_.incarnation.known() && node_.incarnation.boot_id != incarnation.boot_id;
    adopt(incarnation);
  }
  note_port(heartbeat, now.mono);
  if (node_.state == NodeState::kLive) {
    outcome.recovered.reset();
    return outcome;
  }
  const bool is_first = node_.state == NodeState::kAwaited;
  outcome.verdict = Verdict{NodeState::kLive,
                            is_first ? "first heartbeat received" : "heartbeats received again"};
  return outcome;
}

void NodeWatch::adopt(const Incarnation& incarnation) {
  node_.incarnation = incarnation;
  node_.incidents_seen = 0;
  changed_ = true;
}

void NodeWatch::note_port(const Heartbeat& heartbeat, MonoTime now) {
  if (node_.port_named || !heartbeat.agent_port || *heartbeat.agent_port == node_.agent.port)
    return;
  node_.agent.port = *heartbeat.agent_port;
  dial_.readdress(now);
  changed_ = true;
}

bool NodeWatch::note_trouble(const Heartbeat& heartbeat, bool follows, MonoTime now) {
  const bool unassigned = node_.state == NodeState::kUnreachable && !follows;
  if (!unassigned && !heartbeat.report) return false;
  if (!unassigned && heartbeat.report->problem.empty()) {
    trouble_.on_well();
    return false;
  }
  using Bus = TroubleRecord::Bus;
  return trouble_.on_trouble(bus_carries_ ? Bus::kCarries : Bus::kDoesNot, now);
}

void NodeWatch::ask_for_report(const Heartbeat& heartbeat, MonoTime now) {
  if (node_.state != NodeState::kLive) return;
  const bool is_missing = heartbeat.incarnation.known() && !report_;
  if (!is_missing) next_fetch_.reset();
  if (is_missing && !next_fetch_) next_fetch_ = now;
}

bool NodeWatch::note_eligibility(const Eligibility& eligibility) {
  if (eligibility_ == eligibility) return false;
  eligibility_ = eligibility;
  return true;
}

IncidentOutcome NodeWatch::take_incidents(const std::vector<Incident>& reported, MonoTime now) {
  IncidentOutcome outcome{.left_out = incidents_.take_left_out(now)};
  const bool was_flooded = incidents_.left_out() > 0;
  for (const Incident& incident : reported) {
    if (incident.number <= node_.incidents_seen) continue;
    node_.incidents_seen = incident.number;
    if (!incidents_.take(now)) continue;  // Nor is it written: a flood costs no commits.
    changed_ = true;
    outcome.fresh.push_back(incident);
  }
  outcome.flood_begins = !was_flooded && incidents_.left_out() > 0;
  return outcome;
}

void NodeWatch::set_capacity(const Resources& capacity) {
  if (node_.capacity == capacity) return;
  node_.capacity = capacity;
  changed_ = true;
}

void NodeWatch::on_dialled(std::uint64_t dial, DialOutcome outcome, MonoTime now) {
  const bool is_received = bus_carries_ && silence_.grade_at(now) == Silence::kShort;
  dial_.on_outcome(dial, outcome,
                   is_received ? DialRecord::BusReceives::kYes : DialRecord::BusReceives::kNo, now);
}

void NodeWatch::on_switched(PowerVerb verb, const Result<void>& outcome, MonoTime now) {
  const bool is_off = verb == PowerVerb::kOff && outcome;
  // The latest incarnation ended as well: late messages of it are no sign of a new one.
  if (is_off && has_agent() && node_.incarnation != order_.received()) adopt(order_.received());
  ladder_.on_switched(verb, outcome, now);
}

std::optional<Verdict> NodeWatch::judge(MonoTime now) {
  if (!is_judged()) return std::nullopt;
  const Evidence evidence{
      .silence = silence_.on_tick(now),
      .silent_for = silence_.silence_at(now),
      .bus_carries = bus_carries_,
      .dial_proven = dial_.proven(),
      .dial = dial_.evidence(),
      .agent_down_for = agent_down_since_ ? now - *agent_down_since_ : Duration::zero()};
  return core::judge(node_.state, evidence, settings_.liveness);
}

NodeTransition NodeWatch::transition_to(NodeState state, std::string evidence, Instant now) {
  NodeTransition transition{
      .node = node_.name, .from = node_.state, .to = state, .evidence = evidence};
  node_.state = state;
  node_.evidence = std::move(evidence);
  node_.changed_at = now.wall;
  changed_ = true;
  agent_down_since_.reset();
  next_fetch_.reset();
  if (state != NodeState::kLive) on_unknown(now);
  switch (state) {
    case NodeState::kAwaited:
    case NodeState::kDead: break;
    case NodeState::kLive:
      set_known_at(std::nullopt);
      dial_.end_silence(now.mono);
      ladder_.on_live();
      break;
    case NodeState::kSuspect: dial_.begin_silence(now.mono); break;
    case NodeState::kUnreachable: next_fetch_ = now.mono; break;
    case NodeState::kAgentDown: agent_down_since_ = now.mono; break;
  }
  return transition;
}

void NodeWatch::begin_recovery(MonoTime now) {
  if (settings_.has_power) ladder_.on_dead(now);
}

std::optional<RecoveryChange> NodeWatch::take_recovery_change() {
  if (node_.recovery == ladder_.recovery()) return std::nullopt;
  RecoveryChange change{.before = std::move(node_.recovery), .after = ladder_.recovery()};
  node_.recovery = ladder_.recovery();
  changed_ = true;
  return change;
}

std::optional<std::uint64_t> NodeWatch::take_dial(MonoTime now) {
  if (!is_judged() || now < dial_.next_dial()) return std::nullopt;
  return dial_.on_dialled(now);
}

bool NodeWatch::take_fetch(MonoTime now) {
  if (!next_fetch_ || now < *next_fetch_) return false;
  next_fetch_ = now + kFetchPeriod;
  return true;
}

std::optional<MonoTime> NodeWatch::next_deadline() const {
  std::optional<MonoTime> next = bus_carries_ ? ladder_.next_deadline() : std::nullopt;
  if (!is_judged()) return next;
  next = earlier(next, silence_.next_deadline());
  next = earlier(next, dial_.next_deadline());
  next = earlier(next, next_fetch_);
  if (agent_down_since_) {
    const MonoTime end_of_grace = *agent_down_since_ + settings_.liveness.agent_down_grace;
    if (end_of_grace > silence_.as_of()) next = earlier(next, end_of_grace);
  }
  return next;
}

void NodeWatch::on_stall(Duration lateness, MonoTime now) {
  silence_.on_stall(lateness, now);
  ladder_.on_stall(lateness, now);
  trouble_.on_stall(lateness, now);
  if (is_judged()) dial_.on_stall(lateness, now);
  // For so long nobody could see the agent come back.
  if (agent_down_since_) *agent_down_since_ += lateness;
}

void NodeWatch::on_bus_restored(MonoTime now) {
  bus_carries_ = true;
  silence_.on_bus_restored(now);
  ladder_.on_bus_restored(now);
  if (is_asked()) dial_.on_bus_restored(now);
  trouble_.on_bus_restored(now);
}

void NodeWatch::check_invariants() const {
  silence_.check_invariants();
  order_.check_invariants();
  dial_.check_invariants();
  ladder_.check_invariants();
  HEARTH_CHECK(agent_down_since_.has_value() == (node_.state == NodeState::kAgentDown));
  trouble_.check_invariants();
  HEARTH_CHECK(node_.recovery == ladder_.recovery());
  HEARTH_CHECK(!changed_);
}

}  // namespace hearth::core
