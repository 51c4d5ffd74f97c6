#pragma once

#include <memory>
#include <string_view>

#include "model/digest.h"

struct evp_md_ctx_st;

namespace hearth {

/// Computes the SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();

  void add(std::string_view bytes);
  /// The digest of all that was added; begins anew.
  Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  void begin();

  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

Digest sha256_of(std::string_view bytes);

}  // namespace hearth
