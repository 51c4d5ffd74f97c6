#include "wire/spec_reading.h"

#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "model/probe.h"

namespace hearth::wire {

std::optional<Duration> SpecReading::duration(const JsonValue& value, Duration low,
                                              Duration high) const {
  if (value.present() && !value.is_text()) {
    value.wrong_kind("a duration with a unit, such as \"10s\" or \"1m\"");
    return std::nullopt;
  }
  const std::optional<Duration> read = value.duration();
  if (!read || !checks() || (*read >= low && *read <= high)) return read;
  value.fault(
      fmt::format("must be from \"{}\" to \"{}\"", exact_duration(low), exact_duration(high)));
  return std::nullopt;
}

std::string SpecReading::text(const JsonValue& value, std::size_t bytes_max) const {
  std::string text(value.text().value_or(""));
  if (!value.is_text()) return text;
  demand(!text.empty(), value, "must not be empty");
  demand(text.size() <= bytes_max, value,
         fmt::format("has {} bytes; the limit is {}", text.size(), bytes_max));
  demand(text.find('\0') == std::string::npos, value, "must not contain a NUL character");
  return text;
}

std::vector<std::string> SpecReading::command(const JsonValue& value) const {
  if (value.is_text()) {
    value.fault("must be a list of words, such as [\"/bin/check\", \"--now\"]: no shell reads it");
    return {};
  }
  std::size_t bytes = 0;
  std::vector<std::string> words = value.list([&](const JsonValue& word) {
    std::optional<std::string_view> text = word.text();
    if (text) {
      bytes += text->size();
      demand(text->find('\0') == std::string_view::npos, word, "must not contain a NUL character");
    }
    return text ? std::optional(std::string(*text)) : std::nullopt;
  });
  if (!value.is_list()) return words;
  demand(words.size() <= kCommandWordsMax, value,
         fmt::format("has {} words; the limit is {}", words.size(), kCommandWordsMax));
  demand(bytes <= kCommandBytesMax, value,
         fmt::format("has {} bytes; the limit is {}", bytes, kCommandBytesMax));
  if (!words.empty()) demand(!words.front().empty(), value, "must begin with a program");
  return words;
}

}  // namespace hearth::wire
