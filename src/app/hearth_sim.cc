// hearth-sim: replays histories of a simulated cluster and explains them.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/command_line.h"
#include "base/duration_text.h"
#include "sim/scenario.h"

namespace {

using hearth::Result;
using hearth::sim::Outcome;
using hearth::sim::Scenario;
using hearth::sim::Words;

constexpr int kHeld = 0;
constexpr int kViolated = 1;
/// The largest seed, and the most histories in one run.
constexpr std::uint32_t kSeedMax = 1'000'000'000;

/// Lines `from => to`; empty lines and those starting with '#' are ignored.
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

struct Options {
  std::uint32_t first = 1;
  std::optional<std::uint32_t> count;
  Scenario scenario = Scenario::kRandom;
  bool hashes = false;
  bool unchecked = false;
  Words words;
};

hearth::usage::Program describe(Options& into) {
  static const std::string names = fmt::format("{}", fmt::join(hearth::sim::scenario_names(), " "));
  hearth::usage::Arguments arguments;
  arguments.value({"--seed", "N", "the history, or the first of several (1)"}, into.first, 0,
                  kSeedMax);
  arguments.value({"--seeds", "N", "how many, counting up; reports only broken promises (1)"},
                  into.count, 1, kSeedMax);
  arguments.parsed({"--scenario", "NAME", "the scenario (random)", names},
                   hearth::sim::parse_scenario, into.scenario);
  arguments.flag(
      {"--hashes", "", "per history only its scenario, seed, trace hash and broken promise"},
      into.hashes);
  arguments.flag(
      {"--unchecked", "", "skip the checks of the cores after each step, which take time"},
      into.unchecked);
  arguments.parsed({"--words", "FILE", "lines FROM => TO: hash with each FROM replaced by TO",
                    hearth::usage::kFiles},
                   read_words, into.words);
  const hearth::usage::CommandText text{
      .name = {},
      .summary = "Plays histories of a simulated Hearth cluster.",
      .details =
          "Runs the real manager and agents on simulated time, machines, engines, broker "
          "and\ndisks, with everything that can go wrong. A seed is one history: the same seed "
          "gives\nthe same lines.",
      .examples = {
          {"hearth-sim --seed 42", "replay one history and read it"},
          {"hearth-sim --seed 1 --seeds 1000", "look for a seed that breaks a promise"},
          {"hearth-sim --scenario broker-stall --seed 7", ""},
          {"hearth-sim --seeds 1000 --hashes", "one line per history, to compare builds"}}};
  return {.name = "hearth-sim",
          .man_section = 1,
          .summary = "Hearth's simulator.",
          .sections = {{.title = "Scenarios", .text = names},
                       {.title = "Exit codes",
                        .text = "0 every promise held; 1 one was broken; 2 wrong usage"}},
          .commands = {{text, std::move(arguments)}}};
}

/// Write errors are detected at the end, by output_has_arrived().
template <class... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
  std::fputs(fmt::format(format, std::forward<Values>(values)...).c_str(), stdout);
}

void explain(const Outcome& outcome, Scenario scenario, std::int64_t seed, bool was_given) {
  const hearth::sim::Violation& violation = *outcome.violation;
  say("\nseed {} of '{}' breaks '{}':\n  {}\n", seed, name_of(scenario), violation.property,
      violation.detail);
  if (was_given) return;
  say("\nThe end of its timeline (seconds, who, what):\n");
  for (const std::string& line : outcome.last_lines) say("{}\n", line);
  say("\nRead all of it with: hearth-sim --scenario {} --seed {}\n", name_of(scenario), seed);
}

Outcome play_one(const Options& options, std::int64_t seed, hearth::sim::LineSink sink) {
  return run_scenario(options.scenario, static_cast<std::uint64_t>(seed),
                      {.sink = std::move(sink),
                       .words = options.words,
                       .core_checks = options.unchecked ? hearth::sim::CoreChecks::kNone
                                                        : hearth::sim::CoreChecks::kAfterEachStep});
}

/// Continues after a broken promise: the comparison is whether both builds break it.
int tell_hashes(const Options& options) {
  const std::int64_t first = options.first;
  int code = kHeld;
  for (std::int64_t seed = first; seed < first + options.count.value_or(1); ++seed) {
    const Outcome outcome = play_one(options, seed, {});
    say("{} {} {:016x}{}\n", name_of(options.scenario), seed, outcome.trace_hash,
        outcome.violation ? " breaks " + outcome.violation->property : "");
    if (outcome.violation) code = kViolated;
  }
  return code;
}

int play(const Options& options) {
  const std::int64_t first = options.first;
  const std::int64_t count = options.count.value_or(1);
  const bool tell = !options.count;
  say("scenario {}, seed {}{}\n", name_of(options.scenario), first,
      count > 1 ? fmt::format(" to {}", first + count - 1) : "");
  const auto began = std::chrono::steady_clock::now();
  hearth::Duration simulated{};
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    hearth::sim::LineSink sink;
    if (tell) sink = [](const std::string& line) { say("{}\n", line); };
    const Outcome outcome = play_one(options, seed, std::move(sink));
    simulated += outcome.simulated;
    if (outcome.violation) {
      explain(outcome, options.scenario, seed, tell);
      return kViolated;
    }
    if (count == 1) say("trace {:016x}\n", outcome.trace_hash);
  }
  const hearth::Duration took = std::chrono::steady_clock::now() - began;
  say("every promise held: {} {} in {}, simulated {}\n", count,
      count == 1 ? "history" : "histories", hearth::show_duration(took),
      hearth::show_duration(simulated));
  return kHeld;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const hearth::usage::Program program = describe(options);
  if (const auto code = hearth::read_command_line(program, argc, argv)) return *code;
  const int outcome = options.hashes ? tell_hashes(options) : play(options);
  return hearth::output_has_arrived(program.name) ? outcome : kViolated;
}
