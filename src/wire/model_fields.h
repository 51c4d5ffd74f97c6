#pragma once

#include <optional>
#include <string>

#include "model/digest.h"
#include "model/ids.h"
#include "model/resources.h"
#include "model/workload.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

/// How values of the model stand in JSON, wherever they do: shared by the codecs of this folder and
/// of no interest outside it.
namespace hearth::wire {

/// The format that this tree writes and reads, in every payload's "v".
inline constexpr std::uint64_t kFormatVersion = 1;

/// False, and noted, if `v` tells another version: whatever else would be found then says nothing.
bool is_our_version(const JsonValue& v);

/// Zero if absent: what must not be absent is asked for with required(), which notes it.
template <class C>
C counter(const JsonValue& value) {
  return C{value.number<std::uint64_t>().value_or(0)};
}
std::string text_or_empty(const JsonValue& value);
/// The same, shortened().
std::string text_up_to(std::size_t bytes_max, const JsonValue& value);

/// The latest instant of a sender's monotonic clock that is read: 146 years after its start. With
/// a bound of half of what a Duration holds, the difference of two never overflows.
inline constexpr Duration kInstantMax{Duration::rep{1} << 62};

/// Times on the sender's monotonic clock, and durations: whole nanoseconds.
std::optional<Duration> nanoseconds(const JsonValue& value, Duration low, Duration high);
std::uint64_t nanoseconds_of(Duration duration);

/// RFC 3339; what lies beyond its four-digit years is shown as the nearest time within.
std::string time_text(WallTime time);

Resources resources(const JsonValue& cpu_millis, const JsonValue& memory_bytes);
void write_resources(JsonWriter& out, const Resources& resources);

std::optional<Image> image(const JsonValue& value);
void write_image(JsonWriter& out, const Image& image);

/// The fields of a container's specification, in the object that is open.
void write_container_spec(JsonWriter& out, const ContainerSpec& spec);

}  // namespace hearth::wire
