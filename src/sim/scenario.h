#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/world.h"

namespace hearth::sim {

/// A story that a simulated cluster is put through. All but kRandom are scripted, and the seed
/// draws what a script leaves open: delays, latencies, numbers.
enum class Scenario : std::uint8_t {
  kRandom,          ///< Everything that can go wrong does, at random; then it must all come right.
  kPartition,       ///< A node cut from the bus, one cut off, the manager cut off.
  kManagerCrashes,  ///< A deploy and a failover, with the manager killed at one step of it.
  kBrokerStall,     ///< The broker stops and goes on with a burst; is down; loses its topics.
  kPowerCycle,      ///< Nodes die, are power-cycled and come back, with switches that fail.
  kRollingUpdate,   ///< Generations follow each other under crashes.
  kBuilderDeath,    ///< A builder dies with an image that it has not handed over, and comes back.
  kOrdinary,        ///< Ten nodes, a few workloads, and nothing goes wrong: to measure speed by.
};

struct Outcome {
  std::optional<Violation> violation;
  std::vector<std::string> last_lines;  ///< Of the timeline.
  std::uint64_t trace_hash = 0;
  Duration simulated{};
  /// kManagerCrashes: at how many points the manager can be killed, each of which is a seed.
  std::uint64_t crash_points = 0;
};

/// What changes nothing about a history but what is seen of it.
struct HistoryOptions {
  LineSink sink = {};  ///< Gets the timeline as it is written; may be empty.
  Words words = {};    ///< Of the trace.
  WallClocks wall_clocks = WallClocks::kDisagree;
  CoreChecks core_checks = CoreChecks::kAfterEachStep;
};

/// One history.
Outcome run_scenario(Scenario scenario, std::uint64_t seed, HistoryOptions options = {});

/// All of them, by name.
std::vector<std::string_view> scenario_names();

std::string_view name_of(Scenario scenario);
Result<Scenario> parse_scenario(std::string_view text);

}  // namespace hearth::sim
