#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "model/digest.h"

namespace hearth {

/// Bounds of a bundle.
struct BundleLimits {
  std::uint64_t bytes_max = std::uint64_t{512} << 20;  ///< Of the tar file.
  std::uint32_t files_max = 100'000;                   ///< Files, folders and links.
};

/// A bundle that has been written.
struct Bundle {
  Digest digest;  ///< SHA-256 of the tar file.
  std::uint64_t bytes = 0;
  std::uint32_t files = 0;
};

/// Packs a build context, the folder with a Dockerfile, into one tar file.
///
/// Deterministic: the same names, contents, link targets and execute bits give the same bytes,
/// wherever, whenever and by whatever user it is packed. So an unchanged application keeps its
/// digest and need not be sent or built again. To this end, entries are sorted, every time is the
/// first moment of 2000 (zip has no times before 1980), owners are zero, and modes become 0755
/// (folders, and files that their owner can execute) or 0644. Symbolic links are kept as they are,
/// hard links become files, empty folders are kept.
///
/// `.dockerignore` is honoured (see ignore_rules.h). Blocks while it reads.
///
/// Errors name the path. kNotFound: no such folder. kInvalidArgument: not a folder, empty, without
/// a Dockerfile, with a socket, pipe or device in it, or with an invalid `.dockerignore`.
/// kExhausted: a bound is exceeded or the disk is full. kFailed: a file could not be read or
/// changed meanwhile. After an error `archive` does not exist.
Result<Bundle> pack_bundle(const std::filesystem::path& context,
                           const std::filesystem::path& archive, const BundleLimits& limits = {});

}  // namespace hearth
