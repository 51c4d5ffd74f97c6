#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <vector>

#include "base/prng.h"
#include "core/trends/usage_trends.h"

namespace hearth::core {

/// For tests: what a container uses, as a share of its limit, as a function of seconds since its
/// start.
using UseCurve = std::function<double(double seconds)>;

/// For tests: a container whose memory follows a curve, sampled every 5 seconds.
class UseScene {
 public:
  static constexpr std::uint64_t kLimit = 64ULL * 1024 * 1024;

  explicit UseScene(std::vector<TrendRule> rules = {}) : trends(rules) { start(); }

  void start() {
    started_at = now;
    take(trends.on_started(now, now));
  }
  void follow(const UseCurve& curve, Duration duration) {
    for (const MonoTime end = now + duration; now < end;) {
      now += std::chrono::seconds(5);
      const double seconds = std::chrono::duration<double>(now - started_at).count();
      const double share = std::max(curve(seconds), 0.0);
      sample({.memory_bytes = static_cast<std::uint64_t>(share * static_cast<double>(kLimit)),
              .memory_limit_bytes = limit});
    }
  }
  void sample(const ContainerUsage& usage) {
    take(trends.on_sample(usage, now));
    trends.check_invariants();
  }
  Duration age() const { return now - started_at; }

  MonoTime now{std::chrono::hours(1)};
  MonoTime started_at{};
  std::optional<std::uint64_t> limit = kLimit;
  UsageTrends trends;
  std::vector<TrendFiring> firings;
  std::vector<Duration> fired_after;  ///< The age of the container at each.

 private:
  void take(const std::vector<TrendFiring>& fired) {
    for (const TrendFiring& firing : fired) {
      firings.push_back(firing);
      fired_after.push_back(age());
    }
  }
};

inline UseCurve line(double from, double per_minute) {
  return [=](double s) { return from + per_minute * s / 60; };
}
inline UseCurve saw_tooth(double low, double high, Duration period) {
  const double length = std::chrono::duration<double>(period).count();
  return [=](double s) { return low + (high - low) * std::fmod(s, length) / length; };
}
/// Rises, ever more slowly, to a plateau.
inline UseCurve warm_up(double low, double high, Duration time) {
  const double tau = std::chrono::duration<double>(time).count();
  return [=](double s) { return high - (high - low) * std::exp(-s / tau); };
}
inline UseCurve with_noise(UseCurve curve, double most, Prng& prng) {
  return [=, &prng](double s) {
    return curve(s) + most * static_cast<double>(prng.between(-1000, 1000)) / 1000;
  };
}
inline UseCurve sum(UseCurve one, UseCurve other) {
  return [=](double s) { return one(s) + other(s); };
}
inline UseCurve then(UseCurve first, Duration at, UseCurve second) {
  const double change = std::chrono::duration<double>(at).count();
  return [=](double s) { return s < change ? first(s) : second(s - change); };
}

}  // namespace hearth::core
