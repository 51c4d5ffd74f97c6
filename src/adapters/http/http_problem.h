#pragma once

#include <string_view>

#include "ports/http.h"

namespace hearth {

/// The one place where errors become HTTP and HTTP becomes errors again (RFC 9457).

inline constexpr std::string_view kProblemContentType = "application/problem+json";

/// The status that stands for an error of this cause.
unsigned status_of(ErrorCode code);
/// "Not Found"; "Unnamed" for a status that Hearth never sends.
std::string_view reason_phrase(unsigned status);

/// {"type":"about:blank","title":"Not Found","status":404,"detail":message,"code":"not_found"}.
HttpResponse problem_response(const Error& error);
/// The same where the protocol asks for a status of its own (405, 413, 431).
HttpResponse problem_response(unsigned status, const Error& error);

/// What an answer other than 2xx means: the code and detail of its problem document, or what its
/// status says if the body is none.
Error error_from_answer(unsigned status, std::string_view body);

}  // namespace hearth
