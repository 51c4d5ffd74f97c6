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

/// Appends values to bytes: little-endian integers of their own width, text and lists after their
/// count. Every value has exactly one encoding. Not thread-safe.
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
  /// The number of elements or characters that follow: below 2^32.
  void put_count(std::size_t count) {
    HEARTH_CHECK(count <= std::numeric_limits<std::uint32_t>::max());
    put(static_cast<std::uint32_t>(count));
  }
  void put_text(std::string_view text) {
    put_count(text.size());
    bytes_ += text;
  }
  /// Appends `bytes` without a count.
  void put_raw(std::string_view bytes) { bytes_ += bytes; }

  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Takes values from bytes that may be damaged.
///
/// The first fault is kept with its offset, and nothing is taken after it. A count that exceeds the
/// bytes left is refused, so the bytes bound the memory that decoding them takes. A view into
/// `bytes`. Not thread-safe.
class ByteReader {
 public:
  /// `offset`: of `bytes` in the whole, for the message of a fault.
  ByteReader(std::string_view bytes, std::size_t offset) : bytes_(bytes), offset_(offset) {}

  std::size_t left() const { return bytes_.size() - at_; }
  const std::optional<Error>& fault() const { return fault_; }

  /// Records a fault at the value taken last, unless there is one already.
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
  /// The number of elements that follow, each of at least one byte.
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
