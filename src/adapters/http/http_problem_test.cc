#include "adapters/http/http_problem.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(HttpProblem, IsAnRfc9457Document) {
  const HttpResponse response = problem_response(Error{ErrorCode::kNotFound, "no node 'a\"'"});
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no node 'a\"'",)"
            R"("code":"not_found"})"
            "\n");
}

TEST(HttpProblem, BecomesTheSameErrorAgain) {
  for (const ErrorCode code :
       {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kConflict,
        ErrorCode::kUnauthorized, ErrorCode::kUnavailable, ErrorCode::kTimeout,
        ErrorCode::kExhausted, ErrorCode::kFailed, ErrorCode::kCorrupt}) {
    const Error error{code, "what is wrong"};
    const HttpResponse response = problem_response(error);
    EXPECT_EQ(error_from_answer(response.status, response.body), error);
    EXPECT_EQ(error_from_answer(response.status, "").code, code);
  }
}

TEST(HttpProblem, IsCutAtItsBound) {
  const auto reported = [](std::size_t bytes) {
    const Error error{ErrorCode::kFailed, std::string(bytes, 'w')};
    return error_from_answer(502, problem_response(error).body).message;
  };
  EXPECT_EQ(reported(16 * 1024).size(), 16U * 1024);
  EXPECT_FALSE(reported(16 * 1024).ends_with("…"));
  EXPECT_EQ(reported(60'000).size(), 16U * 1024);
  EXPECT_TRUE(reported(60'000).ends_with("w…"));
}

TEST(HttpProblem, OfAnotherServerIsDerivedFromItsStatus) {
  EXPECT_EQ(error_from_answer(413, "<html>").code, ErrorCode::kExhausted);
  EXPECT_EQ(error_from_answer(500, R"({"code":"nonsense","detail":"x"})").code,
            ErrorCode::kUnavailable);
  EXPECT_EQ(error_from_answer(418, "[]"),
            (Error{ErrorCode::kInvalidArgument, "the server answered 418 Unnamed"}));
}

}  // namespace
}  // namespace hearth
