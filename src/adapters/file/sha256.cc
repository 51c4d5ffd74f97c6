#include "adapters/file/sha256.h"

#include <array>
#include <string>

#include <openssl/evp.h>

#include "base/check.h"

namespace hearth {

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  HEARTH_CHECK(context_ != nullptr);
  begin();
}

void Sha256::begin() {
  HEARTH_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view bytes) {
  HEARTH_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
  std::array<unsigned char, 32> sum{};
  HEARTH_CHECK(EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr) == 1);
  begin();
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string text = "sha256:";
  for (const unsigned char byte : sum) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0xf];
  }
  return *Digest::parse(text);
}

Digest sha256_of(std::string_view bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.finish();
}

}  // namespace hearth
