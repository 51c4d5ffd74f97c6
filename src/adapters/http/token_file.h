#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"

namespace hearth {

/// The cluster's token on disk: one line of text that only the file's owner can read. The token
/// alone suffices to control the cluster, so a file that others can read is refused, not repaired:
/// it might have been read already.

/// kNotFound; kUnauthorized if others can read the file; kInvalidArgument if it does not hold a
/// token (20 to 256 printable characters without spaces); kCorrupt if it is empty or contains zero
/// bytes, as after a power cut.
Result<std::string> read_token_file(const std::filesystem::path& path);

/// Reads the token, or creates one of 32 random bytes in hex if the file is missing or damaged.
/// Damage is reported to `on_damage`, with the remedy.
Result<std::string> ensure_token_file(const std::filesystem::path& path,
                                      const std::function<void(const Error&)>& on_damage = {});

/// 32 random bytes in hex.
std::string make_token();

}  // namespace hearth
