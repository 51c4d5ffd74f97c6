#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/result.h"

namespace hearth {

/// One enumerator and the stable word for it in files, API and CLI.
template <class E>
struct EnumName {
  E value;
  std::string_view word;
};

template <class E, std::size_t N>
std::string_view word_of(const std::array<EnumName<E>, N>& names, E value) {
  for (const EnumName<E>& name : names) {
    if (name.value == value) return name.word;
  }
  HEARTH_CHECK(false);
}

/// The error lists every accepted word.
template <class E, std::size_t N>
Result<E> value_of(const std::array<EnumName<E>, N>& names, std::string_view word) {
  std::string right;
  for (const EnumName<E>& name : names) {
    if (name.word == word) return name.value;
    right += right.empty() ? "" : ", ";
    right += name.word;
  }
  return fail(ErrorCode::kInvalidArgument, "must be one of: " + right);
}

}  // namespace hearth
