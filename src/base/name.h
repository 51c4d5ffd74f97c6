#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace hearth {

/// Why `text` is not a name (`[a-z0-9][a-z0-9-]{0,62}`), or an empty string if it is one.
std::string name_fault(std::string_view text);

/// The name of a thing, as operators and topics use it: `[a-z0-9][a-z0-9-]{0,62}`. The tag keeps a
/// node's name from being passed as a workload's.
template <class Tag>
class Name {
 public:
  static Result<Name> parse(std::string_view text) {
    if (std::string fault = name_fault(text); !fault.empty()) {
      return fail(ErrorCode::kInvalidArgument, std::move(fault));
    }
    return Name(std::string(text));
  }

  const std::string& str() const { return text_; }
  auto operator<=>(const Name&) const = default;

 private:
  explicit Name(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// An opaque identifier made elsewhere (by a runtime, or by us at another time). Empty means
/// "none".
template <class Tag>
struct Id {
  std::string value;

  const std::string& str() const { return value; }
  bool empty() const { return value.empty(); }
  auto operator<=>(const Id&) const = default;
};

/// A counter that only grows. Counters with different tags do not compare.
template <class Tag>
struct Counter {
  std::uint64_t value = 0;

  Counter next() const { return Counter{value + 1}; }
  auto operator<=>(const Counter&) const = default;
};

}  // namespace hearth
