#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "adapters/file/sha256.h"
#include "base/prng.h"
#include "model/record.h"
#include "wire/workload_document.h"

namespace hearth {

/// Batches of writes that a manager could make, with values of every shape, and the content of the
/// database after them. For tests; a seed always gives the same batches.
class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : prng_(seed) {}

  /// The next batch. It refers only to existing records.
  std::vector<Write> batch() {
    std::vector<Write> writes;
    for (std::uint64_t left = 1 + prng_.below(8); left > 0; --left) writes.push_back(write());
    return writes;
  }

  /// The expected result of a load() after all batches.
  Snapshot expected() const {
    Snapshot snapshot{.epoch = epoch_, .last_event_seq = last_seq_};
    for (const auto& [name, node] : nodes_) snapshot.nodes.push_back(node);
    for (const auto& [name, workload] : workloads_) snapshot.workloads.push_back(workload);
    for (const auto& [id, instance] : instances_) snapshot.instances.push_back(instance);
    return snapshot;
  }

  Node node() {
    return {.name = *NodeName::parse("node-" + std::to_string(prng_.below(5))),
            .display_name = text(),
            .agent = {.address = text(), .port = number<std::uint16_t>()},
            .port_named = coin(),
            .cordoned = coin(),
            .state = any(NodeState::kDead),
            .evidence = text(),
            .incarnation = {.boot_id = text(), .start_count = number<std::uint64_t>()},
            .incidents_seen = number<std::uint64_t>(),
            .capacity = resources(),
            .recovery = {.phase = any(RecoveryPhase::kQuarantined),
                         .attempt = number<std::uint32_t>(),
                         .reason = text()},
            .changed_at = time(),
            .known_at = maybe([&] { return time(); })};
  }

 private:
  Write write() {
    switch (prng_.below(8)) {
      case 0: return PutEpoch{epoch_ = {number<std::uint64_t>()}};
      case 1: {
        Node fresh = node();
        nodes_.insert_or_assign(fresh.name, fresh);
        return PutNode{std::move(fresh)};
      }
      case 2:
      case 3: {
        Workload fresh = workload();
        workloads_.insert_or_assign(fresh.name, fresh);
        return PutWorkload{std::move(fresh)};
      }
      case 4:
      case 5:
        if (workloads_.empty()) break;
        return put_instance();
      case 6: return delete_something();
      default: break;
    }
    return append_event();
  }

  Write put_instance() {
    Instance fresh = instance();
    instances_.insert_or_assign(fresh.id, fresh);
    return PutInstance{std::move(fresh)};
  }

  Write delete_something() {
    if (instances_.empty()) return append_event();
    const InstanceId id = pick(instances_);
    instances_.erase(id);
    return DeleteInstance{id};
  }

  Write append_event() {
    return AppendEvent{{.seq = ++last_seq_,
                        .at = time(),
                        .type = any(EventType::kInstanceStopped),
                        .subject = text(),
                        .message = text()}};
  }

  Workload workload() {
    return {.name = *WorkloadName::parse("app-" + std::to_string(prng_.below(4))),
            .phase = any(WorkloadPhase::kRemoved),
            .reason = text(),
            .current = maybe([&] { return release(); }),
            .next = maybe([&] { return release(); }),
            .earlier = earlier_releases(),
            .build_node = maybe_node(),
            .next_instance = number<std::uint64_t>()};
  }

  /// Newest first.
  std::vector<Release> earlier_releases() {
    std::vector<Release> releases;
    for (std::uint64_t left = prng_.below(3); left > 0; --left) {
      releases.insert(releases.begin(), release());
    }
    return releases;
  }

  Release release() {
    return {.generation = {++generations_},
            .spec = {.kind = any(WorkloadKind::kOneshot),
                     .instances = static_cast<std::uint32_t>(prng_.below(kInstancesMax + 1)),
                     .bundle = sha256_of(text()),
                     .instance = {.container = container_spec()},
                     .on_node_lost = any(NodeLossPolicy::kStay)},
            .image = maybe([&] { return image(); }),
            .deployed_at = time(),
            .deployed_by = text(),
            .fault = text()};
  }

