#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fnv_hash.h"
#include "base/prng.h"
#include "base/time.h"

namespace hearth::sim {

using Task = std::function<void()>;
using LineSink = std::function<void(const std::string& line)>;

/// Pieces of text and their replacements in the trace: the words of another revision, so that two
/// revisions that differ only in words have the same histories. Applied one after the other.
using Words = std::vector<std::pair<std::string, std::string>>;

/// Whether the machines' wall clocks show the same time.
enum class WallClocks : std::uint8_t { kAgree, kDisagree };

/// Whether the parts of a core are checked against each other after each of its steps, and cores
/// are replaced with copies (core_check.h).
enum class CoreChecks : std::uint8_t { kNone, kAfterEachStep };

/// How far a machine's wall clock is off, and how far after it has been set.
struct WallError {
  WallClock::duration before{};
  WallClock::duration after{};
  MonoTime set_at = MonoTime::max();

  WallClock::duration at(MonoTime now) const { return now < set_at ? before : after; }
};

/// A property that did not hold.
struct Violation {
  MonoTime at;
  std::string property;  ///< Its stable name.
  std::string detail;
};

/// The base of everything simulated: one clock, one source of chance, one queue of future tasks,
/// and the timeline of the past.
///
/// Deterministic: tasks run in the order of their instants and, at the same instant, in the order
/// of the requests; all chance comes from the seed. So one seed is one history, and trace_hash()
/// shows whether two runs were the same. Not thread-safe.
class World {
 public:
  /// The part of the timeline that is kept for the report of a violation.
  static constexpr std::size_t kLinesKeptMax = 60;

  struct Options {
    LineSink sink = {};  ///< Receives each line of the timeline as it is written; can be empty.
    Words words = {};    ///< Of the trace.
    CoreChecks core_checks = CoreChecks::kAfterEachStep;
  };
  World(std::uint64_t seed, Options options);

  MonoTime now() const { return now_; }
  Duration since_start() const { return now_ - kStart; }
  /// The time that a correct clock shows.
  WallTime wall() const;

  void at(MonoTime when, Task task);
  void after(Duration delay, Task task) { at(now_ + delay, std::move(task)); }
  /// Runs what is due until `end`, where it leaves the clock; stops early at a violation.
  void run_until(MonoTime end);

  Prng& prng() { return prng_; }
  /// Uniform in [low, high].
  Duration between(Duration low, Duration high);
  bool chance(std::uint32_t permille) { return permille > 0 && prng_.chance(permille); }
  bool checks_cores() const { return options_.core_checks == CoreChecks::kAfterEachStep; }
  /// Like chance(), but from a separate source: for draws that must not change the history.
  bool chance_aside(std::uint32_t permille) { return aside_prng_.chance(permille); }

  /// Writes a line to the timeline and into the trace.
  void note(std::string_view who, std::string_view what);
  /// Adds to the trace only: for events too frequent to be read.
  void trace(std::string_view text);
  /// Notes a violation; the first one ends the run.
  void violate(std::string property, std::string detail);

  std::uint64_t trace_hash() const { return trace_hash_.value(); }
  const std::optional<Violation>& violation() const { return violation_; }
  const std::deque<std::string>& last_lines() const { return lines_; }

 private:
  struct Entry {
    MonoTime when;
    std::uint64_t sequence;
    Task task;
    bool operator<(const Entry& other) const {
      return when != other.when ? when > other.when : sequence > other.sequence;
    }
  };
  /// Not zero, so that a forgotten instant is noticed.
  static constexpr MonoTime kStart{std::chrono::hours(1)};

  MonoTime now_ = kStart;
  Prng prng_;
  Prng aside_prng_;
  Options options_;
  std::priority_queue<Entry> queue_;
  std::uint64_t sequence_ = 0;
  FnvHash trace_hash_;
  std::deque<std::string> lines_;
  std::optional<Violation> violation_;
};

}  // namespace hearth::sim
