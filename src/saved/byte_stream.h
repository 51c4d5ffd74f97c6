#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace hearth::saved {

/// Appends values to bytes: numbers with the low byte first and as wide as they are, texts and
/// lists after their count. Every value has one form only. Not thread-safe.
class ByteWriter {
 public:
  template <std::unsigned_integral Number>
  void put(Number value) {
    std::array<char, sizeof(Number)> bytes;
    for (std::size_t byte = 0; byte < sizeof(Number); ++byte) {
      bytes[byte] = static_cast<char>(value >> (8 * byte));
    }
    bytes_.append(bytes.data(), bytes.size());
  }
  /// How many elements or characters follow: below 2^32.
  void put_count(std::size_t count) {
    HEARTH_CHECK(count <= std::numeric_limits<std::uint32_t>::max());
    put(static_cast<std::uint32_t>(count));
  }
  void put_text(std::string_view text) {
    put_count(text.size());
    bytes_ += text;
  }
  /// As they are, without their count.
  void put_raw(std::string_view bytes) { bytes_ += bytes; }

  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Takes values from bytes that anybody may have damaged.
///
/// Nothing is taken after the first fault, and that one is kept with the place at which it is. No
/// count is believed that the bytes left cannot hold, so what is built of them is bounded by how
/// many there are. A view into `bytes`. Not thread-safe.
class ByteReader {
 public:
  /// `offset`: of the first of `bytes` in the whole, for the words of a fault.
  ByteReader(std::string_view bytes, std::size_t offset) : bytes_(bytes), offset_(offset) {}

  std::size_t left() const { return bytes_.size() - at_; }
  const std::optional<Error>& fault() const { return fault_; }

  /// Notes that what begins at the last value taken is wrong. The first fault counts.
  std::nullopt_t refuse(std::string_view what);

  template <std::unsigned_integral Number>
  std::optional<Number> take() {
    const std::optional<std::string_view> raw = take_raw(sizeof(Number));
    if (!raw) return std::nullopt;
    Number value = 0;
    for (std::size_t byte = 0; byte < sizeof(Number); ++byte) {
      const auto part = static_cast<Number>(static_cast<unsigned char>((*raw)[byte]));
      value = static_cast<Number>(value | static_cast<Number>(part << (8 * byte)));
    }
    return value;
  }
  /// How many elements follow, of a byte at least each.
  std::optional<std::uint32_t> take_count();
  std::optional<std::string_view> take_text();
  std::optional<std::string_view> take_raw(std::size_t count);

 private:
  std::string_view bytes_;
  std::size_t offset_;
  std::size_t at_ = 0;
  std::size_t last_at_ = 0;  ///< Where the last value taken begins.
  std::optional<Error> fault_;
};

}  // namespace hearth::saved
