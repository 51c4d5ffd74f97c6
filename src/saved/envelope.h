#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::saved {

/// Which program saved the state.
enum class Owner : std::uint8_t { kManager, kAgent };

/// "manager", "agent".
std::string_view name_of(Owner owner);

/// What surrounds a saved state, so that no program misreads it:
///
///     byte  0  "HearthSt"
///           8  the format, 4 bytes: kFormat
///          12  the owner, 4 bytes
///          16  the layout, 8 bytes: a fingerprint of the types and of the build
///          24  the length of the body, 8 bytes
///          32  the checksum of the body, 8 bytes
///          40  the body
///
/// Integers are little-endian.
struct Envelope {
  Owner owner{};
  std::uint64_t layout = 0;
};

/// The version of the encoding of integers, text and lists.
inline constexpr std::uint32_t kFormat = 1;
inline constexpr std::size_t kLayoutAt = 16;
inline constexpr std::size_t kHeaderBytes = 40;

std::string seal(const Envelope& envelope, std::string_view body);

/// Returns the body, a view into `bytes`. kCorrupt: the bytes are truncated or damaged; kConflict:
/// they are of another build or another owner. The error names the offset.
Result<std::string_view> open(const Envelope& envelope, std::string_view bytes);

}  // namespace hearth::saved
