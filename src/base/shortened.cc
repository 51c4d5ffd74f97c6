#include "base/shortened.h"

#include "base/check.h"

namespace hearth {

std::string shortened(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kMark = "…";
  constexpr std::size_t kContinuationsMax = 3;  // A longer run is not UTF-8 anyway.
  HEARTH_CHECK(bytes_max >= kMark.size());
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max - kMark.size();
  for (std::size_t i = 0; i < kContinuationsMax && end > 0; ++i) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U) break;
    --end;
  }
  return std::string(text.substr(0, end)) + std::string(kMark);
}

}  // namespace hearth
