#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/result.h"
#include "model/digest.h"

namespace hearth {

/// Files by the digest of their content: bundles and saved images. What is in it is whole: a file
/// gets its name only after its digest was checked. Everything blocks for as long as a disk takes:
/// not for the loop.
class ContentStore {
 public:
  virtual ~ContentStore() = default;
  /// Where the content lies, if it is there and whole.
  virtual std::optional<std::filesystem::path> find(const Digest& digest) const = 0;
  /// A fresh path in the store's own file system to write a file to before `adopt`.
  virtual Result<std::filesystem::path> make_temporary() = 0;
  /// Takes over a finished temporary file. `digest` was computed while it was written; if it is not
  /// `expected` the file is dropped and the error says so.
  virtual Result<void> adopt(const std::filesystem::path& temporary, const Digest& digest,
                             const Digest& expected) = 0;
};

}  // namespace hearth
