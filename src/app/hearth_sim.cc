// hearth-sim: plays histories of a simulated cluster and explains them.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "base/duration_text.h"
#include "sim/scenario.h"

namespace {

using hearth::Result;
using hearth::sim::Outcome;
using hearth::sim::Scenario;
using hearth::sim::Words;

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
    "  hearth-sim --seeds 1000 --hashes           one line a history, to compare two builds by\n";
constexpr const char* kExitCodes =
    "Exit code: 0 every promise held, 1 one was broken, 2 wrong usage.";

/// Lines `from => to`; empty ones and those that begin with '#' are left out.
Result<Words> read_words(const std::string& path) {
  constexpr std::string_view kArrow = " => ";
  std::ifstream file(path);
  if (!file)
    return hearth::fail(hearth::ErrorCode::kNotFound, fmt::format("cannot read '{}'", path));
  Words words;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t arrow = line.find(kArrow);
    if (arrow == 0 || arrow == std::string::npos) {
      return hearth::fail(hearth::ErrorCode::kInvalidArgument,
                          fmt::format("{}:{}: must be 'FROM => TO'", path, number));
    }
    words.emplace_back(line.substr(0, arrow), line.substr(arrow + kArrow.size()));
  }
  return words;
}

std::string all_scenarios() {
  return fmt::format("Scenarios: {}.\n", fmt::join(hearth::sim::scenario_names(), ", "));
}

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

/// Goes on after a broken promise: what is compared is whether both builds break it.
template <class Play>
int tell_hashes(std::string_view scenario, std::int64_t first, std::int64_t count,
                const Play& play) {
  int code = kHeld;
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    const Outcome outcome = play(seed, {});
    fmt::print("{} {} {:016x}{}\n", scenario, seed, outcome.trace_hash,
               outcome.violation ? " breaks " + outcome.violation->property : "");
    if (outcome.violation) code = kViolated;
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t first = 1;
  std::int64_t count = 1;
  std::string scenario_name = "random";
  CLI::App app(kAbout, "hearth-sim");
  bool hashes = false;
  std::string words_file;
  app.footer(kExamples + all_scenarios() + kExitCodes);
  app.add_option("--seed", first, "The history, or the first of several")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{0}, kSeedMax));
  app.add_option("--seeds", count, "How many, counting up; only what breaks a promise is then told")

      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, kSeedMax));
  app.add_option("--scenario", scenario_name, "Which story")->capture_default_str();
  app.add_flag("--hashes", hashes,
               "Tell of each history only its scenario, seed and trace, and what it broke");
  app.add_option("--words", words_file,
                 "A file of 'FROM => TO': the trace is hashed as if TO had been said for FROM");
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

  Result<Words> words = words_file.empty() ? Words{} : read_words(words_file);
  if (!words) {
    fmt::print(stderr, "hearth-sim: --words {}\n", words.error().message);
    return kUsage;
  }

  const auto play = [&](std::int64_t seed, hearth::sim::LineSink sink) {
    return run_scenario(*scenario, static_cast<std::uint64_t>(seed), std::move(sink),
                        hearth::sim::WallClocks::kDisagree, *words);
  };
  if (hashes) return tell_hashes(scenario_name, first, count, play);
  const bool tell = app.count("--seeds") == 0;
  fmt::print("scenario {}, seed {}{}\n", scenario_name, first,
             count > 1 ? fmt::format(" to {}", first + count - 1) : "");
  const auto began = std::chrono::steady_clock::now();
  hearth::Duration simulated{};
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    hearth::sim::LineSink sink;
    if (tell) sink = [](const std::string& line) { fmt::print("{}\n", line); };
    const Outcome outcome = play(seed, std::move(sink));
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
