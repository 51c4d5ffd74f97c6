#pragma once

#include "base/result.h"

namespace hearth::cli {

/// How a command ended, for scripts. Stable (docs/reference/cli.md).
enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,        ///< The command failed, or the answer is no.
  kWrongInput = 2,    ///< Wrong usage, or an invalid name, file or folder.
  kUnreachable = 3,   ///< No manager answers, and nothing else (see of_this_machine()).
  kUnauthorized = 4,  ///< The token is missing or wrong.
  kNotFound = 5,      ///< The named thing does not exist.
  kConflict = 6,      ///< It exists already, or its state forbids this.
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
