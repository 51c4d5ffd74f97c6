#include "wire/assignment_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string fault_of(std::string_view text) {
  const Result<Assignment> assignment = decode_assignment(text);
  if (assignment) return "";
  EXPECT_EQ(assignment.error().code, ErrorCode::kCorrupt);
  return assignment.error().message;
}

std::string with_instances(std::string_view instances) {
  return R"({"v":1,"node":"node1","epoch":1,"revision":1,"heartbeat_interval_ns":500000000,
             "images":[],"builds":[],"instances":)" +
         std::string(instances) + "}";
}

std::string instance(std::string_view id, std::string_view desired_state) {
  return R"({"id":")" + std::string(id) + R"(","workload":"a","generation":1,"desired_state":")" +
         std::string(desired_state) + R"(","image":{"reference":"r"},"spec":{}})";
}

TEST(AssignmentCodec, AnIncompleteAssignmentIsRefused) {
  EXPECT_EQ(fault_of("{}"),
            "$.v: is missing\n$.node: is missing\n$.epoch: is missing\n"
            "$.revision: is missing\n$.heartbeat_interval_ns: is missing\n"
            "$.instances: is missing\n$.images: is missing\n$.builds: is missing");
  EXPECT_EQ(fault_of(with_instances("[]")), "");
  EXPECT_EQ(fault_of(with_instances("null")), "$.instances: is missing");
  EXPECT_THAT(fault_of(with_instances("[{}]")), StartsWith("$.instances[0].id: is missing\n"));
}

TEST(AssignmentCodec, InstancesAreOrderedAndUnique) {
  const std::string text =
      with_instances("[" + instance("a-2", "run") + "," + instance("a-1", "stage") + "]");
  const Assignment assignment = decode_assignment(text).value();
  ASSERT_EQ(assignment.instances.size(), 2U);
  EXPECT_EQ(assignment.instances[0].id, InstanceId{"a-1"});
  EXPECT_EQ(
      fault_of(with_instances("[" + instance("a-2", "run") + "," + instance("a-2", "run") + "]")),
      "$.instances: duplicate id 'a-2'");
}

