#include "adapters/file/sha256.h"

#include <array>
#include <cstdint>
#include <string>

#include <nettle/sha2.h>

namespace hearth {

Sha256::Sha256() : context_(std::make_unique<sha256_ctx>()) {
  ::sha256_init(context_.get());
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  ::sha256_update(context_.get(), bytes.size(),
                  reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

Digest Sha256::finish() {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> sum{};
  ::sha256_digest(context_.get(), sum.size(), sum.data());  // Resets the context, too.
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string text = "sha256:";
  for (const std::uint8_t byte : sum) {
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
