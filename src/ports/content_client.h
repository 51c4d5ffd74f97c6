#pragma once

#include <filesystem>

#include "model/digest.h"
#include "ports/completion.h"

namespace hearth {

/// The manager's content store, as an agent or a command line reaches it.
class ContentClient {
 public:
  virtual ~ContentClient() = default;
  /// Writes the content to a new file. kNotFound if the manager does not have it, kCorrupt if what
  /// came is something else. What is in the file after an error is the caller's to remove, where
  /// that may take as long as a busy disk wants.
  virtual void download(const Digest& digest, std::filesystem::path file,
                        Completion<void> done) = 0;
  /// Hands over a file whose digest is known; nothing is sent if the manager has it already.
  virtual void upload(std::filesystem::path file, const Digest& digest, Completion<void> done) = 0;
};

}  // namespace hearth
