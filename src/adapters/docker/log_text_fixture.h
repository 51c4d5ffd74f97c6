#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace hearth::docker {

/// A stamp of the engine's: that many nanoseconds after the epoch, less than an hour.
inline std::string stamp_text(std::int64_t nanos) {
  const std::int64_t seconds = nanos / 1'000'000'000;
  return fmt::format("1970-01-01T00:{:02}:{:02}.{:09}Z", seconds / 60, seconds % 60,
                     nanos % 1'000'000'000);
}

/// A frame of a log with timestamps. `channel`: 1 stdout, 2 stderr.
inline std::string log_frame(char channel, std::int64_t stamp, std::string_view text) {
  const std::string content = stamp_text(stamp) + " " + std::string(text);
  std::string frame{channel, 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>((content.size() >> shift) & 0xFF);
  }
  return frame + content;
}

}  // namespace hearth::docker
