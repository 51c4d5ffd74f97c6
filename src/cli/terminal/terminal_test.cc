#include "cli/terminal/terminal.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::cli {
namespace {

TEST(Terminal, PaintsOnlyWhereThereIsColour) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(Terminal(out, err, {}).painted(Paint::kBad, "dead"), "dead");
  EXPECT_EQ(Terminal(out, err, {.color = true}).painted(Paint::kBad, "dead"),
            "\x1b[31mdead\x1b[0m");
  EXPECT_EQ(Terminal(out, err, {.color = true}).painted(Paint::kBad, ""), "");
}

TEST(Terminal, SaysAnswersAndNotesProgressOnDifferentStreams) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal(out, err, {});
  terminal.say("answer");
  terminal.note("progress");
  EXPECT_EQ(out.str(), "answer\n");
  EXPECT_EQ(err.str(), "progress\n");
}

TEST(Terminal, LetsForeignTextInItsLinesControlNothing) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal(out, err, {.color = true});
  terminal.say("\x1b[2J" + terminal.painted(Paint::kBad, "dead"));
  terminal.note("\x1b]0;title\x07");
  EXPECT_EQ(out.str(), "^[[2J\x1b[31mdead\x1b[0m\n");
  EXPECT_EQ(err.str(), "^[]0;title^G\n");
  terminal.say_json("{\"a\":\"\xC2\x9B\"}");
  EXPECT_THAT(out.str(), testing::EndsWith("{\"a\":\"\\u009b\"}\n"));
}

TEST(Terminal, RelaysOutputAsItIsUnlessATerminalWouldObeyIt) {
  for (const bool is_terminal : {false, true}) {
    std::ostringstream out;
    std::ostringstream err;
    {
      Terminal terminal(out, err, {.err_is_terminal = is_terminal});
      terminal.relay("Step 1\n\x1b[");
      terminal.relay("2J\xE2");
      terminal.note("done");
      terminal.relay("\r");
    }
    EXPECT_EQ(err.str(), is_terminal ? "Step 1\n^[[2J\\xe2done\n^M"
                                     : "Step 1\n\x1b[2J\xE2"
                                       "done\n\r");
  }
}

TEST(Shortened, CutsAtColumnsAndNotAtBytes) {
  EXPECT_EQ(shortened("grün", 4), "grün");
  EXPECT_EQ(shortened("grüner", 4), "grü…");
  EXPECT_EQ(shortened("abc", 0), "");
  EXPECT_EQ(columns_of("grün…"), 5U);
}

TEST(ShowAge, IsCoarseAndNeverInTheFuture) {
  const WallTime now{std::chrono::days(20'000)};
  EXPECT_EQ(show_age(now + std::chrono::seconds(5), now), "now");
  EXPECT_EQ(show_age(now - std::chrono::milliseconds(999), now), "now");
  EXPECT_EQ(show_age(now - std::chrono::seconds(12), now), "12 s ago");
  EXPECT_EQ(show_age(now - std::chrono::seconds(119), now), "119 s ago");
  EXPECT_EQ(show_age(now - std::chrono::minutes(3), now), "3 m ago");
  EXPECT_EQ(show_age(now - std::chrono::hours(5), now), "5 h ago");
  EXPECT_EQ(show_age(now - std::chrono::days(4), now), "4 d ago");
}

TEST(ShowBytes, UsesBinaryUnits) {
  EXPECT_EQ(show_bytes(0), "0 B");
  EXPECT_EQ(show_bytes(1023), "1023 B");
  EXPECT_EQ(show_bytes(1536), "1.5 KiB");
  EXPECT_EQ(show_bytes(std::uint64_t{64} << 20), "64 MiB");
}

TEST(ShowCount, UsesThePluralUnlessItIsOne) {
  EXPECT_EQ(show_count(1, "node"), "1 node");
  EXPECT_EQ(show_count(0, "node"), "0 nodes");
}

}  // namespace
}  // namespace hearth::cli
