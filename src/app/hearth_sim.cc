// hearth-sim: plays histories of a simulated cluster and explains them.

#include <chrono>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/duration_text.h"
#include "sim/scenario.h"

namespace {

using hearth::sim::Outcome;
using hearth::sim::Scenario;

constexpr int kHeld = 0;
constexpr int kViolated = 1;
constexpr int kUsage = 2;
/// Also of how many are played in one go.
constexpr std::int64_t kSeedMax = 1'000'000'000;

constexpr const char* kAbout =
    "Plays histories of a simulated Hearth cluster: the real manager and agents on simulated time, "
    "machines, engines, broker and disk, with everything that can go wrong. A seed is one history: "
    "the same seed gives the same one, line by line.";
constexpr const char* kExamples =
    "Examples:\n"
    "  hearth-sim --seed 42                       replay one history and read it\n"
    "  hearth-sim --seed 1 --seeds 1000           look for a seed that breaks a promise\n"
    "  hearth-sim --scenario broker-stall --seed 7\n"
    "Scenarios: random, partition, manager-crashes, broker-stall, power-cycle, rolling-update, "
    "builder-death.\n"
    "Exit code: 0 every promise held, 1 one was broken, 2 wrong usage.";

void explain(const Outcome& outcome, Scenario scenario, std::int64_t seed, bool was_told) {
  const hearth::sim::Violation& violation = *outcome.violation;
  fmt::print("\nseed {} of '{}' breaks '{}':\n  {}\n", seed, name_of(scenario), violation.property,
             violation.detail);
  if (was_told) return;
  fmt::print("\nThe last of its timeline (seconds, who, what):\n");
  for (const std::string& line : outcome.last_lines) fmt::print("{}\n", line);
  fmt::print("\nRead all of it with: hearth-sim --scenario {} --seed {}\n", name_of(scenario),
             seed);
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t first = 1;
  std::int64_t count = 1;
  std::string scenario_name = "random";
  CLI::App app(kAbout, "hearth-sim");
  app.footer(kExamples);
  app.add_option("--seed", first, "The history, or the first of several")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{0}, kSeedMax));
  app.add_option("--seeds", count, "How many, counting up; only what breaks a promise is then told")

      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, kSeedMax));
  app.add_option("--scenario", scenario_name, "Which story")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "hearth-sim: {} (see: hearth-sim --help)\n", error.what());
    return kUsage;
  }
  const hearth::Result<Scenario> scenario = hearth::sim::parse_scenario(scenario_name);
  if (!scenario) {
    fmt::print(stderr, "hearth-sim: --scenario {}\n", scenario.error().message);
    return kUsage;
  }

  const bool tell = app.count("--seeds") == 0;
  fmt::print("scenario {}, seed {}{}\n", scenario_name, first,
             count > 1 ? fmt::format(" to {}", first + count - 1) : "");
  const auto began = std::chrono::steady_clock::now();
  hearth::Duration simulated{};
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    hearth::sim::LineSink sink;
    if (tell) sink = [](const std::string& line) { fmt::print("{}\n", line); };
    const Outcome outcome =
        run_scenario(*scenario, static_cast<std::uint64_t>(seed), std::move(sink));
    simulated += outcome.simulated;
    if (outcome.violation) {
      explain(outcome, *scenario, seed, tell);
      return kViolated;
    }
    if (count == 1) fmt::print("trace {:016x}\n", outcome.trace_hash);
  }
  const hearth::Duration took = std::chrono::steady_clock::now() - began;
  fmt::print("every promise held: {} {} in {}, simulated {}\n", count,
             count == 1 ? "history" : "histories", hearth::show_duration(took),
             hearth::show_duration(simulated));
  return kHeld;
}
