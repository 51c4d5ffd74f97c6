#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

/// A page of docs/reference/ for tests: its tables and examples, to be compared with what the code
/// does. Examples are fenced code with a language and a label: "```json heartbeat full".
class ReferencePage {
 public:
  struct Row {
    std::string section;             ///< The level 2 or 3 heading above it.
    std::vector<std::string> cells;  ///< Without surrounding blanks.
  };

  explicit ReferencePage(const std::filesystem::path& file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) read(line);
  }

  /// In the order of the page. Table heads and the lines below them are rows too.
  const std::vector<Row>& rows() const { return rows_; }
  /// The examples with one label.
  std::vector<std::string> examples(const std::string& label) const {
    const auto [begin, end] = examples_.equal_range(label);
    std::vector<std::string> texts;
    for (auto it = begin; it != end; ++it) texts.push_back(it->second);
    return texts;
  }
  const std::string& text() const { return text_; }

  /// The word of a cell "`word`"; empty if the cell is anything else.
  static std::string code(const std::string& cell) {
    const bool is_code = cell.size() > 2 && cell.front() == '`' && cell.back() == '`';
    return is_code ? cell.substr(1, cell.size() - 2) : std::string();
  }

 private:
  static constexpr std::string_view kFence = "```";

  void read(const std::string& line) {
    text_ += line + "\n";
    if (line.starts_with(kFence)) {
      in_fence_ = !in_fence_;
      if (in_fence_) example_ = examples_.emplace(label_of(line), "");
    } else if (in_fence_) {
      example_->second += line + "\n";
    } else if (line.starts_with("##")) {
      section_ = line.substr(line.find_first_not_of("# "));
    } else if (line.starts_with("| ")) {
      rows_.push_back({section_, cells_of(line)});
    }
  }

  static std::string label_of(const std::string& fence) {
    const std::size_t blank = fence.find(' ');
    return blank == std::string::npos ? "" : fence.substr(blank + 1);
  }

  static std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream in(line.substr(1));
    for (std::string cell; std::getline(in, cell, '|');) {
      const std::size_t begin = cell.find_first_not_of(' ');
      const std::size_t end = cell.find_last_not_of(' ');
      cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
    }
    return cells;
  }

  std::string text_;
  std::string section_;
  std::vector<Row> rows_;
  std::multimap<std::string, std::string> examples_;
  std::multimap<std::string, std::string>::iterator example_;
  bool in_fence_ = false;
};

}  // namespace hearth
