#include "adapters/docker/line_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace hearth::docker {
namespace {

using testing::ElementsAre;

struct Lines {
  std::vector<std::string> seen;
  LineSplitter::Sink sink = [this](std::string_view line) -> Result<void> {
    seen.emplace_back(line);
    return {};
  };
};

TEST(LineSplitter, LinesAreTheSameHoweverTheStreamIsCut) {
  const std::string stream = "one\r\n\ntwo\nthree";
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    LineSplitter splitter(100);
    Lines lines;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      ASSERT_TRUE(splitter.feed(std::string_view(stream).substr(at, size), lines.sink));
    }
    ASSERT_TRUE(splitter.finish(lines.sink));
    EXPECT_THAT(lines.seen, ElementsAre("one", "two", "three")) << "in pieces of " << size;
  }
}

TEST(LineSplitter, ALineHasABound) {
  LineSplitter splitter(8);
  Lines lines;
  EXPECT_TRUE(splitter.feed("12345678\n1234", lines.sink));
  EXPECT_TRUE(splitter.feed("5678", lines.sink));
  const auto over = splitter.feed("9", lines.sink);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(LineSplitter(8).feed("123456789\n", lines.sink));
}

// Goal: a line at the bound is a line, one byte more is skipped to its end, whole or in pieces, and
// what follows is not lost. Method: the same stream, cut at every length.
TEST(LineSplitter, ALineBeyondTheBoundCanBeSkipped) {
  const std::string stream = "12345678\n123456789\nnext\n" + std::string(100, 'x') + "\nlast\n";
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    LineSplitter splitter(8, LongLines::kSkipped);
    Lines lines;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      ASSERT_TRUE(splitter.feed(std::string_view(stream).substr(at, size), lines.sink));
    }
    ASSERT_TRUE(splitter.finish(lines.sink));
    EXPECT_THAT(lines.seen, ElementsAre("12345678", "next", "last")) << "in pieces of " << size;
    EXPECT_EQ(splitter.skipped(), 2U) << "in pieces of " << size;
  }
}

TEST(LineSplitter, ALineCountsAsSkippedBeforeItsEnd) {
  LineSplitter splitter(8, LongLines::kSkipped);
  Lines lines;
  ASSERT_TRUE(splitter.feed("12345678", lines.sink));
  EXPECT_EQ(splitter.skipped(), 0U);
  ASSERT_TRUE(splitter.feed("9", lines.sink));
  EXPECT_EQ(splitter.skipped(), 1U);
  ASSERT_TRUE(splitter.feed("and so on, without an end", lines.sink));
  ASSERT_TRUE(splitter.finish(lines.sink));
  EXPECT_EQ(splitter.skipped(), 1U);
  EXPECT_TRUE(lines.seen.empty());
}

TEST(LineSplitter, AFailureOfTheSinkIsReturned) {
  LineSplitter splitter(100);
  int calls = 0;
  const auto fed = splitter.feed("one\ntwo\n", [&](std::string_view) -> Result<void> {
    ++calls;
    return fail(ErrorCode::kFailed, "no");
  });
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().message, "no");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace hearth::docker
