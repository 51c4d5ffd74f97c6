#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::docker {

/// What an inspected container says about its log.
struct LogSource {
  bool running = false;
  bool terminal = false;
  std::string run;  ///< Differs between two runs of the container, and before and after their end.
  /// The size at which the engine begins another file. Nullopt: never, or not known.
  std::optional<std::uint64_t> file_bytes_max;
  /// A log of at least this size can have lost its first lines; a smaller one has not. Nullopt: it
  /// never does, or that cannot be known.
  std::optional<std::uint64_t> whole_bytes_max;
};

/// What a line takes in a file of the driver `json-file` beyond what is sent of it.
inline constexpr std::uint64_t kJsonLineExtraBytes = 29;

/// kCorrupt if the answer is not that of an inspection.
Result<LogSource> decode_log_source(std::string_view answer);

/// "10m" is 10 MiB, as the engine reads sizes; nullopt for what is none.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace hearth::docker
