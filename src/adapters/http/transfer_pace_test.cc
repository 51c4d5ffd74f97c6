#include "adapters/http/transfer_pace.h"

#include <gtest/gtest.h>

namespace hearth::http {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr TransferPace kPace{.grace = seconds(30), .bytes_per_second = 1000, .whole_max = hours(1)};

TEST(TransferMeter, LetsAPeerAtTheMinimumRateContinue) {
  TransferMeter meter(kPace);
  for (int second = 0; second < 3000; ++second) {
    EXPECT_EQ(meter.left(), seconds(30)) << second;
    meter.add(1000, seconds(1));
  }
}

TEST(TransferMeter, RunsOutForASlowerPeerWhateverItsSteps) {
  TransferMeter meter(kPace);
  Duration whole = Duration::zero();
  while (meter.left() > std::chrono::milliseconds(900)) {
    meter.add(1, std::chrono::milliseconds(900));
    whole += std::chrono::milliseconds(900);
  }
  EXPECT_GE(whole, seconds(29));
  EXPECT_LE(whole, seconds(31));
}

// Goal: bytes that arrived fast give no credit for hours of silence.
TEST(TransferMeter, LimitsEachStepToTheGrace) {
  TransferMeter meter(kPace);
  meter.add(3'000'000, seconds(1));
  EXPECT_EQ(meter.left(), seconds(30));
}

TEST(TransferMeter, EndsAtTheBoundOfAWholeBodyOfAnySize) {
  TransferMeter meter(kPace);
  meter.add(1ULL << 40, hours(1) - seconds(2));
  EXPECT_EQ(meter.left(), seconds(2));
  meter.add(1ULL << 40, seconds(2));
  EXPECT_EQ(meter.left(), Duration::zero());
}

TEST(TransferMeter, BoundsOnlyTheRateOfAnEndlessStream) {
  TransferMeter meter({seconds(30), 1000, Duration::max()});
  for (int day = 0; day < 1000; ++day) meter.add(100'000'000, hours(24));
  EXPECT_EQ(meter.left(), seconds(30));
  meter.add(0, hours(24));
  EXPECT_GT(meter.left(), Duration::zero()) << "it was faster than required";
}

}  // namespace
}  // namespace hearth::http
