#pragma once

#include <string_view>

#include "ports/http.h"

namespace hearth {

/// The only place that turns errors into HTTP and HTTP into errors (RFC 9457).

inline constexpr std::string_view kProblemContentType = "application/problem+json";

/// The status for an error of this code.
unsigned status_of(ErrorCode code);
/// "Not Found"; "Unnamed" for a status that Hearth does not send.
std::string_view reason_phrase(unsigned status);

/// {"type":"about:blank","title":"Not Found","status":404,"detail":message,"code":"not_found"}.
HttpResponse problem_response(const Error& error);
/// The same where the protocol requires a particular status (405, 413, 431).
HttpResponse problem_response(unsigned status, const Error& error);

/// The error in an answer other than 2xx: code and detail of its problem document, or derived from
/// its status if the body is not one.
Error error_from_answer(unsigned status, std::string_view body);

}  // namespace hearth
