#include "shell/manager/event_ring.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

EventRing ring_with(std::uint64_t first, std::uint64_t last) {
  EventRing ring(first - 1);
  for (std::uint64_t seq = first; seq <= last; ++seq) ring.add({.seq = seq});
  return ring;
}

TEST(EventRing, ReturnsTheEventsAfterANumber) {
  const EventRing ring = ring_with(11, 20);
  EXPECT_EQ(ring.after(20, 100)->size(), 0U);
  EXPECT_EQ(ring.after(17, 100)->front().seq, 18U);
  EXPECT_EQ(ring.after(10, 3)->size(), 3U);
  EXPECT_EQ(ring.after(10, 3)->back().seq, 13U);
}

TEST(EventRing, ReturnsNothingWhenTheStoreMustBeAsked) {
  const EventRing ring = ring_with(11, 20);
  EXPECT_FALSE(ring.after(9, 100).has_value());
  EXPECT_FALSE(EventRing(5).after(3, 100).has_value());
  EXPECT_TRUE(EventRing(5).after(5, 100).has_value());
}

TEST(EventRing, IsBounded) {
  const EventRing ring = ring_with(1, 3 * EventRing::kEventsMax);
  EXPECT_EQ(ring.after(2 * EventRing::kEventsMax, 10'000)->size(), EventRing::kEventsMax);
  EXPECT_FALSE(ring.after(2 * EventRing::kEventsMax - 1, 10'000).has_value());
}

}  // namespace
}  // namespace hearth
