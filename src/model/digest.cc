#include "model/digest.h"

#include <algorithm>

namespace hearth {

Result<Digest> Digest::parse(std::string_view text) {
  constexpr std::size_t kHexDigits = 64;
  const bool well = text.size() == kPrefix.size() + kHexDigits && text.starts_with(kPrefix) &&
                    std::all_of(text.begin() + kPrefix.size(), text.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                    });
  if (well) return Digest(std::string(text));
  return fail(ErrorCode::kInvalidArgument,
              "a digest must be 'sha256:' and 64 lower-case hex digits");
}

}  // namespace hearth
