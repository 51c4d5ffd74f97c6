#pragma once

#include <optional>
#include <string>

#include "model/digest.h"
#include "model/ids.h"
#include "model/resources.h"
#include "model/workload.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

/// The JSON of model values that several payloads contain: shared by the codecs of this folder, and
/// not for use outside it.
namespace hearth::wire {

/// The format version that this build writes and reads, in every payload's "v".
inline constexpr std::uint64_t kFormatVersion = 1;

/// False, with a fault noted, if `v` is another version: further faults would then mean nothing.
bool is_our_version(const JsonValue& v);

/// Zero if absent: for a mandatory value pass the result of required(), which notes the fault.
template <class C>
C counter(const JsonValue& value) {
  return C{value.number<std::uint64_t>().value_or(0)};
}
std::string text_or_empty(const JsonValue& value);
/// The same, shortened().
std::string text_up_to(std::size_t bytes_max, const JsonValue& value);

/// The latest instant of a sender's monotonic clock that is accepted: 146 years after its start. It
/// is half of what a Duration holds, so that the difference of two never overflows.
inline constexpr Duration kInstantMax{Duration::rep{1} << 62};

/// Times on the sender's monotonic clock, and durations: whole nanoseconds.
std::optional<Duration> nanoseconds(const JsonValue& value, Duration low, Duration high);
std::uint64_t nanoseconds_of(Duration duration);

/// RFC 3339; a time beyond its four-digit years is shown as the nearest one within.
std::string time_text(WallTime time);

Resources resources(const JsonValue& cpu_millis, const JsonValue& memory_bytes);
void write_resources(JsonWriter& out, const Resources& resources);

std::optional<Image> image(const JsonValue& value);
void write_image(JsonWriter& out, const Image& image);

}  // namespace hearth::wire
