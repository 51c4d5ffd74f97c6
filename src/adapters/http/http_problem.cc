#include "adapters/http/http_problem.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/check.h"
#include "base/shortened.h"

namespace hearth {
namespace {

/// For another server's text. Room for every fault of a thoroughly invalid request.
constexpr std::size_t kDetailBytesMax = 16 * 1024;

struct StatusPhrase {
  unsigned status;
  std::string_view phrase;
};

constexpr std::array kPhrases{
    StatusPhrase{100, "Continue"},
    StatusPhrase{200, "OK"},
    StatusPhrase{201, "Created"},
    StatusPhrase{202, "Accepted"},
    StatusPhrase{204, "No Content"},
    StatusPhrase{400, "Bad Request"},
    StatusPhrase{401, "Unauthorized"},
    StatusPhrase{403, "Forbidden"},
    StatusPhrase{404, "Not Found"},
    StatusPhrase{405, "Method Not Allowed"},
    StatusPhrase{408, "Request Timeout"},
    StatusPhrase{409, "Conflict"},
    StatusPhrase{413, "Content Too Large"},
    StatusPhrase{422, "Unprocessable Content"},
    StatusPhrase{429, "Too Many Requests"},
    StatusPhrase{431, "Request Header Fields Too Large"},
    StatusPhrase{500, "Internal Server Error"},
    StatusPhrase{501, "Not Implemented"},
    StatusPhrase{502, "Bad Gateway"},
    StatusPhrase{503, "Service Unavailable"},
    StatusPhrase{504, "Gateway Timeout"},
};

constexpr std::array kCodes{
    ErrorCode::kInvalidArgument, ErrorCode::kNotFound,    ErrorCode::kConflict,
    ErrorCode::kUnauthorized,    ErrorCode::kUnavailable, ErrorCode::kTimeout,
    ErrorCode::kExhausted,       ErrorCode::kFailed,      ErrorCode::kCorrupt,
};

std::optional<ErrorCode> code_named(std::string_view name) {
  const auto found = std::find_if(kCodes.begin(), kCodes.end(),
                                  [name](ErrorCode code) { return name_of(code) == name; });
  return found == kCodes.end() ? std::nullopt : std::optional(*found);
}

/// For an answer that is not our problem document: a proxy's, or another server's.
ErrorCode code_of(unsigned status) {
  switch (status) {
    case 413: return ErrorCode::kExhausted;
    case 403: return ErrorCode::kUnauthorized;
    case 408: return ErrorCode::kTimeout;
    default: break;
  }
  const auto found = std::find_if(kCodes.begin(), kCodes.end(),
                                  [status](ErrorCode code) { return status_of(code) == status; });
  if (found != kCodes.end()) return *found;
  return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument;
}

std::string string_member(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

}  // namespace

unsigned status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 400;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kUnauthorized: return 401;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kTimeout: return 504;
    case ErrorCode::kExhausted: return 429;
    case ErrorCode::kFailed: return 502;
    case ErrorCode::kCorrupt: return 422;
  }
  HEARTH_CHECK(false);
}

std::string_view reason_phrase(unsigned status) {
  const auto found =
      std::find_if(kPhrases.begin(), kPhrases.end(),
                   [status](const StatusPhrase& known) { return known.status == status; });
  return found == kPhrases.end() ? "Unnamed" : found->phrase;
}

HttpResponse problem_response(unsigned status, const Error& error) {
  HttpResponse response{.status = status, .content_type = std::string(kProblemContentType)};
  response.body = boost::json::serialize(boost::json::object{
      {"type", "about:blank"},
      {"title", reason_phrase(status)},
      {"status", status},
      {"detail", error.message},
      {"code", name_of(error.code)},
  });
  response.body += '\n';
  return response;
}

HttpResponse problem_response(const Error& error) {
  return problem_response(status_of(error.code), error);
}

Error error_from_answer(unsigned status, std::string_view body) {
  boost::system::error_code ec;
  const boost::json::value problem = boost::json::parse(body, ec);
  if (!ec && problem.is_object()) {
    const std::string detail = string_member(problem.get_object(), "detail");
    const auto code = code_named(string_member(problem.get_object(), "code"));
    if (code && !detail.empty()) return Error{*code, shortened(detail, kDetailBytesMax)};
  }
  return Error{code_of(status), "the server answered " + std::to_string(status) + " " +
                                    std::string(reason_phrase(status))};
}

}  // namespace hearth
