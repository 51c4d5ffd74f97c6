#include "adapters/docker/log_source.h"

#include <gtest/gtest.h>

namespace hearth::docker {
namespace {

TEST(LogSource, IsReadFromAnInspection) {
  const auto source = decode_log_source(
      R"({"State":{"Running":true,"StartedAt":"a","FinishedAt":"b"},"Config":{"Tty":true},
          "HostConfig":{"LogConfig":{"Type":"json-file","Config":{"max-size":"10k"}}}})");
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_TRUE(source->running);
  EXPECT_TRUE(source->terminal);
  EXPECT_EQ(source->run, "a b");
  EXPECT_EQ(source->file_bytes_max, 10U * 1024);
  EXPECT_EQ(source->whole_bytes_max, std::nullopt) << "with one file nobody can say";
}

TEST(LogSource, KnowsWhenItsFirstLinesCanBeLost) {
  const auto source = decode_log_source(
      R"({"State":{"Running":true},"HostConfig":{"LogConfig":
          {"Type":"json-file","Config":{"max-size":"16k","max-file":"3"}}}})");
  ASSERT_TRUE(source);
  EXPECT_EQ(source->whole_bytes_max, 2U * 15 * 1024);
}

TEST(LogSource, WhatIsAbsentHasADefault) {
  const auto plain = decode_log_source(R"({"State":{"Running":false}})");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->running);
  EXPECT_FALSE(plain->terminal);
  EXPECT_EQ(plain->file_bytes_max, std::nullopt);
  const auto local = decode_log_source(
      R"({"State":{"Running":true},"HostConfig":{"LogConfig":{"Type":"local","Config":null}}})");
  ASSERT_TRUE(local);
  EXPECT_EQ(local->file_bytes_max, 20U * 1024 * 1024) << "that driver always rotates";
}

TEST(LogSource, AnAnswerWithoutAStateIsCorrupt) {
  for (const char* text : {"", "{", "[]", "{}", R"({"State":{}})", R"({"State":{"Running":1}})"}) {
    const auto source = decode_log_source(text);
    ASSERT_FALSE(source) << text;
    EXPECT_EQ(source.error().code, ErrorCode::kCorrupt);
  }
}

TEST(LogSource, SizesAreReadAsTheEngineReadsThem) {
  EXPECT_EQ(parse_size("1"), 1U);
  EXPECT_EQ(parse_size("10k"), 10U * 1024);
  EXPECT_EQ(parse_size("10KB"), 10U * 1024);
  EXPECT_EQ(parse_size("10 MiB"), 10U * 1024 * 1024);
  EXPECT_EQ(parse_size("2g"), 2ULL << 30U);
  EXPECT_EQ(parse_size("7b"), 7U);
  for (const char* text :
       {"", "m", "-1", "0", "10x", "10mm", "99999999999999999999", "99999999p"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hearth::docker
