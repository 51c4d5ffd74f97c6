#include "base/spelling.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace hearth {
namespace {

/// Nobody types a longer word, and the comparison takes quadratic time.
constexpr std::size_t kComparedBytesMax = 64;

/// Levenshtein's distance: how many characters to add, drop or change.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.size() > kComparedBytesMax) return {};
  std::size_t nearest_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : known) {
    if (const std::size_t distance = edit_distance(word, candidate); distance < nearest_distance) {
      nearest_distance = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace hearth
