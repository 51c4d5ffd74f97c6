#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/result.h"
#include "saved/byte_stream.h"
#include "saved/envelope.h"
#include "stable_form.h"

namespace hearth {

/// `body` with `edits` made to it, four bytes each: where (two), what, and with which value. A
/// saved state as it is would be no corpus: every change of a field makes it another build's.
inline std::string edited(std::string body, std::string_view edits) {
  for (; edits.size() >= 4 && !body.empty(); edits.remove_prefix(4)) {
    const auto part = [&edits](std::size_t i) { return static_cast<unsigned char>(edits[i]); };
    const std::size_t at = (part(0) | std::size_t{part(1)} << 8) % body.size();
    const std::size_t length = part(3) % 16;
    switch (part(2) % 4) {
      case 0: body[at] = static_cast<char>(body[at] ^ part(3)); break;
      case 1: body[at] = edits[3]; break;
      case 2: body.erase(at, length); break;
      default: body.insert(at, body.substr(at, length)); break;
    }
  }
  return body;
}

/// Dies unless what `bytes` hold, edited and sealed anew, is refused with its place or is the state
/// that has these very bytes.
template <class FromBytes>
void check_edited(std::string_view bytes, saved::Owner owner, std::string_view edits,
                  FromBytes from_bytes) {
  saved::ByteReader layout(bytes.substr(saved::kLayoutAt), saved::kLayoutAt);
  const std::string sealed =
      saved::seal({.owner = owner, .layout = layout.take<std::uint64_t>().value()},
                  edited(std::string(bytes.substr(saved::kHeaderBytes)), edits));
  const auto state = from_bytes(sealed);
  if (state) {
    HEARTH_CHECK(saved::to_bytes(*state) == sealed);
  } else {
    HEARTH_CHECK(state.error().code == ErrorCode::kCorrupt);
    HEARTH_CHECK(state.error().message.find("damaged at byte ") != std::string::npos);
  }
}

}  // namespace hearth
