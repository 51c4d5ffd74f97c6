#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "adapters/file/file.h"
#include "adapters/file/sha256.h"

namespace hearth {

/// Writes a file in pieces, and knows its digest at the end: for what comes over the network or out
/// of an engine. Never holds more than the piece at hand in memory.
///
/// Removing the file of an attempt that failed is up to the caller: ContentStore::adopt does, and
/// so does the next start of a FileContentStore.
class DigestWriter {
 public:
  /// Empties `file` first if it is there. `bytes_max` bounds what a peer may send us.
  static Result<DigestWriter> create(const std::filesystem::path& file, std::uint64_t bytes_max);

  /// kExhausted when the disk is full or `bytes_max` would be exceeded; nothing of `piece` counts
  /// then, and the attempt is over.
  Result<void> write(std::string_view piece);
  std::uint64_t bytes() const { return bytes_; }
  /// Call once, at the end. The file is complete but not yet durable.
  Digest finish() { return sum_.finish(); }

 private:
  DigestWriter(File file, std::uint64_t bytes_max);

  File file_;
  Sha256 sum_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::uint64_t bytes_flushing_ = 0;  ///< How much of the file the disk was told to take already.
};

}  // namespace hearth
