#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "model/digest.h"

namespace hearth {

/// What is taken into a bundle at most.
struct BundleLimits {
  std::uint64_t bytes_max = std::uint64_t{512} << 20;  ///< Of the tar file.
  std::uint32_t files_max = 100'000;                   ///< Files, folders and links.
};

/// A bundle that was written.
struct Bundle {
  Digest digest;  ///< SHA-256 of the tar file.
  std::uint64_t bytes = 0;
  std::uint32_t files = 0;
};

/// Packs a build context, the folder with a Dockerfile, into one tar file.
///
/// Deterministic: the same names, contents, link targets and execute bits give the same bytes,
/// wherever, whenever and by whomever it is packed. So an unchanged application keeps its digest
/// and need not be sent or built again. For that, entries are sorted, every time is the first
/// moment of 2000 (zip knows none before 1980), owners are zero, and modes become 0755 (folders,
/// and files their owner may execute) or 0644. Symbolic links are kept as they are, hard links
/// become files, empty folders stay.
///
/// `.dockerignore` is honoured (see ignore_rules.h). Blocks for as long as reading takes.
///
/// Errors name the path. kNotFound: no such folder. kInvalidArgument: not a folder, empty, no
/// Dockerfile, a socket, pipe or device in it, a wrong `.dockerignore`. kExhausted: a limit, or the
/// disk is full. kFailed: a file could not be read, or changed meanwhile. After an error `archive`
/// does not exist.
Result<Bundle> pack_bundle(const std::filesystem::path& context,
                           const std::filesystem::path& archive, const BundleLimits& limits = {});

}  // namespace hearth
