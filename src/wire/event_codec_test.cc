#include "wire/event_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using testing::StartsWith;

TEST(EventCodec, AnEventIsACloudEvent) {
  const ClusterEvent event{.seq = 17,
                           .at = WallTime(std::chrono::milliseconds(1772356502123)),
                           .type = EventType::kNodeDead,
                           .subject = "node/node2",
                           .message = "no heartbeat for 2.0 s"};
  EXPECT_EQ(encode(event, "hearth."),
            R"({"specversion":"1.0","id":"17","source":"hearth/hearth.","type":"hearth.node.dead",)"
            R"("subject":"node/node2","time":"2026-03-01T09:15:02.123Z",)"
            R"("datacontenttype":"application/json",)"
            R"("data":{"v":1,"message":"no heartbeat for 2.0 s"}})");
}

TEST(EventCodec, CutsLongTextWhenReading) {
  const auto read = [](std::size_t subject, std::size_t message) {
    const ClusterEvent event{.type = EventType::kNodeDead,
                             .subject = std::string(subject, 's'),
                             .message = std::string(message, 'm')};
    return decode_cluster_event(encode(event, "hearth.")).value();
  };
  EXPECT_EQ(read(256, 8192).subject, std::string(256, 's'));
  EXPECT_EQ(read(256, 8192).message, std::string(8192, 'm'));
  EXPECT_EQ(read(257, 8193).subject, std::string(253, 's') + "…");
  EXPECT_EQ(read(257, 8193).message, std::string(8189, 'm') + "…");
}

TEST(EventCodec, OtherCloudEventsAreRefusedByPath) {
  const auto fault_of = [](std::string_view text) {
    return decode_cluster_event(text).error().message;
  };
  EXPECT_THAT(fault_of(R"({"specversion":"0.3"})"), StartsWith("$.specversion: must be \"1.0\""));
  EXPECT_THAT(fault_of(R"({"specversion":"1.0","data":{"v":2}})"),
              StartsWith("$.data.v: is version 2"));
  const std::string message = fault_of(
      R"({"specversion":"1.0","id":"x1","type":"com.example","time":"now","data":{"message":""}})");
  EXPECT_EQ(message,
            "$.id: must be a whole number in a string, such as \"17\"\n"
            "$.time: must be a time as in \"2026-03-01T09:15:02.123Z\" (RFC 3339)\n"
            "$.type: must begin with \"hearth.\"\n"
            "$.subject: is missing");
}

}  // namespace
}  // namespace hearth
