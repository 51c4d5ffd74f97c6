#include "wire/workload_request_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kBundle = "sha256:" + std::string(64, 'a');

std::string request(std::string_view more) {
  return R"({"bundle":")" + kBundle + "\"" + std::string(more) + "}";
}

std::string fault_of(std::string_view text) {
  const Result<WorkloadSpec> spec = decode_workload_request(text);
  if (spec) return "";
  EXPECT_EQ(spec.error().code, ErrorCode::kInvalidArgument);
  return spec.error().message;
}

TEST(WorkloadRequest, OnlyTheBundleIsRequired) {
  EXPECT_EQ(decode_workload_request(request("")),
            (WorkloadSpec{.kind = WorkloadKind::kApplication,
                          .instances = 1,
                          .bundle = Digest::parse(kBundle).value(),
                          .instance = {},
                          .on_node_lost = NodeLossPolicy::kReplace}));
  EXPECT_EQ(fault_of("{}"), "$.bundle: is missing");
}

TEST(WorkloadRequest, ReportsAllFaultsAtOnce) {
  EXPECT_EQ(fault_of(R"({"bundle":"latest","kind":"daemon","instances":1001,"memory_bytes":1000,
                         "pids_max":0,"on_node_lost":"panic","instance":1})"),
            "$.kind: must be one of: service, application, oneshot\n"
            "$.instances: must be a whole number from 0 to 1000\n"
            "$.bundle: a digest must be 'sha256:' and 64 lower-case hex digits\n"
            "$.memory_bytes: must be 0 (no limit) or at least 6291456, in bytes\n"
            "$.pids_max: must be a whole number from 1 to 4194304\n"
            "$.on_node_lost: must be one of: replace, stay\n"
            "$.instance: unknown key; did you mean \"instances\"? (known keys: kind, instances, "
            "bundle, environment, cpu_millis, memory_bytes, pids_max, on_node_lost)");
}

TEST(WorkloadRequest, RefusesVariablesThatAContainerCannotHave) {
  EXPECT_EQ(fault_of(request(R"(,"environment":{"A_1.b-c":"é = \n"})")), "");
  EXPECT_EQ(fault_of(request(R"(,"environment":{"A":1,"B":null,"C":"\u0000"})")),
            "$.environment.A: must be a string, not a number\n"
            "$.environment.B: must be a string, not null\n"
            "$.environment.C: must not contain a NUL character");
  for (const std::string& name : {std::string(), std::string("A=B"), std::string("A B"),
                                  std::string(kEnvironmentNameBytesMax + 1, 'A')}) {
    EXPECT_THAT(fault_of(request(",\"environment\":{\"" + name + "\":\"\"}")),
                HasSubstr("is not a valid variable name"))
        << name;
  }
  EXPECT_THAT(fault_of(request(R"(,"environment":{"HEARTH_NODE":"x"})")),
              StartsWith("$.environment.HEARTH_NODE: is set by Hearth"));
}

TEST(WorkloadRequest, TheEnvironmentIsBounded) {
  const auto variables = [](std::size_t count) {
    std::string text = ",\"environment\":{\"V0\":\"\"";
    for (std::size_t i = 1; i < count; ++i) text += ",\"V" + std::to_string(i) + "\":\"\"";
    return text + "}";
  };
  EXPECT_EQ(fault_of(request(variables(kEnvironmentCountMax))), "");
  EXPECT_EQ(fault_of(request(variables(kEnvironmentCountMax + 1))),
            "$.environment: has 257 variables; the limit is 256");

  const auto large = [](std::size_t bytes) {
    return ",\"environment\":{\"V\":\"" + std::string(bytes - 1, 'x') + "\"}";
  };
  EXPECT_EQ(fault_of(request(large(kEnvironmentBytesMax))), "");
  EXPECT_THAT(fault_of(request(large(kEnvironmentBytesMax + 1))),
              StartsWith("$.environment: has 65537 bytes; the limit is 65536"));
}

}  // namespace
}  // namespace hearth
