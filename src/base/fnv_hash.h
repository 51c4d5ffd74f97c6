#pragma once

#include <cstdint>
#include <string_view>

namespace hearth {

/// 64-bit FNV-1a (Fowler, Noll and Vo): the same on every machine and in every build, unlike
/// std::hash. It detects accidents, not forgery. Texts of the same length that differ in one byte
/// never have the same hash. A plain value.
class FnvHash {
 public:
  constexpr void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = (value_ ^ static_cast<unsigned char>(byte)) * kPrime;
  }
  /// Of everything added, in its order.
  constexpr std::uint64_t value() const { return value_; }

 private:
  static constexpr std::uint64_t kBasis = 0xcbf29ce484222325ULL;
  static constexpr std::uint64_t kPrime = 0x100000001b3ULL;

  std::uint64_t value_ = kBasis;
};

constexpr std::uint64_t fnv_hash_of(std::string_view text) {
  FnvHash hash;
  hash.add(text);
  return hash.value();
}

}  // namespace hearth
