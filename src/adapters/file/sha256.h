#pragma once

#include <memory>
#include <string_view>

#include "model/digest.h"

struct sha256_ctx;  // Of nettle.

namespace hearth {

/// Computes the SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void add(std::string_view bytes);
  /// The digest of all that was added; begins anew.
  Digest finish();

 private:
  std::unique_ptr<sha256_ctx> context_;
};

Digest sha256_of(std::string_view bytes);

}  // namespace hearth
