#include "cli/terminal/table.h"

#include <sstream>

#include <gtest/gtest.h>

namespace hearth::cli {
namespace {

using Align = Table::Column::Align;

std::string printed(const Table& table, Terminal::Style style = {}) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal(out, err, style);
  table.print(terminal);
  return out.str();
}

Table nodes() {
  Table table({{"NAME"}, {"RUNS", Align::kRight}, {"EVIDENCE"}});
  table.add({"node-1", "3", "back again"});
  table.add({"a", "12", "silent for 2.1 s, and does not answer a dial"});
  return table;
}

TEST(Table, AlignsColumnsWithoutTrailingBlanks) {
  EXPECT_EQ(printed(nodes()),
            "NAME    RUNS  EVIDENCE\n"
            "node-1     3  back again\n"
            "a         12  silent for 2.1 s, and does not answer a dial\n");
}

TEST(Table, CutsTheLastColumnToTheTerminalsWidth) {
  EXPECT_EQ(printed(nodes(), {.width = 30}),
            "NAME    RUNS  EVIDENCE\n"
            "node-1     3  back again\n"
            "a         12  silent for 2.1 …\n");
  EXPECT_EQ(printed(nodes(), {.width = 10}), printed(nodes())) << "too narrow to be worth cutting";
}

TEST(Table, OmitsEmptyColumns) {
  Table table({{"NAME"}, {"REASON"}, {"SINCE"}, {"PROBLEM"}});
  table.add({"a", "", "now", ""});
  EXPECT_EQ(printed(table), "NAME  SINCE\na     now\n");
}

TEST(Table, NeitherPaintNorForeignBytesDisturbAlignment) {
  Table table({{"STATE"}, {"NAME"}});
  table.add({{"live", Paint::kGood}, "grün"});
  table.add({"dead", "\x1b[2J"});
  EXPECT_EQ(printed(table, {.color = true}),
            "\x1b[2mSTATE\x1b[0m  \x1b[2mNAME\x1b[0m\n"
            "\x1b[32mlive\x1b[0m   grün\n"
            "dead   ^[[2J\n");
}

}  // namespace
}  // namespace hearth::cli
