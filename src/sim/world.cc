#include "sim/world.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::sim {
namespace {

/// Ends each text in the trace, which has none of it.
constexpr std::string_view kEndOfLine("\0", 1);

/// 2026-01-01T00:00:00Z.
constexpr WallTime kWallStart{std::chrono::seconds(1'767'225'600)};

std::string translated(std::string text, const Words& words) {
  for (const auto& [from, to] : words) {
    std::size_t at = text.find(from);
    while (at != std::string::npos) {
      text.replace(at, from.size(), to);
      at = text.find(from, at + to.size());
    }
  }
  return text;
}

}  // namespace

World::World(std::uint64_t seed, Options options)
    : prng_(seed), aside_prng_(~seed), options_(std::move(options)) {}

WallTime World::wall() const {
  return kWallStart + std::chrono::duration_cast<WallClock::duration>(since_start());
}

void World::at(MonoTime when, Task task) {
  HEARTH_CHECK(when >= now_);
  queue_.push({when, sequence_++, std::move(task)});
}

void World::run_until(MonoTime end) {
  while (!violation_ && !queue_.empty() && queue_.top().when <= end) {
    now_ = queue_.top().when;
    const Task task = std::move(const_cast<Entry&>(queue_.top()).task);
    queue_.pop();
    task();
  }
  if (!violation_) now_ = end;
}

Duration World::between(Duration low, Duration high) {
  return Duration(prng_.between(low.count(), high.count()));
}

void World::note(std::string_view who, std::string_view what) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since_start()).count();
  std::string line =
      fmt::format("{:8.3f}  {:<9} {}", static_cast<double>(millis) / 1000, who, what);
  trace(line);
  if (options_.sink) options_.sink(line);
  lines_.push_back(std::move(line));
  if (lines_.size() > kLinesKeptMax) lines_.pop_front();
}

void World::trace(std::string_view text) {
  const auto nanos = static_cast<std::uint64_t>(since_start().count());
  std::array<char, sizeof nanos> when{};
  for (std::size_t i = 0; i < when.size(); ++i) when[i] = static_cast<char>(nanos >> (8 * i));
  trace_hash_.add({when.data(), when.size()});
  if (options_.words.empty()) {
    trace_hash_.add(text);
  } else {
    trace_hash_.add(translated(std::string(text), options_.words));
  }
  trace_hash_.add(kEndOfLine);
}

void World::violate(std::string property, std::string detail) {
  if (violation_) return;
  note("VIOLATION", fmt::format("{}: {}", property, detail));
  violation_ = Violation{now_, std::move(property), std::move(detail)};
}

}  // namespace hearth::sim
