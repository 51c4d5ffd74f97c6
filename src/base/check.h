#pragma once

namespace hearth {
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;
}  // namespace hearth

/// Programmer error: stop. On in every build, release included. Never for input from outside.
#define HEARTH_CHECK(expression) \
  ((expression) ? void(0) : ::hearth::check_failed(#expression, __FILE__, __LINE__))
