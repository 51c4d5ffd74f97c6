// How many lines of a log a node judges per second, on one core.

#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "adapters/log_match/re2_pattern_compiler.h"
#include "base/check.h"
#include "base/prng.h"
#include "base/shortened.h"
#include "core/log_rules/log_rules.h"

namespace hearth::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLines = 20'000;
constexpr std::size_t kLineBytes = 120;
constexpr std::size_t kMatchesOneIn = 1'000;
/// What one read of the runtime's log holds.
constexpr std::size_t kBatchLines = 500;

LogRule bad(std::string name, std::string pattern) {
  return {.name = std::move(name),
          .condition = MustNotAppear{
              .pattern = std::move(pattern), .unless = "retrying", .count = 3, .within = 1min}};
}

/// What the rules beyond the first 20 look for.
enum class Further {
  kOrdinary,  ///< One component of a system each; a fourth of them has a gap ('.*').
  kHardest,   ///< A gap each, which most lines enter: the states to tell apart multiply.
};

std::string further_pattern(Further kind, std::size_t i) {
  if (kind == Further::kHardest) return fmt::format("x=\\d+{} .*fail.*code {}", i, i);
  if (i % 4 == 0) return fmt::format("component-{}: (error|fatal)", i);
  if (i % 4 == 1) return fmt::format("\\bE{:04}\\b", i);
  if (i % 4 == 2) return fmt::format("worker {} .*(failed|timed out)", i);
  return fmt::format("x=-{}\\b", i);
}

/// Rules as operators write them.
std::vector<LogRule> rules_of(std::size_t count, Further further) {
  constexpr std::array<const char*, 18> kPatterns = {
      "connection (refused|reset)",
      "out of memory",
      "panic:",
      "FATAL",
      "(?i)segmentation fault",
      "deadlock detected",
      "disk (full|failure)",
      "no space left on device",
      "timeout after \\d+ ?m?s",
      "ERROR.*database",
      "could not (open|read|write) file",
      "replication lag [0-9]{3,}",
      "too many (open files|connections)",
      "authentication failed for \\w+",
      "checksum mismatch",
      "(?i)broken pipe",
      "unhandled exception",
      "certificate .* expired",
  };
  std::vector<LogRule> rules;
  for (const char* pattern : kPatterns)
    rules.push_back(bad(fmt::format("bad-{}", pattern), pattern));
  rules.push_back({.name = "ready", .condition = MustAppear{"listening on", 30s}});
  rules.push_back({.name = "alive", .condition = MustRecur{"sensors \\d+", 10s, {}}});
  for (std::size_t i = rules.size(); i < count; ++i) {
    rules.push_back(bad(fmt::format("further-{}", i), further_pattern(further, i)));
  }
  rules.resize(count);
  return rules;
}

std::vector<std::string> some_lines() {
  constexpr std::array<std::string_view, 17> kWords = {
      "request",    "from",   "10.0.0.17", "user=alice", "GET",       "/api/v1/items",
      "status=200", "y=21",   "took=12",   "worker",     "INFO",      "opened",
      "session",    "closed", "id=4711",   "items",      "checkpoint"};
  Prng prng(1);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < kLines; ++i) {
    std::string line = "2026-03-01T09:15:02.123Z ";
    if (i % kMatchesOneIn == 0) line += "connection refused by the database ";
    while (line.size() < kLineBytes) {
      line += kWords[prng.below(kWords.size())];
      line += prng.chance(30) ? fmt::format(" x={} ", prng.below(100'000)) : " ";
      if (prng.chance(30)) line += fmt::format("worker {} ", prng.below(200));
    }
    line.resize(kLineBytes);
    lines.push_back(std::move(line));
  }
  return lines;
}

core::LogLines read(std::span<const std::string> lines, LineMatcher& matcher) {
  core::LogLines batch{.from_stdout = {.count = lines.size()}};
  for (const std::string& line : lines) {
    for (const std::uint16_t rule : matcher.match(line, LogStream::kStdout)) {
      batch.matched.push_back(
          {.rule = rule, .text = shortened(line, core::RuleWatch::kEvidenceBytesMax)});
    }
  }
  return batch;
}

/// From the text of a line to what follows from it. One line in a thousand matches.
void log_rules(benchmark::State& state, Further further) {
  const std::vector<LogRule> rules = rules_of(static_cast<std::size_t>(state.range(0)), further);
  const std::vector<std::string> lines = some_lines();
  Result<std::unique_ptr<LineMatcher>> matcher = log_match::Re2PatternCompiler().compile(rules);
  HEARTH_CHECK(matcher.has_value());
  MonoTime now(1h);
  core::LogRules log(rules, now);
  log.on_started(now, now);
  log.on_reading(core::LogReading::kCaughtUp, now);
  std::size_t at = 0;
  std::int64_t matches = 0;
  for (auto _ : state) {
    const core::LogLines batch = read(std::span(lines).subspan(at, kBatchLines), **matcher);
    matches += static_cast<std::int64_t>(batch.matched.size());
    now += 500us;
    benchmark::DoNotOptimize(log.on_lines(batch, now));
    benchmark::DoNotOptimize(log.tend(now));
    at = (at + kBatchLines) % kLines;
  }
  const std::int64_t read_lines = state.iterations() * static_cast<std::int64_t>(kBatchLines);
  HEARTH_CHECK(matches > 0 && matches <= read_lines / static_cast<std::int64_t>(kMatchesOneIn) + 1);
  state.SetItemsProcessed(read_lines);
}
BENCHMARK_CAPTURE(log_rules, ordinary, Further::kOrdinary)->Arg(1)->Arg(20)->Arg(200);
BENCHMARK_CAPTURE(log_rules, hardest, Further::kHardest)->Arg(200);

}  // namespace
}  // namespace hearth::bench
