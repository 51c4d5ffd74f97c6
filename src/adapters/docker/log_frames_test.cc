#include "adapters/docker/log_frames.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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
      const auto verdict = frames.feed(std::string_view(stream).substr(at, size),
                                       [&](const LogFrames::Piece& piece) {
                                         out += piece.content;
                                         return true;
                                       });
      ASSERT_TRUE(verdict);
    }
    EXPECT_EQ(out, wanted) << "in pieces of " << size;
    EXPECT_TRUE(frames.whole());
  }
}

TEST(LogFrames, EachPieceHasItsChannelAndTheFirstOfAFrameIsMarked) {
  LogFrames frames;
  std::vector<std::string> out;
  const auto take = [&](const LogFrames::Piece& piece) {
    out.push_back(std::to_string(static_cast<int>(piece.channel)) + (piece.begins ? "+" : "-") +
                  std::string(piece.content));
    return true;
  };
  const std::string stream = frame(1, "one") + frame(2, "two") + frame(0, "in") + frame(3, "bad");
  ASSERT_TRUE(frames.feed(stream.substr(0, 10), take));
  ASSERT_TRUE(frames.feed(stream.substr(10), take));
  EXPECT_EQ(out, (std::vector<std::string>{"0+on", "0-e", "1+two", "0+in", "2+bad"}));
}

TEST(LogFrames, AnUnknownChannelIsCorrupt) {
  LogFrames frames;
  EXPECT_FALSE(frames.feed(frame(4, "x"), [](const LogFrames::Piece&) { return true; }));
}

TEST(LogFrames, TheSinkCanStopTheReading) {
  LogFrames frames;
  int calls = 0;
  const auto verdict = frames.feed(frame(1, "one") + frame(1, "two"), [&](const LogFrames::Piece&) {
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
      frames.feed("plain text of a terminal", [](const LogFrames::Piece&) { return true; });
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::kCorrupt);
}

TEST(LogFrames, ATruncatedFrameIsNotWhole) {
  LogFrames frames;
  const std::string bytes = frame(1, "one");
  ASSERT_TRUE(
      frames.feed(bytes.substr(0, bytes.size() - 1), [](const LogFrames::Piece&) { return true; }));
  EXPECT_FALSE(frames.whole());
}

}  // namespace
}  // namespace hearth::docker
