#include "cli/terminal/terminal_text.h"

#include <vector>

#include <gtest/gtest.h>

namespace hearth::cli {
namespace {

std::string escaped(std::string_view text) {
  return terminal_text(text, ForeignColor::kEscaped);
}

std::string colored(std::string_view text) {
  return terminal_text(text, ForeignColor::kShown);
}

TEST(TerminalText, KeepsWhatDrawsTextAndMakesTheRestVisible) {
  struct Case {
    std::string_view text;
    std::string_view shown;
  };
  using namespace std::string_view_literals;
  for (const auto& [text, shown] : {
           Case{"plain ~ text", "plain ~ text"},
           Case{"a\tb\nc\n", "a\tb\nc\n"},
           Case{"grün … 漢字 🙂 e\u0301", "grün … 漢字 🙂 e\u0301"},
           Case{"\x1b[2J", "^[[2J"},
           Case{"\x1b]0;title\x07", "^[]0;title^G"},
           Case{"\x1b]8;;http://x\x1b\\link", "^[]8;;http://x^[\\link"},
           Case{"\x1b"
                "c",
                "^[c"},
           Case{"\x1b[1A\x1b[2K", "^[[1A^[[2K"},
           Case{"\x1b[6n", "^[[6n"},
           Case{"50 %\r100 %\n", "50 %^M100 %\n"},
           Case{"dos\r\n", "dos\n"},
           Case{"two\r\r\n", "two^M\n"},
           Case{"end\r", "end^M"},
           Case{"abc\b\b\bxyz", "abc^H^H^Hxyz"},
           Case{"nul\0del\x7f"sv, "nul^@del^?"},
           Case{"form\x0c"
                "feed\x0b"
                "s",
                "form^Lfeed^Ks"},
           Case{"shift\x0e"
                "out",
                "shift^Nout"},
           Case{"\xC2\x9B"
                "2J",
                "\\x9b2J"},
           Case{"\xC2\x90q\xC2\x9C", "\\x90q\\x9c"},
           Case{"\xC2\x85", "\\x85"},
           Case{"\xC2\xA0", "\xC2\xA0"},
           Case{"\x9B"
                "2J",
                "\\x9b2J"},
           Case{"latin caf\xE9!", "latin caf\\xe9!"},
           Case{"\xC0\x8A overlong", "\\xc0\\x8a overlong"},
           Case{"\xE0\x82\x9B", "\\xe0\\x82\\x9b"},
           Case{"\xED\xA0\x80 surrogate", "\\xed\\xa0\\x80 surrogate"},
           Case{"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
           Case{"\xF5\xFF", "\\xf5\\xff"},
           Case{"torn \xE2\x82", "torn \\xe2\\x82"},
           Case{"\xE2\x82\x1b[2J", "\\xe2\\x82^[[2J"},
           Case{"a\u202Eb\u202C", "a<U+202E>b<U+202C>"},
           Case{"\u202A\u202B\u202D", "<U+202A><U+202B><U+202D>"},
           Case{"\u2066\u2067\u2068\u2069", "<U+2066><U+2067><U+2068><U+2069>"},
           Case{"\u200E\u200F\u061C", "<U+200E><U+200F><U+061C>"},
           Case{"a\u2028b\u2029", "a<U+2028>b<U+2029>"},
       }) {
    EXPECT_EQ(escaped(text), shown);
    EXPECT_EQ(colored(text), shown) << "no colours in it";
    EXPECT_EQ(escaped(shown), shown) << "it can be passed on again";
  }
}

TEST(TerminalText, ShowsColoursOnlyWhereTheyAreWantedAndEndsThemWithTheLine) {
  EXPECT_EQ(escaped("\x1b[31mred\x1b[0m"), "^[[31mred^[[0m");
  EXPECT_EQ(colored("\x1b[31mred\x1b[0m\n"), "\x1b[31mred\x1b[0m\n") << "it has ended them itself";
  EXPECT_EQ(colored("\x1b[1;38;5;9mred\nplain"), "\x1b[1;38;5;9mred\x1b[0m\nplain");
  EXPECT_EQ(colored("\x1b[31mred"), "\x1b[31mred\x1b[0m");
  EXPECT_EQ(colored("\x1b[mplain\n"), "\x1b[mplain\n");
}

TEST(TerminalText, NothingElseThanColoursPassesAsAColour) {
  EXPECT_EQ(colored("\x1b[?25l"), "^[[?25l");
  EXPECT_EQ(colored("\x1b[>4;1m"), "^[[>4;1m") << "keyboard modes of xterm";
  EXPECT_EQ(colored("\x1b[31"), "^[[31");
  EXPECT_EQ(colored("\x1b[31\x1b[2J"), "^[[31^[[2J");
  EXPECT_EQ(colored("\x1b[3\n1m"), "^[[3\n1m");
  EXPECT_EQ(colored("\x1b\x1b[1m"), "^[\x1b[1m\x1b[0m");
}

TEST(TerminalText, BoundsTheParametersOfAColour) {
  const std::string most(TerminalText::kSgrBytesMax, '1');
  EXPECT_EQ(colored("\x1b[" + most + "m"), "\x1b[" + most + "m\x1b[0m");
  EXPECT_EQ(colored("\x1b[" + most + "1m"), "^[[" + most + "1m");
  TerminalText text(ForeignColor::kShown);
  EXPECT_EQ(text.feed("\x1b[" + most), "");
  EXPECT_EQ(text.feed("1"), "^[[" + most + "1") << "it is held back no longer";
}

// Goal: a container that clears the screen, renames the window, goes back a line and writes what
// another instance could have written leaves visible traces only (case S3).
TEST(TerminalText, ALogCannotWriteOverTheLinesOfOthers) {
  EXPECT_EQ(colored("\x1b[2J\x1b]0;owned\x07\nok\n\x1b[1A\x1b[2Kheater-2 | all is well\r\n"),
            "^[[2J^[]0;owned^G\nok\n^[[1A^[[2Kheater-2 | all is well\n");
}

// Goal: where a stream is cut does not matter. Method: each sample, cut at every place into two
// pieces, and into single bytes.
TEST(TerminalText, AcceptsSequencesTornOverPieces) {
  for (const std::string text :
       {"a\x1b[31mred\x1b[0m\n", "\x1b[2J\xC2\x9B", "\r\n\r", "€ \xE2\x82 🙂\u202E", "\x1b",
        "\x1b[", "\x1b[1;", "\xF0\x9F\x99"}) {
    for (const ForeignColor color : {ForeignColor::kEscaped, ForeignColor::kShown}) {
      const std::string whole = terminal_text(text, color);
      for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        TerminalText pieces(color);
        std::string out = pieces.feed(text.substr(0, cut));
        out += pieces.feed(text.substr(cut));
        EXPECT_EQ(out + pieces.finish(), whole) << "cut at " << cut;
      }
      TerminalText bytes(color);
      std::string out;
      for (const char c : text) out += bytes.feed(std::string_view(&c, 1));
      EXPECT_EQ(out + bytes.finish(), whole);
    }
  }
}

TEST(TerminalText, IsAsNewOnceFinished) {
  TerminalText text(ForeignColor::kShown);
  EXPECT_EQ(text.feed("\x1b[31mred \xE2\x82"), "\x1b[31mred ");
  EXPECT_EQ(text.finish(), "\\xe2\\x82\x1b[0m");
  EXPECT_EQ(text.feed("plain"), "plain");
  EXPECT_EQ(text.finish(), "");
}

TEST(Printable, FitsInOneLine) {
  EXPECT_EQ(printable("a\nb\tc\r\n"), "a b c");
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m"), "^[[31mred^[[0m");
  EXPECT_EQ(printable("grün…"), "grün…");
}

TEST(PrintableJson, SaysTheSameWithoutControlCharacters) {
  EXPECT_EQ(printable_json("{\n\t\"a\":\"grün\"}"), "{\n\t\"a\":\"grün\"}");
  EXPECT_EQ(printable_json("{\"a\":\"\xC2\x9B"
                           "2J\x7F\u202E\"}"),
            R"({"a":"\u009b2J\u007f\u202e"})");
  EXPECT_EQ(printable_json("\"\x1b[2J\xFF\""), R"("\u001b[2J\ufffd")");
}

}  // namespace
}  // namespace hearth::cli
