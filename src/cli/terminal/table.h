#pragma once

#include <string>
#include <vector>

#include "cli/terminal/terminal.h"

namespace hearth::cli {

/// Rows in aligned columns under a line of headings.
///
/// On a terminal that is too narrow the last column is cut, so that every row stays on one line; if
/// that is not enough, lines wrap. Columns in which every cell is empty are omitted.
class Table {
 public:
  struct Column {
    std::string heading;
    enum class Align : std::uint8_t { kLeft, kRight } align = Align::kLeft;
  };
  struct Cell {
    Cell(const std::string& the_text, Paint the_paint = Paint::kPlain);
    Cell(const char* the_text) : Cell(std::string(the_text)) {}
    std::string text;
    Paint paint;
  };

  explicit Table(std::vector<Column> columns);

  /// One cell per column. Foreign text may be passed as it is: Cell makes it printable.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  void print(Terminal& terminal) const;

 private:
  std::vector<std::size_t> widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace hearth::cli
