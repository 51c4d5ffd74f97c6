#pragma once

#include <string_view>
#include <vector>

namespace hearth {

/// The word of `known` that `word` most likely meant, by Levenshtein distance; the first of several
/// equally near. Empty if none is near: more than two edits, or more than a third of the word, is a
/// different word rather than a typing error.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace hearth
