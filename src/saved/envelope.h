#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::saved {

/// Whose state it is.
enum class Owner : std::uint8_t { kManager, kAgent };

/// "manager", "agent".
std::string_view name_of(Owner owner);

/// What is written around a saved state, so that it is read by nobody who would misread it:
///
///     byte  0  "HearthSt"
///           8  the format, 4 bytes: kFormat
///          12  the owner, 4 bytes
///          16  the layout, 8 bytes: a fingerprint of the types and of the build
///          24  the length of the body, 8 bytes
///          32  the checksum of the body, 8 bytes
///          40  the body
///
/// Numbers have their low byte first.
struct Envelope {
  Owner owner{};
  std::uint64_t layout = 0;
};

/// Of the bytes themselves: how numbers, texts and lists are written.
inline constexpr std::uint32_t kFormat = 1;
inline constexpr std::size_t kLayoutAt = 16;
inline constexpr std::size_t kHeaderBytes = 40;

std::string seal(const Envelope& envelope, std::string_view body);

/// The body, a view into `bytes`. kCorrupt: the bytes are torn or damaged; kConflict: they are of
/// another build or another owner. The error names the offset.
Result<std::string_view> open(const Envelope& envelope, std::string_view bytes);

/// FNV-1a of 64 bits. Not for secrets: it finds what went wrong, not what was made to look right.
/// Texts of the same length that differ in one byte never have the same hash.
std::uint64_t hash_of(std::string_view text);

}  // namespace hearth::saved
