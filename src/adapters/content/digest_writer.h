#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "adapters/file/file.h"
#include "adapters/file/sha256.h"

namespace hearth {

/// Writes a file in pieces and computes its digest on the way: for content that arrives over the
/// network or from the Docker engine. Holds no more than the current piece in memory.
///
/// The caller removes the file of a failed attempt: ContentStore::adopt() does, and so does the
/// next start of a FileContentStore.
class DigestWriter {
 public:
  /// Empties `file` if it exists. `bytes_max` bounds what a peer can make us store.
  static Result<DigestWriter> create(const std::filesystem::path& file, std::uint64_t bytes_max);

  /// kExhausted if the disk is full or `bytes_max` would be exceeded. Nothing of `piece` counts
  /// then, and the attempt has failed.
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
  std::uint64_t bytes_flushing_ = 0;  ///< How much of the file the disk was asked to write already.
};

}  // namespace hearth
