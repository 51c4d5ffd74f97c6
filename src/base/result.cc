#include "base/result.h"

#include "base/check.h"

namespace hearth {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kUnauthorized: return "unauthorized";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kExhausted: return "exhausted";
    case ErrorCode::kFailed: return "failed";
    case ErrorCode::kCorrupt: return "corrupt";
  }
  HEARTH_CHECK(false);
}

}  // namespace hearth
