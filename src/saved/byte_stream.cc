#include "saved/byte_stream.h"

#include <fmt/format.h>

namespace hearth::saved {

std::nullopt_t ByteReader::refuse(std::string_view what) {
  if (!fault_) {
    fault_ =
        Error{ErrorCode::kCorrupt, fmt::format("damaged at byte {}: {}", offset_ + last_at_, what)};
  }
  return std::nullopt;
}

std::optional<std::uint32_t> ByteReader::take_count() {
  const std::optional<std::uint32_t> count = take<std::uint32_t>();
  if (count && *count > left()) {
    return refuse(fmt::format("a count of {} where {} bytes are left", *count, left()));
  }
  return count;
}

std::optional<std::string_view> ByteReader::take_text() {
  const std::optional<std::uint32_t> count = take_count();
  return count ? take_raw(*count) : std::nullopt;
}

std::optional<std::string_view> ByteReader::take_raw(std::size_t count) {
  if (fault_) return std::nullopt;
  last_at_ = at_;
  if (count > left()) {
    return refuse(fmt::format("{} bytes wanted where {} are left", count, left()));
  }
  at_ += count;
  return bytes_.substr(last_at_, count);
}

}  // namespace hearth::saved
