#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "wire/json_reader.h"

namespace hearth {

/// Why a pattern of a log rule cannot be used; nullopt if it can. An empty function checks nothing.
using PatternCheck = std::function<std::optional<std::string>(std::string_view pattern)>;

}  // namespace hearth

/// How the fields of a specification are read: shared by the codecs of this folder, and not for use
/// outside it.
namespace hearth::wire {

/// Where a specification comes from decides what is demanded of it.
///
/// A request is held to every bound and rule: its author is there to correct it. What was accepted
/// once, and lies in a database or on a node's disk, is only read: a bound that is narrowed later
/// must not make a manager refuse its own database, or an agent stop what it runs.
struct SpecReading {
  enum class Of : std::uint8_t { kRequest, kStored };

  Of of = Of::kRequest;
  PatternCheck check_pattern = {};

  bool checks() const { return of == Of::kRequest; }

  /// Notes a fault of a request.
  void demand(bool holds, const JsonValue& place, const std::string& what) const {
    if (checks() && !holds) place.fault(what);
  }
  /// Notes why a request must not have a key.
  void forbid(JsonObject& in, std::string_view key, std::string_view why) const {
    if (checks()) in.forbidden(key, why);
  }
  template <std::unsigned_integral T>
  std::optional<T> number(const JsonValue& value, T low, T high) const {
    return checks() ? value.number<T>(low, high) : value.number<T>();
  }
  std::optional<Duration> duration(const JsonValue& value, Duration low, Duration high) const;
  /// A string of 1 to `bytes_max` bytes without NUL.
  std::string text(const JsonValue& value, std::size_t bytes_max) const;
  /// A program and its arguments.
  std::vector<std::string> command(const JsonValue& value) const;
};

}  // namespace hearth::wire
