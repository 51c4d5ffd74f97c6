#pragma once

#include "base/result.h"

namespace hearth::cli {

/// How a command ended, for scripts. Stable (docs/reference/cli.md).
enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,        ///< It did not work out, or the answer is no.
  kWrongInput = 2,    ///< Usage, a name, a file or a folder that is not what it must be.
  kUnreachable = 3,   ///< No manager answers; nothing else (see of_this_machine()).
  kUnauthorized = 4,  ///< The token is missing or wrong.
  kNotFound = 5,      ///< What was named does not exist.
  kConflict = 6,      ///< It exists already, or its state forbids this now.
};

constexpr ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return ExitCode::kWrongInput;
    case ErrorCode::kNotFound: return ExitCode::kNotFound;
    case ErrorCode::kConflict: return ExitCode::kConflict;
    case ErrorCode::kUnauthorized: return ExitCode::kUnauthorized;
    case ErrorCode::kUnavailable: return ExitCode::kUnreachable;
    case ErrorCode::kTimeout:
    case ErrorCode::kExhausted:
    case ErrorCode::kFailed:
    case ErrorCode::kCorrupt: break;
  }
  return ExitCode::kFailed;
}

}  // namespace hearth::cli
