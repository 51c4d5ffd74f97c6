#pragma once

#include <array>
#include <chrono>
#include <string>

#include "base/prng.h"
#include "model/assignment.h"
#include "model/canary.h"
#include "model/event.h"
#include "model/heartbeat.h"
#include "model/settings.h"

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

  /// Within the limits of a request.
  WorkloadSpec workload_spec() {
    WorkloadSpec spec{.kind = coin() ? WorkloadKind::kService : WorkloadKind::kApplication,
                      .instances = static_cast<std::uint32_t>(prng_.below(kInstancesMax + 1)),
                      .bundle = digest(),
                      .instance = {.container = container_spec()},
                      .on_node_lost = coin() ? NodeLossPolicy::kReplace : NodeLossPolicy::kStay};
    spec.instance.container.resources.cpu_millis =
        static_cast<std::uint32_t>(prng_.below(1'000'001));
    spec.instance.container.resources.memory_bytes =
        coin() ? 0 : (6ULL << 20) + prng_.below(1ULL << 40);
    spec.instance.container.pids_max = static_cast<std::uint32_t>(1 + prng_.below(4'194'304));
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

  ContainerSpec container_spec() {
    ContainerSpec spec;
    for (std::uint64_t left = prng_.below(3); left > 0; --left) {
      spec.environment["V" + std::to_string(prng_.below(100))] = text();
    }
    spec.resources = {.cpu_millis = static_cast<std::uint32_t>(number()), .memory_bytes = number()};
    spec.pids_max = static_cast<std::uint32_t>(number());
    return spec;
  }

  AssignedInstance assigned_instance() {
    const auto workload = name<WorkloadName>();
    return {.id = make_instance_id(workload, number()),
            .workload = workload,
            .generation = Generation{number()},
            .desired_state = coin() ? DesiredState::kStage : DesiredState::kRun,
            .image = image(),
            .spec = {.container = container_spec()}};
  }

  InstanceStatus instance_status() {
    InstanceStatus status{.state = static_cast<InstanceState>(
                              prng_.below(static_cast<std::uint64_t>(InstanceState::kLost) + 1)),
                          .container = ContainerId{text()},
                          .restarts = static_cast<std::uint32_t>(number()),
                          .failures = static_cast<std::uint32_t>(number()),
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
    }
    return status;
  }

  Report report() {
    Report report;
    for (std::uint64_t left = prng_.below(4); left > 0; --left) {
      const InstanceId id{text()};
      report.instances.emplace(id, instance_status());
      if (coin()) report.workloads.emplace(id, name<WorkloadName>());
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
    return report;
  }

  Prng prng_;
};

}  // namespace hearth
