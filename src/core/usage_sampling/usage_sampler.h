#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/usage_sampling/usage_messages.h"
#include "model/ids.h"
#include "model/instance_usage.h"

namespace hearth::core {

/// Decides when the runtime is asked what each running container uses, and knows the latest answer.
///
/// Every container is asked about once a period, each at its own time within it, which its id
/// determines: so a node with many of them is never asked about all at once. At most kInFlightMax
/// requests wait for an answer. A container whose request is not answered is not asked about again
/// before kTimeout; a late answer is dropped. So a runtime that hangs gets kInFlightMax requests in
/// each kTimeout, for any number of containers.
///
/// It judges nothing (core/trends does). Sans-io, not thread-safe.
class UsageSampler {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(5);
  static constexpr Duration kTimeout = std::chrono::seconds(15);
  static constexpr std::size_t kInFlightMax = 4;
  /// How often it looks which containers run, and asks about those that are due: at the first event
  /// after that, or kLookSlack later. So a node that sends heartbeats does not wake for it.
  static constexpr Duration kLookPeriod = std::chrono::seconds(1);
  static constexpr Duration kLookSlack = std::chrono::milliseconds(500);

  using Running = std::map<InstanceId, ContainerId>;
  using Usages = std::map<InstanceId, InstanceUsage>;

  struct Sampled {
    ContainerId container;
    MonoTime next{};                      ///< When it is to be asked about, answered or not.
    std::optional<std::uint64_t> number;  ///< Of the request that waits for its answer.
    std::optional<InstanceUsage> usage;   ///< As of `sampled_at`.
    MonoTime sampled_at{};
    std::optional<Duration> cpu_time;  ///< Used up to then.
    bool operator==(const Sampled&) const = default;
  };
  struct State {
    std::map<InstanceId, Sampled> instances;
    std::uint64_t requests = 0;  ///< So far.
    MonoTime next_look{};
    bool operator==(const State&) const = default;
  };

  UsageSampler() = default;
  explicit UsageSampler(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  /// False: the answer came too late, or its container has been replaced; it says nothing.
  bool on_sampled(const UsageSampled& answer, MonoTime now);
  /// Lets time pass; call it after every event while the runtime may be asked. `running` is called
  /// at most once a kLookPeriod.
  std::vector<SampleUsage> tend(const std::function<Running()>& running, MonoTime now);
  /// Lets time pass while it may not.
  void rest(MonoTime now) { state_.next_look = std::max(state_.next_look, now + kLookPeriod); }

  /// Of the containers that run, as far as it is known. CPU: over the time between two samples.
  Usages usages() const;

  std::optional<MonoTime> next_deadline() const { return state_.next_look + kLookSlack; }
  /// Does nothing: a late sample is merely late.
  void on_stall(Duration, MonoTime) {}
  /// Does nothing: samples do not travel over the bus.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  void look(const Running& running, MonoTime now);
  std::size_t in_flight(MonoTime now) const;
  std::optional<SampleUsage> next_request(MonoTime now);

  State state_;
};

}  // namespace hearth::core
