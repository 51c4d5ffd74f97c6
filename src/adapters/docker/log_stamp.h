#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hearth::docker {

/// The longest stamp: "2026-11-23T19:52:53.123456789+02:00".
inline constexpr std::size_t kStampBytesMax = 35;

/// Reads an RFC 3339 time with up to nine decimals and any offset, as the engine puts before the
/// lines of a log: nanoseconds since the Unix epoch. Nullopt for anything else, and for times that
/// do not fit (before 1678, after 2261).
std::optional<std::int64_t> parse_stamp(std::string_view text);

}  // namespace hearth::docker
