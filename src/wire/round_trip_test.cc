#include <gtest/gtest.h>

#include "testing/values/random_values.h"
#include "wire/assignment_codec.h"
#include "wire/canary_codec.h"
#include "wire/event_codec.h"
#include "wire/heartbeat_codec.h"
#include "wire/watch_memory_codec.h"
#include "wire/workload_document.h"

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

TEST(RoundTrip, WatchMemory) {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const WatchMemory memory = RandomValues(seed).watch_memory();
    EXPECT_COMES_BACK(memory, encode(memory).value(), decode_watch_memory);
  }
}

TEST(RoundTrip, WorkloadRequest) {
  const WorkloadName name = WorkloadName::parse("web").value();
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const WorkloadSpec spec = RandomValues(seed).workload_spec();
    EXPECT_COMES_BACK(spec, encode_workload(spec),
                      [&](const std::string& text) { return decode_workload_request(text, name); });
  }
}

TEST(RoundTrip, StoredWorkload) {
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const WorkloadSpec spec = RandomValues(seed).workload_spec();
    EXPECT_COMES_BACK(spec, encode_workload(spec), decode_stored_workload);
  }
}

// Goal: placement never gives a node more than fits into its assignment. Method: the bytes that an
// instance adds to the text, besides its comma, are within what its specification says.
TEST(RoundTrip, AnAssignedInstanceTakesAtMostTheBytesOfItsSpecification) {
  Assignment assignment{.node = NodeName::parse("node1").value(),
                        .number = {},
                        .heartbeat_interval = std::chrono::milliseconds(500),
                        .instances = {},
                        .images = {},
                        .builds = {}};
  const std::size_t empty_bytes = encode(assignment).value().size();
  const WorkloadName longest = WorkloadName::parse(std::string(63, 'w')).value();
  const Digest digest = Digest::parse("sha256:" + std::string(64, 'a')).value();
  for (std::uint64_t seed = 0; seed < kRounds; ++seed) {
    const InstanceSpec spec = RandomValues(seed).instance_spec();
    assignment.instances = {{.id = make_instance_id(longest, ~0ULL),
                             .workload = longest,
                             .generation = {~0ULL},
                             .image = {std::string(255, 'r'), digest},
                             .spec = spec}};
    const std::size_t bytes = encode(assignment).value().size() - empty_bytes;
    ASSERT_LE(bytes + 1, spec.assignment_bytes()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace hearth