// Goal: an agent whose program was replaced keeps running what is on its disk.
TEST(AssignmentCodec, TheOlderShapeOfAnInstanceIsReadWithDefaults) {
  const auto older = [](std::string_view members) {
    return with_instances(R"([{"id":"a-1","workload":"a","generation":1,"desired_state":"run",)"
                          R"("image":{"reference":"r"},)" +
                          std::string(members) + "}]");
  };
  const Result<Assignment> read = decode_assignment(
      older(R"("environment":{"K":"v"},"cpu_millis":7,"memory_bytes":8,"pids_max":9)"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->instances[0].spec,
            (InstanceSpec{.container = {.environment = {{"K", "v"}},
                                        .resources = {.cpu_millis = 7, .memory_bytes = 8},
                                        .pids_max = 9}}));
  EXPECT_EQ(fault_of(older(R"("environment":{})")),
            "$.instances[0].memory_bytes: is missing\n$.instances[0].cpu_millis: is missing\n"
            "$.instances[0].pids_max: is missing");
  EXPECT_EQ(fault_of(older(R"("extra":1)")), "$.instances[0].spec: is missing");
}

// Goal: a bound of requests that is narrowed later stops nothing that runs.
TEST(AssignmentCodec, IsNotHeldToTheBoundsOfRequests) {
  const Result<Assignment> read = decode_assignment(with_instances(
      R"([{"id":"a-1","workload":"a","generation":1,"desired_state":"run","image":{"reference":"r"},
           "spec":{"environment":{"HEARTH_NODE":"x"},"resources":{"memory":1,"cpu":4000000,"pids":0},
                   "ports":[{"host":80,"container":80},{"host":80,"container":80}],"from_later":1,
                   "network":"host","replace":"start_first","stop":{"signal":"SIGFOO","grace":"9h"}
                  }}])"));
  ASSERT_TRUE(read) << read.error().message;
  const InstanceSpec& spec = read->instances[0].spec;
  EXPECT_EQ(spec.container.resources, (Resources{.cpu_millis = 4'000'000'000, .memory_bytes = 1}));
  EXPECT_EQ(spec.container.ports.size(), 2U);
  EXPECT_EQ(spec.replace, ReplaceOrder::kStartFirst);
  EXPECT_EQ(spec.stop.grace, std::chrono::hours(9));
}

TEST(AssignmentCodec, TheDesiredStateStopIsRefused) {
  EXPECT_EQ(fault_of(with_instances("[" + instance("a-1", "stop") + "]")),
            "$.instances[0].desired_state: must be one of: stage, run");
}

TEST(AssignmentCodec, AnotherVersionIsTheOnlyFaultReported) {
  EXPECT_THAT(fault_of(R"({"v":3})"),
              StartsWith("$.v: is version 3, but only version 1 is supported"));
}

TEST(AssignmentCodec, TheHeartbeatIntervalIsBounded) {
  for (const char* interval : {"0", "9999999", "3600000000001"}) {
    EXPECT_THAT(fault_of(R"({"v":1,"node":"node1","epoch":1,"revision":1,"instances":[],
                             "images":[],"builds":[],"heartbeat_interval_ns":)" +
                         std::string(interval) + "}"),
                StartsWith("$.heartbeat_interval_ns: must be a whole number from 10000000 to "
                           "3600000000000"));
  }
}

TEST(AssignmentCodec, NeitherWritesNorReadsMoreThanTheBound) {
  Assignment assignment{.node = NodeName::parse("node1").value(),
                        .number = {},
                        .heartbeat_interval = std::chrono::milliseconds(500),
                        .instances = {},
                        .images = {{.reference = "", .archive = std::nullopt}},
                        .builds = {}};
  const std::size_t empty_bytes = encode(assignment).value().size();
  assignment.images[0].reference = std::string(kAssignmentBytesMax - empty_bytes, 'x');
  const std::string longest = encode(assignment).value();
  EXPECT_EQ(longest.size(), kAssignmentBytesMax);
  EXPECT_EQ(decode_assignment(longest), assignment);
  EXPECT_THAT(fault_of(longest + " "), HasSubstr("the limit is 896000"));

  assignment.images[0].reference += 'x';
  const Result<std::string> too_long = encode(assignment);
  ASSERT_FALSE(too_long.has_value());
  EXPECT_EQ(too_long.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(too_long.error().message, HasSubstr("node 'node1' has 896001 bytes"));
}

TEST(AssignmentCodec, TheLargestPossibleAssignmentFits) {
  Assignment assignment{.node = NodeName::parse(std::string(63, 'n')).value(),
                        .number = {},
                        .heartbeat_interval = std::chrono::milliseconds(500),
                        .instances = {},
                        .images = {},
                        .builds = {}};
  const WorkloadName workload = WorkloadName::parse(std::string(63, 'w')).value();
  const Digest digest = Digest::parse("sha256:" + std::string(64, 'a')).value();
  const std::string reference = image_reference(
      workload, {.generation = {1'000'000}, .spec = {.bundle = digest}, .image = {}},
      NodeName::parse(std::string(63, 'n')).value());
  for (std::uint64_t i = 0; i < kInstancesPerNodeMax; ++i) {
    AssignedInstance instance{.id = make_instance_id(workload, 1'000'000 + i),
                              .workload = workload,
                              .generation = {1'000'000},
                              .image = {reference, digest},
                              .spec = {}};
    // The worst case: each byte is written as six.
    constexpr std::size_t kShare = kAssignmentBytesPerNodeMax / kInstancesPerNodeMax;
    std::string& value = instance.spec.container.environment["E"];
    value = std::string((kShare - instance.spec.assignment_bytes()) / 6, '\x01');
    ASSERT_LE(instance.spec.assignment_bytes(), kShare);
    assignment.instances.push_back(std::move(instance));
  }
  const Result<std::string> text = encode(assignment);
  ASSERT_TRUE(text.has_value()) << text.error().message;
  EXPECT_EQ(decode_assignment(*text), assignment);
}

}  // namespace
}  // namespace hearth
