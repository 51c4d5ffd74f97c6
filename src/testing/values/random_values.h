#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "model/assignment.h"
#include "model/canary.h"
#include "model/event.h"
#include "model/heartbeat.h"
#include "model/settings.h"
#include "model/watch_memory.h"

namespace hearth {

/// Values of every shape that the codecs must carry, for tests. The same seed gives the same
/// values.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : prng_(seed) {}

  Heartbeat heartbeat() {
    Heartbeat heartbeat;
    if (coin()) heartbeat.incarnation = {.boot_id = "b" + text(), .start_count = number()};
    if (coin()) heartbeat.seq = number();
    if (coin()) heartbeat.sent_at = MonoTime(Duration(nanoseconds()));
    heartbeat.applied = assignment_number();
    for (auto* permille :
         {&heartbeat.load.cpu, &heartbeat.load.memory, &heartbeat.load.disk,
          &heartbeat.load.cpu_stall, &heartbeat.load.memory_stall, &heartbeat.load.io_stall}) {
      if (coin()) *permille = static_cast<std::uint16_t>(prng_.below(1001));
    }
    if (coin()) heartbeat.agent_port = static_cast<std::uint16_t>(1 + prng_.below(65535));
    if (coin()) heartbeat.report = report();
    if (coin()) heartbeat.node = text();
    return heartbeat;
  }

  Assignment assignment() {
    Assignment assignment{.node = name<NodeName>(),
                          .number = assignment_number(),
                          .heartbeat_interval = Duration(prng_.between(
                              kHeartbeatIntervalMin.count(), kHeartbeatIntervalMax.count())),
                          .instances = {},
                          .images = {},
                          .builds = {}};
    std::map<InstanceId, AssignedInstance> instances;
    for (std::uint64_t left = prng_.below(4); left > 0; --left) {
      AssignedInstance instance = assigned_instance();
      instances.emplace(instance.id, instance);
    }
    for (auto& [id, instance] : instances) assignment.instances.push_back(std::move(instance));
    for (std::uint64_t left = prng_.below(3); left > 0; --left) {
      assignment.images.push_back(image());
      assignment.builds.push_back({name<WorkloadName>(), Generation{number()}, digest(), text()});
    }
    return assignment;
  }

  ClusterEvent event() {
    return {.seq = number(),
            .at = wall_time(),
            .type = static_cast<EventType>(
                prng_.below(static_cast<std::uint64_t>(EventType::kInstanceStopped) + 1)),
            .subject = text(),
            .message = text()};
  }

  Canary canary() {
    return {
        .epoch = Epoch{number()}, .seq = number(), .sent_at = MonoTime(Duration(nanoseconds()))};
  }

  /// As a request may ask for it.
  WorkloadSpec workload_spec() {
    WorkloadSpec spec{.kind = static_cast<WorkloadKind>(prng_.below(3)),
                      .instances = static_cast<std::uint32_t>(prng_.below(kInstancesMax + 1)),
                      .bundle = digest(),
                      .instance = instance_spec(),
                      .on_node_lost = coin() ? NodeLossPolicy::kReplace : NodeLossPolicy::kStay,
                      .node = coin() ? std::optional(name<NodeName>()) : std::nullopt,
                      .after = {},
                      .placement_deadline = duration(1, std::chrono::hours(24))};
    if (spec.node) spec.on_node_lost = NodeLossPolicy::kStay;
    if (spec.kind == WorkloadKind::kOneshot) {
      spec.instances = std::min(spec.instances, 1U);
      spec.instance.restart = coin() ? RestartPolicy::kOnFailure : RestartPolicy::kNever;
    } else if (prng_.below(4) == 0) {
      adopt(spec);
    }
    spec.after = dependencies();
    for (Dependency& one : spec.after) one.restart_with_it = coin();
    return spec;
  }

  /// Its container exists, with all that it has.
  void adopt(WorkloadSpec& spec) {
    spec.instances = 1;
    spec.bundle = no_bundle();
    spec.node = name<NodeName>();
    spec.on_node_lost = NodeLossPolicy::kStay;
    spec.instance.container = {.network = spec.instance.container.network};
    spec.instance.stop.signal.clear();
    spec.instance.replace = ReplaceOrder::kStopFirst;
    spec.instance.adopted =
        AdoptedContainer{.name = "shop_db.1",
                         .restart = coin() ? AdoptedContainer::Restart::kRecreate
                                           : AdoptedContainer::Restart::kStart};
  }

