#include "core/timed/timed_part.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};

/// Records its calls.
struct FakePart {
  std::optional<MonoTime> deadline;
  Duration excused{};
  std::optional<MonoTime> restored_at;

  std::optional<MonoTime> next_deadline() const { return deadline; }
  void on_stall(Duration lateness, MonoTime) { excused += lateness; }
  void on_bus_restored(MonoTime now) { restored_at = now; }
};
struct WithoutStall {
  std::optional<MonoTime> next_deadline() const { return std::nullopt; }
  void on_bus_restored(MonoTime) {}
};
struct WithoutRestoredBus {
  std::optional<MonoTime> next_deadline() const { return std::nullopt; }
  void on_stall(Duration, MonoTime) {}
};
struct WithoutDeadline {
  void on_stall(Duration, MonoTime) {}
  void on_bus_restored(MonoTime) {}
};

static_assert(TimedPart<FakePart>);
static_assert(TimedPart<TimedParts<FakePart, FakePart>>, "an owner can be a part of another");
static_assert(!TimedPart<WithoutStall>);
static_assert(!TimedPart<WithoutRestoredBus>);
static_assert(!TimedPart<WithoutDeadline>);

TEST(TimedParts, TheNextDeadlineIsTheEarliestThatExists) {
  FakePart early{.deadline = kStart + 1s}, late{.deadline = kStart + 2s}, idle;
  EXPECT_EQ(TimedParts(late, early, idle).next_deadline(), kStart + 1s);
  EXPECT_EQ(TimedParts(idle, late).next_deadline(), kStart + 2s);
  EXPECT_EQ(TimedParts(idle).next_deadline(), std::nullopt);
}

TEST(TimedParts, EveryPartIsNotifiedOfAStallAndOfABusThatCarriesAgain) {
  FakePart one, other;
  TimedParts parts(one, other);
  parts.on_stall(3s, kStart);
  parts.on_bus_restored(kStart);
  for (const FakePart& part : {one, other}) {
    EXPECT_EQ(part.excused, 3s);
    EXPECT_EQ(part.restored_at, kStart);
  }
}

TEST(TimedParts, ConstPartsCanBeAskedForTheirDeadline) {
  const FakePart part{.deadline = kStart};
  EXPECT_EQ(TimedParts(part).next_deadline(), kStart);
}

}  // namespace
}  // namespace hearth::core
