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
  kRandom,          ///< Everything that can go wrong does, at random; in the end all must be well.
  kPartition,       ///< A node cut from the bus, one cut off, the manager cut off.
  kManagerCrashes,  ///< A deploy and a failover, with the manager killed at one step of it.
  kManagerFreezes,  ///< The manager freezes, once or twice, while a silent node comes back.
  kBrokerStall,     ///< The broker stalls and resumes with a burst; is down; loses its topics.
  kPowerCycle,      ///< Nodes die, are power-cycled and come back, with switches that fail.
  kRollingUpdate,   ///< Generations follow each other during crashes.
  kBuilderDeath,    ///< A builder dies with an image that it has not uploaded, and comes back.
  kServicesFail,    ///< Programs fail in every way, and everything else is well.
  kHandsMeddle,     ///< Somebody does by hand what Docker's command line can.
  kDependencies,    ///< Workloads that start after others, which crash and go away.
  kCrashLoops,      ///< Programs crash for ever, on one node and on all.
  kAdoption,        ///< A container made by hand is adopted, dies, and is let go.
  kOrdinary,        ///< Ten nodes, a few workloads and no faults: to measure speed.
};

struct Outcome {
  std::optional<Violation> violation;
  std::vector<std::string> last_lines;  ///< Of the timeline.
  std::uint64_t trace_hash = 0;
  Duration simulated{};
  /// kManagerCrashes: the number of points at which the manager can be killed; each has a seed.
  std::uint64_t crash_points = 0;
};

/// Options that do not change a history, only what is recorded of it.
struct HistoryOptions {
  LineSink sink = {};  ///< Receives the timeline as it is written; can be empty.
  Words words = {};    ///< Of the trace.
  WallClocks wall_clocks = WallClocks::kDisagree;
  CoreChecks core_checks = CoreChecks::kAfterEachStep;
};

/// Plays one history.
Outcome run_scenario(Scenario scenario, std::uint64_t seed, HistoryOptions options = {});

/// The names of all scenarios.
std::vector<std::string_view> scenario_names();

std::string_view name_of(Scenario scenario);
Result<Scenario> parse_scenario(std::string_view text);

}  // namespace hearth::sim
