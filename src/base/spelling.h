#pragma once

#include <string_view>
#include <vector>

namespace hearth {

/// Which of `known` somebody probably meant by `word`, by Levenshtein's distance; empty if none is
/// near: farther off than two characters, or a third of them, is another word and not a slip of the
/// finger. The first of several that are equally near.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace hearth
