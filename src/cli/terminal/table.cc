#include "cli/terminal/table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace hearth::cli {
namespace {

constexpr std::string_view kGap = "  ";
/// A narrower last column would be useless: then let lines wrap instead.
constexpr std::size_t kLastColumnMin = 12;

}  // namespace

Table::Cell::Cell(const std::string& the_text, Paint the_paint)
    : text(printable(the_text)), paint(the_paint) {}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> row) {
  HEARTH_CHECK(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

/// Zero for an omitted column.
std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const std::vector<Cell>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i].text));
    }
  }
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] > 0) widths[i] = std::max(widths[i], columns_of(columns_[i].heading));
  }
  return widths;
}

void Table::print(Terminal& terminal) const {
  std::vector<std::size_t> widths = this->widths();
  std::size_t last = 0;
  std::size_t before_last = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] == 0) continue;
    before_last += last == i ? 0 : widths[last] + kGap.size();
    last = i;
  }
  if (const auto width = terminal.style().width;
      width && before_last + widths[last] > *width && before_last + kLastColumnMin <= *width) {
    widths[last] = *width - before_last;
  }
  const auto print_row = [&](auto cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] == 0) continue;
      const Cell& cell = cell_of(i);
      const std::string text = shortened(cell.text, widths[i]);
      const std::string blank(widths[i] - columns_of(text), ' ');
      const bool right = columns_[i].align == Column::Align::kRight;
      if (right) line += blank;
      line += terminal.painted(cell.paint, text);
      if (!right && i != last) line += blank;
      if (i != last) line += kGap;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    terminal.say(line);
  };
  std::vector<Cell> headings;
  for (const Column& column : columns_) headings.emplace_back(column.heading, Paint::kDim);
  print_row([&](std::size_t i) -> const Cell& { return headings[i]; });
  for (const std::vector<Cell>& row : rows_) {
    print_row([&](std::size_t i) -> const Cell& { return row[i]; });
  }
}

}  // namespace hearth::cli