  Instance instance() {
    const WorkloadName workload = pick(workloads_);
    return {.id = make_instance_id(workload, prng_.below(4)),
            .workload = workload,
            .generation = {number<std::uint64_t>()},
            .node = maybe_node(),
            .desired_state = any(DesiredState::kStop),
            .image = image(),
            .reservation = {.resources = resources(), .assignment_bytes = number<std::size_t>()},
            .status = {.state = any(InstanceState::kLost),
                       .container = {text()},
                       .restarts = number<std::uint32_t>(),
                       .failures = number<std::uint32_t>(),
                       .failed_container = {text()},
                       .cannot_start = coin(),
                       .last_exit = maybe([&] {
                         return ContainerExit{.code = static_cast<int>(number<std::uint32_t>()),
                                              .out_of_memory = any(OutOfMemory::kMain),
                                              .at = time(),
                                              .memory_limit_bytes = maybe_bytes(),
                                              .memory_peak_bytes = maybe_bytes(),
                                              .last_words = text()};
                       }),
                       .reason = text(),
                       .health = any(Health::kDegraded),
                       .health_reason = text(),
                       .must_be_replaced = coin()},
            .replaces = maybe([&] { return InstanceId{text()}; }),
            .is_last_try = coin(),
            .changed_at = time()};
  }

  std::optional<std::uint64_t> maybe_bytes() {
    return maybe([&] { return number<std::uint64_t>(); });
  }

  Image image() {
    return {.reference = text(), .archive = maybe([&] { return sha256_of(text()); })};
  }

  ContainerSpec container_spec() {
    ContainerSpec spec{.environment = {},
                       .resources = {.cpu_millis = 250, .memory_bytes = kMemoryBytesMin},
                       .pids_max = 1 + static_cast<std::uint32_t>(prng_.below(kPidsMaxMax))};
    for (std::uint64_t left = prng_.below(4); left > 0; --left) {
      spec.environment.insert_or_assign(fmt::format("V{}", left), unicode());
    }
    return spec;
  }

  Resources resources() {
    return {.cpu_millis = number<std::uint32_t>(), .memory_bytes = number<std::uint64_t>()};
  }

  std::optional<NodeName> maybe_node() {
    if (nodes_.empty() || coin()) return std::nullopt;
    return pick(nodes_);
  }

  template <class Make>
  auto maybe(Make make) -> std::optional<decltype(make())> {
    if (coin()) return std::nullopt;
    return make();
  }

  /// Often an extreme value.
  template <class T>
  T number() {
    if (prng_.chance(200)) return std::numeric_limits<T>::max();
    if (prng_.chance(200)) return 0;
    return static_cast<T>(prng_.next());
  }

  WallTime time() { return WallTime(WallTime::duration(prng_.between(-1, 1LL << 42))); }

  /// Arbitrary bytes: a reason can contain the last output of a program.
  std::string text() {
    std::string text;
    for (std::uint64_t left = prng_.below(12); left > 0; --left) {
      text += static_cast<char>(prng_.next());
    }
    return text;
  }

  std::string unicode() {
    static constexpr std::string_view kPieces[] = {"a", "\"", "\\", "\n", "ü", "\U0001F525", "="};
    std::string text;
    for (std::uint64_t left = prng_.below(6); left > 0; --left) text += kPieces[prng_.below(7)];
    return text;
  }

  template <class E>
  E any(E last) {
    return static_cast<E>(prng_.below(static_cast<std::uint64_t>(last) + 1));
  }

  template <class Key, class Value>
  Key pick(const std::map<Key, Value>& from) {
    return std::next(from.begin(), static_cast<std::ptrdiff_t>(prng_.below(from.size())))->first;
  }

  bool coin() { return prng_.chance(500); }

  Prng prng_;
  std::uint64_t generations_ = 0;
  Epoch epoch_;
  std::uint64_t last_seq_ = 0;
  std::map<NodeName, Node> nodes_;
  std::map<WorkloadName, Workload> workloads_;
  std::map<InstanceId, Instance> instances_;
};

}  // namespace hearth
