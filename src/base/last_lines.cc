#include "base/last_lines.h"

namespace hearth {

std::string_view last_lines(std::string_view text, std::size_t count) {
  if (count == 0) return {};
  std::size_t begin = text.size();
  while (begin > 0) {
    // The character before `begin` ends the line before, or belongs to an unfinished one.
    const bool is_line_end = text[begin - 1] == '\n';
    if (is_line_end && begin != text.size() && --count == 0) break;
    --begin;
  }
  return text.substr(begin);
}

}  // namespace hearth