  /// As a request may ask for it.
  InstanceSpec instance_spec() {
    InstanceSpec spec;
    spec.container = requested_container();
    spec.restart = static_cast<RestartPolicy>(prng_.below(3));
    const bool runs_once = !spec.container.devices.empty() || !spec.container.ports.empty();
    spec.replace = runs_once || coin() ? ReplaceOrder::kStopFirst : ReplaceOrder::kStartFirst;
    if (coin()) spec.stop.signal = coin() ? "SIGINT" : "SIGRTMIN+3";
    spec.stop.grace = duration(0, kStopGraceMax);
    if (coin()) spec.stop.pre_stop = command();
    if (coin()) spec.probes.startup = probe();
    if (coin()) spec.probes.readiness = probe();
    if (coin()) spec.probes.liveness = probe();
    if (spec.probes.readiness && spec.probes.liveness) {
      spec.probes.liveness->period = spec.probes.readiness->period;
      spec.probes.liveness->failures = spec.probes.readiness->failures;
    }
    spec.probes.image_healthcheck = static_cast<HealthcheckUse>(prng_.below(3));
    for (std::uint64_t left = prng_.below(4); left > 0; --left) {
      spec.log_rules.push_back(log_rule("rule." + std::to_string(left)));
    }
    for (const TrendOf of :
         {TrendOf::kMemory, TrendOf::kOpenFiles, TrendOf::kProcesses, TrendOf::kRestarts}) {
      if (!coin()) continue;
      if (of == TrendOf::kRestarts) {
        spec.trends.push_back({.of = of, .action = HealthAction::kReplace});
      } else {
        spec.trends.push_back({.of = of, .ahead = duration(1, kRuleTimeMax), .action = action()});
      }
    }
    spec.ready_deadline =
        duration(std::chrono::nanoseconds(std::chrono::hours(1)).count(), std::chrono::hours(24));
    spec.min_ready = duration(0, std::chrono::hours(1));
    return spec;
  }

  /// UTF-8 of all lengths, and characters that JSON must escape.
  std::string text() {
    static constexpr std::array<std::string_view, 14> kPieces = {
        "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\x01", "\x7f", "é", "€", "😀"};
    std::string text;
    for (std::uint64_t left = prng_.below(8); left > 0; --left) {
      text += kPieces[prng_.below(kPieces.size())];
    }
    return text;
  }

