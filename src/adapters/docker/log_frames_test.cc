#include "adapters/docker/log_frames.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth::docker {
namespace {

std::string frame(char stream, std::string_view content) {
  std::string bytes{stream, 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((content.size() >> shift) & 0xFF);
  }
  return bytes + std::string(content);
}

TEST(LogFrames, OutputIsTheSameHoweverTheStreamIsCut) {
  const std::string stream =
      frame(1, "one\n") + frame(2, "two\n") + frame(1, "") + frame(1, std::string(300, 'x'));
  const std::string wanted = "one\ntwo\n" + std::string(300, 'x');
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    LogFrames frames;
    std::string out;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      const auto verdict =
          frames.feed(std::string_view(stream).substr(at, size), [&](std::string_view piece) {
            out += piece;
            return true;
          });
      ASSERT_TRUE(verdict);
    }
    EXPECT_EQ(out, wanted) << "in pieces of " << size;
    EXPECT_TRUE(frames.whole());
  }
}

TEST(LogFrames, TheSinkCanStopTheReading) {
  LogFrames frames;
  int calls = 0;
  const auto verdict = frames.feed(frame(1, "one") + frame(1, "two"), [&](std::string_view) {
    ++calls;
    return false;
  });
  ASSERT_TRUE(verdict);
  EXPECT_EQ(*verdict, LogFrames::Verdict::kEnded);
  EXPECT_EQ(calls, 1);
}

TEST(LogFrames, AStreamWithoutFramesIsCorrupt) {
  LogFrames frames;
  const auto verdict =
      frames.feed("plain text of a terminal", [](std::string_view) { return true; });
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::kCorrupt);
}

TEST(LogFrames, ATruncatedFrameIsNotWhole) {
  LogFrames frames;
  const std::string bytes = frame(1, "one");
  ASSERT_TRUE(
      frames.feed(bytes.substr(0, bytes.size() - 1), [](std::string_view) { return true; }));
  EXPECT_FALSE(frames.whole());
}

}  // namespace
}  // namespace hearth::docker
