#pragma once

#include <memory>
#include <string_view>

#include "model/digest.h"

struct sha256_ctx;  // nettle's.

namespace hearth {

/// Computes the SHA-256 of bytes that arrive in pieces.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void add(std::string_view bytes);
  /// The digest of everything added. Starts over: the next add() begins a new digest.
  Digest finish();

 private:
  std::unique_ptr<sha256_ctx> context_;
};

Digest sha256_of(std::string_view bytes);

}  // namespace hearth