  std::string bytes(std::size_t count_max) {
    std::string bytes(prng_.below(count_max + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(prng_.below(256));
    return bytes;
  }

  WatchMemory watch_memory() {
    WatchMemory memory{.boot_id = "b" + text(), .saved_at = MonoTime(Duration(nanoseconds()))};
    for (std::uint64_t left = prng_.below(4); left > 0; --left) {
      memory.instances.emplace(InstanceId{text()}, instance_memory(memory.saved_at));
    }
    return memory;
  }

  Prng& prng() { return prng_; }

 private:
  bool coin() { return prng_.chance(500); }
  /// Small numbers, and ones from both ends of their range.
  std::uint64_t number() { return coin() ? prng_.below(100) : prng_.next() >> prng_.below(64); }
  Duration::rep nanoseconds() { return static_cast<Duration::rep>(number() >> 2); }
  AssignmentNumber assignment_number() {
    return {.epoch = Epoch{number()}, .revision = Revision{number()}};
  }
  WallTime wall_time() {
    return WallTime(std::chrono::milliseconds(prng_.between(-62'167'219'200'000,  // Year 0.
                                                            253'402'300'799'999)));
  }

  template <class N>
  N name() {
    static constexpr std::string_view kLetters = "abcxyz0189-";
    std::string text = "n";
    for (std::uint64_t left = prng_.below(63); left > 0; --left) {
      text += kLetters[prng_.below(kLetters.size())];
    }
    return N::parse(text).value();
  }

  Digest digest() {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string text = "sha256:";
    for (int i = 0; i < 64; ++i) text += kHex[prng_.below(kHex.size())];
    return Digest::parse(text).value();
  }

  Image image() {
    Image image{.reference = text(), .archive = std::nullopt};
    if (coin()) image.archive = digest();
    return image;
  }

  /// Whole units, and fractions of every size.
  Duration duration(Duration::rep low, Duration high) {
    const Duration any(prng_.between(low, high.count()));
    if (coin()) return any;
    return std::max(Duration(low), any - any % std::chrono::seconds(1));
  }

  HealthAction action() { return static_cast<HealthAction>(prng_.below(4)); }

  std::vector<std::string> command() {
    std::vector<std::string> words{"/bin/" + text()};
    for (std::uint64_t left = prng_.below(3); left > 0; --left) words.push_back(text());
    return words;
  }

  Probe probe() {
    Probe probe{.check = TcpCheck{.port = port()},
                .initial_delay = duration(0, kProbeTimeMax),
                .period = duration(kProbeTimeMin.count(), kProbeTimeMax),
                .timeout = duration(kProbeTimeMin.count(), kProbeTimeMax),
                .failures = static_cast<std::uint32_t>(1 + prng_.below(kProbeCountMax)),
                .successes = static_cast<std::uint32_t>(1 + prng_.below(kProbeCountMax))};
    if (coin()) probe.check = ExecCheck{.command = command()};
    if (coin()) probe.check = HttpCheck{.port = port(), .path = "/h\"", .headers = {{"X", "é"}}};
    return probe;
  }

  LogRule log_rule(std::string name) {
    LogRule rule{.name = std::move(name),
                 .condition = LogSilence{.longest = duration(1, kRuleTimeMax)},
                 .stream = static_cast<LogStream>(prng_.below(3)),
                 .action = action(),
                 .hold_off = duration(0, kRuleTimeMax)};
    const std::string pattern = "p" + text();
    if (coin()) {
      rule.condition = MustAppear{.pattern = pattern, .within = duration(1, kRuleTimeMax)};
    }
    if (coin()) {
      rule.condition = MustRecur{.pattern = pattern,
                                 .every = duration(1, kRuleTimeMax),
                                 .grace = duration(0, kRuleTimeMax)};
    }
    if (coin()) {
      rule.condition = MustNotAppear{.pattern = pattern,
                                     .unless = coin() ? text() : "",
                                     .count = static_cast<std::uint32_t>(1 + prng_.below(1000)),
                                     .within = duration(1, kRuleTimeMax)};
    }
    return rule;
  }

  std::uint16_t port() { return static_cast<std::uint16_t>(1 + prng_.below(65535)); }

  ContainerSpec requested_container() {
    ContainerSpec spec;
    for (std::uint64_t left = prng_.below(3); left > 0; --left) {
      spec.environment["V" + std::to_string(prng_.below(100))] = text();
    }
    spec.resources.cpu_millis = static_cast<std::uint32_t>(prng_.below(1'000'001));
    spec.resources.memory_bytes = coin() ? 0 : (6ULL << 20) + prng_.below(1ULL << 40);
    spec.pids_max = static_cast<std::uint32_t>(1 + prng_.below(4'194'304));
    if (coin()) spec.network = NetworkMode::kHost;
    if (spec.network == NetworkMode::kBridge && coin()) {
      spec.ports.push_back({.host_port = 80, .container_port = port()});
      spec.ports.push_back({.host_port = 80,
                            .container_port = port(),
                            .protocol = TransportProtocol::kUdp,
                            .host_address = "2001:db8::7"});
    }
    if (coin()) spec.devices.push_back({.host_path = "/dev/" + path(), .container_path = "/dev/a"});
    return spec;
  }

  std::string path() { return "a:" + std::to_string(prng_.below(100)) + "\"é"; }

  AssignedInstance assigned_instance() {
    const auto workload = name<WorkloadName>();
    return {.id = make_instance_id(workload, number()),
            .workload = workload,
            .generation = Generation{number()},
            .desired_state = coin() ? DesiredState::kStage : DesiredState::kRun,
            .image = image(),
            .spec = instance_spec(),
            .after = dependencies()};
  }

  std::vector<Dependency> dependencies() {
    std::set<WorkloadName> awaited;
    for (std::uint64_t left = prng_.below(3); left > 0; --left)
      awaited.insert(name<WorkloadName>());
    std::vector<Dependency> dependencies;
    for (const WorkloadName& workload : awaited) {
      dependencies.push_back(
          {.workload = workload,
           .until = coin() ? Dependency::Until::kStarted : Dependency::Until::kReady});
    }
    return dependencies;
  }

  InstanceStatus instance_status() {
    InstanceStatus status{.state = static_cast<InstanceState>(
                              prng_.below(static_cast<std::uint64_t>(InstanceState::kLost) + 1)),
                          .container = ContainerId{text()},
                          .restarts = static_cast<std::uint32_t>(number()),
                          .failures = static_cast<std::uint32_t>(number()),
                          .failed_container = ContainerId{text()},
                          .cannot_start = coin(),
                          .last_exit = std::nullopt,
                          .reason = text(),
                          .health = static_cast<Health>(prng_.below(4)),
                          .health_reason = text(),
                          .must_be_replaced = coin()};
    if (coin()) {
      status.last_exit = ContainerExit{.code = static_cast<int>(prng_.below(256)),
                                       .out_of_memory = static_cast<OutOfMemory>(prng_.below(3)),
                                       .at = wall_time()};
      if (coin()) status.last_exit->memory_limit_bytes = number();
      if (coin()) status.last_exit->memory_peak_bytes = number();
      if (coin()) status.last_exit->last_words = text();
    }
    return status;
  }

  InstanceUsage instance_usage() {
    InstanceUsage usage;
    if (coin()) usage.cpu_permille = static_cast<std::uint32_t>(number());
    for (auto* one : {&usage.memory_bytes, &usage.memory_limit_bytes, &usage.processes,
                      &usage.processes_max, &usage.open_files, &usage.open_files_max}) {
      if (coin()) *one = number();
    }
    if (coin()) usage.memory_full_in = std::chrono::seconds(prng_.below(1'000'000));
    return usage;
  }
  /// Of this boot, or of an earlier one.
  MonoTime instant_before(MonoTime now) { return now - Duration(nanoseconds() >> 1); }
  std::vector<MonoTime> instants_before(MonoTime now) {
    std::set<MonoTime> instants;
    for (std::uint64_t left = prng_.below(3); left > 0; --left)
      instants.insert(instant_before(now));
    return {instants.begin(), instants.end()};
  }
  LogPosition log_position() {
    if (coin()) return {};
    return {.stamp = nanoseconds(),
            .lines = static_cast<std::uint32_t>(1 + prng_.below(9)),
            .latest = nanoseconds()};
  }
  InstanceMemory instance_memory(MonoTime now) {
    const InstanceStatus status = instance_status();
    InstanceMemory memory{.generation = Generation{number()},
                          .container = status.container,
                          .ended = ContainerId{text()},
                          .is_to_stop = coin(),
                          .cursor = {log_position(), log_position()},
                          .rules = {.fingerprint = number(), .started_at = {}, .rules = {}},
                          .probes = {.probes = instance_spec().probes, .started_at = {}},
                          .pending = {.restart = text(), .replace = text()},
                          .restart = {.running_since = {},
                                      .stops = instants_before(now),
                                      .waits = static_cast<std::uint32_t>(number()),
                                      .next_start = now + Duration(nanoseconds() >> 2),
                                      .in_crash_loop = coin()},
                          .finished = coin(),
                          .last_exit = status.last_exit,
                          .restarts = status.restarts,
                          .failures = status.failures};
    if (coin()) memory.rules.started_at = instant_before(now);
    if (coin()) memory.probes.started_at = instant_before(now);
    if (coin()) memory.restart.running_since = instant_before(now);
    for (std::uint64_t left = prng_.below(3); left > 0; --left) {
      RuleMemory rule{.is_met = coin(), .may_be_skipped = coin(), .counted = instants_before(now)};
      if (coin()) rule.fault = text();
      if (coin())
        rule.last = LogFiring{text(), action(), text(), text(), number(), instant_before(now)};
      memory.rules.rules.push_back(std::move(rule));
    }
    memory.probes.has_startup_passed = coin();
    memory.probes.readiness = static_cast<ProbeVerdict>(prng_.below(3));
    memory.probes.readiness_failure = text();
    memory.probes.healthcheck = {.was_healthy = coin(), .is_excused = coin()};
    return memory;
  }

  Report report() {
    Report report;
    for (std::uint64_t left = prng_.below(4); left > 0; --left) {
      const InstanceId id{text()};
      report.instances.emplace(id, instance_status());
      if (coin()) report.workloads.emplace(id, name<WorkloadName>());
      if (coin()) report.usage.emplace(id, instance_usage());
      report.images.push_back(text());
      report.builds.push_back({.workload = name<WorkloadName>(),
                               .generation = Generation{number()},
                               .state = static_cast<BuildState>(prng_.below(3)),
                               .archive = std::nullopt,
                               .reason = text(),
                               .reference = text()});
      if (coin()) report.builds.back().archive = digest();
    }
    report.capacity = {.cpu_millis = static_cast<std::uint32_t>(number()),
                       .memory_bytes = number()};
    report.problem = text();
    report.shortage = text();
    return report;
  }

  Prng prng_;
};

}  // namespace hearth
