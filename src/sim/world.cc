#include "sim/world.h"

#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::sim {
namespace {

// FNV-1a.
constexpr std::uint64_t kHashBasis = 0xcbf29ce484222325ULL;
constexpr std::uint64_t kHashPrime = 0x100000001b3ULL;

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
    : prng_(seed), aside_prng_(~seed), options_(std::move(options)), trace_hash_(kHashBasis) {}

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
  const auto add = [this](unsigned char byte) { trace_hash_ = (trace_hash_ ^ byte) * kHashPrime; };
  const auto nanos = static_cast<std::uint64_t>(since_start().count());
  for (int shift = 0; shift < 64; shift += 8) add((nanos >> shift) & 0xff);
  const auto add_text = [&add](std::string_view part) {
    for (const char c : part) add(static_cast<unsigned char>(c));
  };
  options_.words.empty() ? add_text(text) : add_text(translated(std::string(text), options_.words));
  add(0);
}

void World::violate(std::string property, std::string detail) {
  if (violation_) return;
  note("VIOLATION", fmt::format("{}: {}", property, detail));
  violation_ = Violation{now_, std::move(property), std::move(detail)};
}

}  // namespace hearth::sim
