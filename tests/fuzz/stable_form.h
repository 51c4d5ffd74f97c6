#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

namespace hearth {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Aborts unless `decode` either accepts `text` or gives a reason, and the accepted value is
/// unchanged after it is encoded and decoded again.
template <class Decode, class Encode>
void check_stable_form(std::string_view text, Decode decode, Encode encode) {
  const auto value = decode(text);
  if (!value) {
    HEARTH_CHECK(!value.error().message.empty());
    return;
  }
  const std::string written = encode(*value);
  const auto again = decode(written);
  HEARTH_CHECK(again.has_value());
  HEARTH_CHECK(encode(*again) == written);
}

}  // namespace hearth
