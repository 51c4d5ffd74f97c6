#include "adapters/docker/log_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "adapters/docker/log_text_fixture.h"

namespace hearth::docker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct Read {
  std::vector<std::string> lines;  ///< "o 5 text" or "e 5 text…".
  std::string trouble;
  std::uint64_t pieces = 0;
};

/// Reads `bytes` in pieces of `size`.
Read read(LogLines::Format format, std::string_view bytes, std::size_t size = SIZE_MAX,
          bool to_the_end = true) {
  LogLines lines(format);
  Read read;
  const auto take = [&](const LogLine& line) {
    read.lines.push_back((line.stream == LogStream::kStderr ? "e " : "o ") +
                         std::to_string(line.stamp) + " " + std::string(line.text) +
                         (line.truncated ? "…" : ""));
    return true;
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    EXPECT_TRUE(lines.feed(bytes.substr(0, size), take));
  }
  if (to_the_end) lines.finish(take);
  read.trouble = lines.trouble();
  read.pieces = lines.pieces();
  return read;
}

constexpr auto kFrames = LogLines::Format::kFrames;
constexpr auto kTerminal = LogLines::Format::kTerminal;

std::string out(std::int64_t stamp, std::string_view text) {
  return log_frame(1, stamp, text);
}
std::string err(std::int64_t stamp, std::string_view text) {
  return log_frame(2, stamp, text);
}

TEST(LogLines, AreTheSameHoweverTheStreamIsCut) {
  using namespace std::string_literals;
  const std::string bytes = out(1, "one\n") + err(2, "two\r\r\n") + out(3, "\n") +
                            out(4, "\x00\xff\x1b[31m\n"s) + out(5, " spaced \n") +
                            out(6, "more\nin one\n") + out(7, "last");
  for (std::size_t size = 1; size < 60; ++size) {
    EXPECT_THAT(read(kFrames, bytes, size).lines,
                ElementsAre("o 1 one", "e 2 two\r", "o 3 ", "o 4 \x00\xff\x1b[31m"s, "o 5  spaced ",
                            "o 6 more", "o 6 in one", "o 7 last"))
        << size;
  }
}

TEST(LogLines, PiecesOfALongLineAreJoinedPerStream) {
  const std::string a(16'384, 'a');
  const std::string b(16'384, 'b');
  const std::string bytes = out(1, a) + err(2, b) + out(1, "A\n") + err(2, "B\r\n") + out(3, "c\n");
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, bytes.size()}) {
    EXPECT_THAT(read(kFrames, bytes, size).lines,
                ElementsAre("o 1 " + a + "A", "e 2 " + b + "B", "o 3 c"));
  }
  EXPECT_EQ(read(kFrames, bytes).pieces, 5U);
}

TEST(LogLines, AnUnfinishedLineEndsWhereAnotherStampBegins) {
  EXPECT_THAT(read(kFrames, out(1, "killed her") + out(2, "next run\n")).lines,
              ElementsAre("o 1 killed her", "o 2 next run"));
  EXPECT_THAT(read(kFrames, out(1, "not finished"), SIZE_MAX, false).lines, SizeIs(0));
}

TEST(LogLines, ALineAtTheBoundIsWholeAndOneBeyondItIsTruncated) {
  const std::string most(kLogLineBytesMax, 'x');
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}}) {
    EXPECT_THAT(read(kFrames, out(1, most + "\r\n"), size).lines, ElementsAre("o 1 " + most));
    EXPECT_THAT(read(kFrames, out(1, most + "y\n"), size).lines, ElementsAre("o 1 " + most + "…"));
  }
  EXPECT_THAT(read(kFrames, out(1, most + "\n")).lines, ElementsAre("o 1 " + most));
  EXPECT_THAT(read(kFrames, out(1, most + "\r\n")).lines, ElementsAre("o 1 " + most));
  EXPECT_THAT(read(kFrames, out(1, most + "y\n") + out(2, "z\n")).lines,
              ElementsAre("o 1 " + most + "…", "o 2 z"));
  EXPECT_THAT(read(kFrames, out(1, most)).lines, ElementsAre("o 1 " + most));
}

