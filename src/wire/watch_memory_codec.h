#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/watch_memory.h"

namespace hearth {

/// What is longer is neither written nor read.
inline constexpr std::size_t kWatchMemoryBytesMax = 4 * 1024 * 1024;

/// The JSON in which an agent keeps what it knows of its instances on its node's disk
/// (docs/internals/agent_restart.md). No other program reads it.
///
/// Instants are written as their age at `saved_at`, so that none needs a clock to be understood; a
/// `next_start` before `saved_at` reads back as `saved_at`. Of more than kRememberedInstancesMax
/// instances the first ones are written. If the text is too long, it is written without quotations
/// of logs; kExhausted if that does not help.
Result<std::string> encode(const WatchMemory& memory);

/// kCorrupt, with the path, for anything that is not such a text.
Result<WatchMemory> decode_watch_memory(std::string_view text);

}  // namespace hearth
