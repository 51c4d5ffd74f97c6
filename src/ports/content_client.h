#pragma once

#include <filesystem>

#include "model/digest.h"
#include "ports/completion.h"

namespace hearth {

/// The manager's content store, as an agent or a command line reaches it.
class ContentClient {
 public:
  virtual ~ContentClient() = default;
  /// Writes the content to a new file. kNotFound if the manager does not have it, kCorrupt if the
  /// received bytes do not match the digest. After an error the caller removes the file, since
  /// removing can block for as long as a busy disk takes.
  virtual void download(const Digest& digest, std::filesystem::path file,
                        Completion<void> done) = 0;
  /// Uploads a file whose digest is known; nothing is sent if the manager has it already.
  virtual void upload(std::filesystem::path file, const Digest& digest, Completion<void> done) = 0;
};

}  // namespace hearth