TEST(LogLines, TheHeadOfAnEndlessLineComesBeforeItsEnd) {
  const std::string piece(16'384, 'x');
  std::string bytes;
  for (int i = 0; i < 5; ++i) bytes += out(1, piece);
  const std::string head = "o 1 " + std::string(kLogLineBytesMax, 'x') + "…";
  EXPECT_THAT(read(kFrames, bytes, 1000, false).lines, ElementsAre(head));
  for (int i = 0; i < 50; ++i) bytes += out(1, piece);
  bytes += out(1, "end\n") + out(2, "next\n");
  EXPECT_THAT(read(kFrames, bytes, 1000).lines, ElementsAre(head, "o 2 next"));
}

TEST(LogLines, TheEnginesOwnWordsAreItsTrouble) {
  const std::string words = "Error grabbing logs: invalid character 'x'\n";
  std::string frame = out(1, "");
  frame = std::string("\3\0\0\0\0\0\0", 7) + static_cast<char>(words.size()) + words;
  const Read framed = read(kFrames, out(1, "one\n") + frame, 3);
  EXPECT_THAT(framed.lines, ElementsAre("o 1 one"));
  EXPECT_EQ(framed.trouble, "Error grabbing logs: invalid character 'x'");
  const Read terminal = read(kTerminal, stamp_text(1) + " one\r\n" + words, 3);
  EXPECT_THAT(terminal.lines, ElementsAre("o 1 one"));
  EXPECT_EQ(terminal.trouble, framed.trouble);
}

TEST(LogLines, TextWithoutAStampIsKept) {
  const std::string text = "no stamp here\n";
  const std::string frame =
      std::string("\1\0\0\0\0\0\0", 7) + static_cast<char>(text.size()) + text;
  EXPECT_THAT(read(kFrames, out(1, "one\n") + frame + out(2, "two\n"), 5).lines,
              ElementsAre("o 1 one", "o 1 no stamp here", "o 2 two"));
  const std::string long_word(60, 'w');
  const std::string other = std::string("\1\0\0\0\0\0\0", 7) + '=' + long_word + "\n";
  EXPECT_THAT(read(kFrames, other).lines.at(0), HasSubstr(std::string(24, 'w')));
}

TEST(LogLines, AStreamWithoutFramesIsCorrupt) {
  LogLines lines(kFrames);
  EXPECT_FALSE(lines.feed("plain text of a terminal", [](const LogLine&) { return true; }));
}

TEST(LogLines, TheSinkCanStopTheReading) {
  for (const auto format : {kFrames, kTerminal}) {
    LogLines lines(format);
    int calls = 0;
    const std::string bytes = format == kFrames
                                  ? out(1, "one\n") + out(2, "two\n")
                                  : stamp_text(1) + " one\r\n" + stamp_text(2) + " two\r\n";
    const auto verdict = lines.feed(bytes, [&](const LogLine&) {
      ++calls;
      return false;
    });
    ASSERT_TRUE(verdict);
    EXPECT_EQ(*verdict, LogLines::Verdict::kEnded);
    EXPECT_EQ(calls, 1);
  }
}

TEST(LogLines, ATerminalHasNoFrames) {
  const std::string bytes = stamp_text(1) + " one\r\n" + stamp_text(2) + " \r\n" + stamp_text(3) +
                            " a\rb\r\n" + stamp_text(4) + " $ ";
  for (std::size_t size = 1; size < 80; ++size) {
    EXPECT_THAT(read(kTerminal, bytes, size).lines,
                ElementsAre("o 1 one", "o 2 ", "o 3 a\rb", "o 4 $ "))
        << size;
  }
}

// Goal: a long line of a terminal is without the stamps that the engine puts before its pieces.
TEST(LogLines, PiecesOfATerminalsLongLineAreJoined) {
  const std::string piece(16'384, 'p');
  const std::string stamp = stamp_text(7) + " ";
  const std::string line =
      stamp + piece + stamp + piece + stamp + "end\r\n" + stamp_text(8) + " z\r\n";
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{1000}, std::size_t{16'384 + 31 + 10}, line.size()}) {
    const Read got = read(kTerminal, line, size);
    EXPECT_THAT(got.lines, ElementsAre("o 7 " + piece + piece + "end", "o 8 z")) << size;
    EXPECT_EQ(got.pieces, 4U);
  }
  std::string endless;
  for (int i = 0; i < 9; ++i) endless += stamp + piece;
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, endless.size()}) {
    EXPECT_THAT(read(kTerminal, endless, size).lines,
                ElementsAre("o 7 " + std::string(kLogLineBytesMax, 'p') + "…"))
        << size;
  }
}

}  // namespace
}  // namespace hearth::docker
