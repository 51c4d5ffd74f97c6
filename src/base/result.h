#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace hearth {

/// Why the outside world refused. The names (see `name_of`) are stable: API, CLI and metrics show
/// them.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,  ///< The caller's input is wrong; a retry will not help.
  kNotFound,         ///< The thing named does not exist.
  kConflict,         ///< It exists already, or its state forbids this now.
  kUnauthorized,     ///< Token missing or wrong.
  kUnavailable,      ///< The other side cannot be reached; a retry might help.
  kTimeout,          ///< No answer in time: whether it was done is unknown.
  kExhausted,        ///< A bound was reached (size, queue, disk, attempts).
  kFailed,           ///< The other side carried it out and it failed (a build, a command).
  kCorrupt,          ///< Stored or received data is damaged or malformed.
};

/// Stable lower-case name, for example "not_found".
std::string_view name_of(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string message;  ///< Lower case, ids in single quotes, with what to do next.

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::kNotFound, "…");` from any function that returns a Result.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace hearth
