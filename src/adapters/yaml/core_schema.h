#pragma once

#include <string>
#include <string_view>

namespace hearth::yaml {

/// What a plain scalar means by the core schema of YAML 1.2.2 (section 10.3.2).
struct PlainScalar {
  enum class Kind : std::uint8_t { kNull, kBoolean, kNumber, kText };

  Kind kind = Kind::kText;
  std::string json = {};  ///< Of all but a text: as JSON writes it.
  bool operator==(const PlainScalar&) const = default;
};

/// As in YAML 1.2, `no`, `on`, `yes` and `1:30` are texts. Texts are also what JSON cannot write
/// (`.inf`, `.nan`, 1e999), and a number with a leading zero: 0755 is an octal number to some, and
/// the decimal 755 to others.
PlainScalar resolve_plain(std::string_view text);

}  // namespace hearth::yaml
