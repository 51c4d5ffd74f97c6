#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/result.h"
#include "model/digest.h"

namespace hearth {

/// Files by the digest of their content: bundles and saved images. Every file in it is complete: it
/// gets its name only after its digest was verified. Every call blocks for as long as a disk takes:
/// not for the loop.
class ContentStore {
 public:
  virtual ~ContentStore() = default;
  /// The path of the content, if it is stored.
  virtual std::optional<std::filesystem::path> find(const Digest& digest) const = 0;
  /// A fresh path on the store's own file system, to write a file to before `adopt`.
  virtual Result<std::filesystem::path> make_temporary() = 0;
  /// Takes ownership of a finished temporary file. `digest` was computed while it was written; if
  /// it is not `expected`, the file is removed and an error returned.
  virtual Result<void> adopt(const std::filesystem::path& temporary, const Digest& digest,
                             const Digest& expected) = 0;
};

}  // namespace hearth
