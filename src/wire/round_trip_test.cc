#include <gtest/gtest.h>

#include "testing/values/random_values.h"
#include "wire/assignment_codec.h"
#include "wire/canary_codec.h"
#include "wire/event_codec.h"
#include "wire/heartbeat_codec.h"
#include "wire/workload_request_codec.h"

namespace hearth {
namespace {

constexpr std::uint64_t kRounds = 5'000;

// Goal: each side reads what the other writes.
// Method: values of every shape, each from its own seed, which a failure names.
#define EXPECT_COMES_BACK(value, encoded, decode)                         \
  do {                                                                    \
    const auto decoded = decode(encoded);                                 \
    ASSERT_TRUE(decoded.has_value())                                      \
        << "seed " << seed << ": " << encoded << decoded.error().message; \
    ASSERT_EQ(*decoded, value) << "seed " << seed << ": " << encoded;     \
  } while (false)

TEST(RoundTrip, Heartbeat) {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const Heartbeat heartbeat = RandomValues(seed).heartbeat();
    EXPECT_COMES_BACK(heartbeat, encode(heartbeat), decode_heartbeat);
  }
}

TEST(RoundTrip, Assignment) {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const Assignment assignment = RandomValues(seed).assignment();
    const std::string text = encode(assignment).value();
    EXPECT_COMES_BACK(assignment, text, decode_assignment);
  }
}

TEST(RoundTrip, ClusterEvent) {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const ClusterEvent event = RandomValues(seed).event();
    EXPECT_COMES_BACK(event, encode(event, "hearth."), decode_cluster_event);
  }
}

TEST(RoundTrip, Canary) {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const Canary canary = RandomValues(seed).canary();
    EXPECT_COMES_BACK(canary, encode(canary), decode_canary);
  }
}

TEST(RoundTrip, WorkloadRequest) {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const WorkloadSpec spec = RandomValues(seed).workload_spec();
    EXPECT_COMES_BACK(spec, encode_workload_request(spec), decode_workload_request);
  }
}

}  // namespace
}  // namespace hearth
