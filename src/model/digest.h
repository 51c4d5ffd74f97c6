#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth {

/// The address of content: "sha256:" and 64 lower-case hex digits.
class Digest {
 public:
  static Result<Digest> parse(std::string_view text);

  const std::string& str() const { return text_; }
  /// The 64 hex digits alone, suitable as a file name.
  std::string_view hex() const { return std::string_view(text_).substr(kPrefix.size()); }
  /// The first 12 hex digits, for display and image tags.
  std::string_view short_hex() const { return hex().substr(0, 12); }
  auto operator<=>(const Digest&) const = default;

 private:
  static constexpr std::string_view kPrefix = "sha256:";
  explicit Digest(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace hearth
