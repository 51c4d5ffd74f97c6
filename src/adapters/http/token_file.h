#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"

namespace hearth {

/// The cluster's token on disk: one line of text that only the file's owner may read. It is all
/// that it takes to command the cluster, so a file that others can read is refused, not repaired:
/// who knows who has read it.

/// kNotFound, kUnauthorized for one that others may read, kInvalidArgument for one without a token
/// in it (20 to 256 printable characters without spaces), kCorrupt for one that is empty or has
/// zeros in it: no person wrote that, a power cut did.
Result<std::string> read_token_file(const std::filesystem::path& path);

/// Reads it, or makes one of 32 random bytes in hex if there is no file yet, or a damaged one: of
/// that `on_damage` is told, with what is to be done.
Result<std::string> ensure_token_file(const std::filesystem::path& path,
                                      const std::function<void(const Error&)>& on_damage = {});

/// 32 random bytes in hex.
std::string make_token();

}  // namespace hearth
