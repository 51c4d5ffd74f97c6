#include "wire/model_fields.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/check.h"
#include "base/duration_text.h"
#include "base/shortened.h"

namespace hearth::wire {

bool is_our_version(const JsonValue& v) {
  const std::optional<std::uint64_t> version = v.number<std::uint64_t>();
  if (!version || *version == kFormatVersion) return true;
  v.fault(
      fmt::format("is version {}, but only version {} is supported: run the same release of Hearth "
                  "on both sides",
                  *version, kFormatVersion));
  return false;
}

std::string text_or_empty(const JsonValue& value) {
  return std::string(value.text().value_or(""));
}

std::string text_up_to(std::size_t bytes_max, const JsonValue& value) {
  return shortened(value.text().value_or(""), bytes_max);
}

std::optional<Duration> nanoseconds(const JsonValue& value, Duration low, Duration high) {
  const std::optional<std::uint64_t> count =
      value.number<std::uint64_t>(nanoseconds_of(low), nanoseconds_of(high));
  if (!count) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*count));
}

std::uint64_t nanoseconds_of(Duration duration) {
  HEARTH_CHECK(duration >= Duration::zero());
  return static_cast<std::uint64_t>(duration.count());
}

std::string time_text(WallTime time) {
  using std::chrono::sys_days;
  using std::chrono::year;
  constexpr WallTime kFirst((sys_days(year(0) / 1 / 1)).time_since_epoch());
  constexpr WallTime kEnd(
      (sys_days(year(9999) / 12 / 31) + std::chrono::days(1)).time_since_epoch());
  return show_time(std::clamp(time, kFirst, kEnd - std::chrono::milliseconds(1)));
}

Resources resources(const JsonValue& cpu_millis, const JsonValue& memory_bytes) {
  return {.cpu_millis = cpu_millis.number<std::uint32_t>().value_or(0),
          .memory_bytes = memory_bytes.number<std::uint64_t>().value_or(0)};
}

void write_resources(JsonWriter& out, const Resources& resources) {
  out.field("cpu_millis", resources.cpu_millis).field("memory_bytes", resources.memory_bytes);
}

std::optional<Image> image(const JsonValue& value) {
  JsonObject in = value.object();
  const std::optional<std::string_view> reference = in.required("reference").text();
  std::optional<Digest> archive = in.optional("archive").parsed(Digest::parse);
  if (!reference) return std::nullopt;
  return Image{.reference = std::string(*reference), .archive = std::move(archive)};
}

void write_image(JsonWriter& out, const Image& image) {
  out.begin_object().field("reference", image.reference);
  if (image.archive) out.field("archive", image.archive->str());
  out.end_object();
}

}  // namespace hearth::wire
