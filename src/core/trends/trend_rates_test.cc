// How often the trends are mistaken, and how soon they notice a leak, over seeded series: the
// figures of docs/reference/trends.md.

#include <algorithm>

#include <gtest/gtest.h>

#include "core/trends/use_curve.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr int kSeries = 20;
constexpr Duration kWatched = 6h;

double percent(Prng& prng, int low, int high) {
  return static_cast<double>(prng.between(100LL * low, 100LL * high)) / 10'000;
}
Duration minutes(Prng& prng, int low, int high) {
  return std::chrono::seconds(prng.between(60LL * low, 60LL * high));
}

using Draw = std::function<UseCurve(Prng&)>;

/// How many events all containers of a kind cause.
std::size_t events_of(const Draw& draw) {
  std::size_t events = 0;
  for (int i = 0; i < kSeries; ++i) {
    Prng prng(static_cast<std::uint64_t>(i) + 1);
    UseScene scene;
    scene.follow(draw(prng), kWatched);
    events += scene.firings.size();
  }
  return events;
}

/// A heap that is collected at about `high`, at other heights and after other times each time.
UseCurve heap(double low, double high, Duration period, Prng& prng) {
  return [=, &prng, begin = 0.0, length = 0.0, top = high](double s) mutable {
    if (s >= begin + length) {
      begin = s;
      length = std::chrono::duration<double>(period).count() * (0.7 + percent(prng, 0, 60));
      top = low + (high - low) * (0.85 + percent(prng, 0, 20));
    }
    return low + (top - low) * (s - begin) / length;
  };
}

TEST(TrendRates, AHeapThatCollectsWithinThreeQuartersOfItsLimitIsNeverMistaken) {
  EXPECT_EQ(events_of([](Prng& prng) {
              const double low = percent(prng, 5, 40);
              const double high = low + (1 - low) * percent(prng, 20, 60);
              return with_noise(heap(low, high, minutes(prng, 1, 40), prng), 0.02, prng);
            }),
            0U);
}

// Its first rise looks like a leak.
TEST(TrendRates, AHeapThatCollectsShortBeforeItsLimitIsMistakenOnce) {
  EXPECT_LE(events_of([](Prng& prng) {
              return with_noise(
                  heap(percent(prng, 5, 40), percent(prng, 80, 93), minutes(prng, 1, 40), prng),
                  0.01, prng);
            }),
            static_cast<std::size_t>(kSeries));
}

TEST(TrendRates, NoiseIsNeverMistaken) {
  EXPECT_EQ(events_of([](Prng& prng) {
              return with_noise(line(percent(prng, 10, 90), 0), percent(prng, 1, 10), prng);
            }),
            0U);
}

TEST(TrendRates, AWarmUpIsNeverMistaken) {
  EXPECT_EQ(events_of([](Prng& prng) {
              return with_noise(
                  warm_up(percent(prng, 5, 30), percent(prng, 50, 90), minutes(prng, 1, 60)), 0.01,
                  prng);
            }),
            0U);
}

TEST(TrendRates, DaysAndNightsAreNeverMistaken) {
  EXPECT_EQ(events_of([](Prng& prng) {
              const double middle = percent(prng, 40, 60);
              const double height = percent(prng, 10, 30);
              constexpr double kDay = 24 * 3600;
              constexpr double kCircle = 6.283185;
              return with_noise(
                  [=](double s) { return middle + height * std::sin(s / kDay * kCircle); }, 0.02,
                  prng);
            }),
            0U);
}

struct Noticed {
  int leaks = 0;      ///< That were noticed before the limit.
  Duration median{};  ///< Before the limit.
  Duration least{};
};

/// Of leaks that begin after `calm` and reach the limit `full_after` from then.
Noticed notice(Duration calm, Duration full_after) {
  std::vector<Duration> before;
  for (int i = 0; i < kSeries; ++i) {
    Prng prng(static_cast<std::uint64_t>(i) + 1);
    const double from = percent(prng, 5, 50);
    const double per_minute = (1 - from) / std::chrono::duration<double>(full_after).count() * 60;
    UseScene scene;
    scene.follow(with_noise(then(line(from, 0), calm, line(from, per_minute)), 0.01, prng),
                 calm + full_after);
    if (!scene.firings.empty()) before.push_back(calm + full_after - scene.fired_after.front());
  }
  if (before.empty()) return {};
  std::sort(before.begin(), before.end());
  return {static_cast<int>(before.size()), before[before.size() / 2], before.front()};
}

TEST(TrendRates, ALeakIsNoticedInTime) {
  struct Case {
    Duration full_after;
    Duration median;  ///< At least.
    Duration least;
  };
  for (const Duration calm : {Duration(0s), Duration(1h)}) {
    for (const Case& one : {Case{5min, 45s, 30s}, Case{10min, 150s, 120s}, Case{20min, 5min, 5min},
                            Case{1h, 9min, 8min}, Case{5h, 9min, 6min}}) {
      const Noticed noticed = notice(calm, one.full_after);
      EXPECT_EQ(noticed.leaks, kSeries) << one.full_after / 1min;
      EXPECT_GE(noticed.median, one.median) << one.full_after / 1min;
      EXPECT_GE(noticed.least, one.least) << one.full_after / 1min;
      EXPECT_LE(noticed.median, 11min) << one.full_after / 1min;
    }
  }
}

}  // namespace
}  // namespace hearth::core
