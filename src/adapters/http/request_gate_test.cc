#include "adapters/http/request_gate.h"

#include <gtest/gtest.h>

namespace hearth::http {
namespace {

unsigned status_with(const RequestGate& gate, std::vector<HttpHeader> headers,
                     HttpAccess access = HttpAccess::kToken) {
  HttpRequest request;
  request.headers = std::move(headers);
  const auto denial = gate.judge(request, access);
  return denial ? denial->status : 200;
}

TEST(RequestGate, AcceptsExactlyTheTokenOffLoopback) {
  const RequestGate gate = RequestGate::for_network("s3cret-token");
  EXPECT_EQ(status_with(gate, {{"Authorization", "Bearer s3cret-token"}}), 200U);
  EXPECT_EQ(status_with(gate, {{"authorization", "bearer s3cret-token"}}), 200U);
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cret-toke", "Bearer s3cret-token2",
                            "Basic s3cret-token", "s3cret-token", "Bearer S3cret-token"}) {
    EXPECT_EQ(status_with(gate, {{"Authorization", wrong}}), 401U) << wrong;
  }
  EXPECT_EQ(status_with(gate, {}), 401U);
  EXPECT_EQ(status_with(gate, {}, HttpAccess::kOpen), 200U);
}

TEST(RequestGate, KeepsWebPagesOutOfLoopback) {
  const RequestGate gate = RequestGate::for_loopback();
  EXPECT_EQ(status_with(gate, {}), 200U);
  EXPECT_EQ(status_with(gate, {{"Host", "127.0.0.2:7700"}}), 200U);
  EXPECT_EQ(status_with(gate, {{"Host", "localhost"}}), 200U);
  EXPECT_EQ(status_with(gate, {{"Host", "[::1]:7700"}}), 200U);
  EXPECT_EQ(status_with(gate, {{"Host", "rebound.example:7700"}}), 403U);
  EXPECT_EQ(status_with(gate, {{"Host", "127.0.0.1.example"}}), 403U);
  EXPECT_EQ(status_with(gate, {{"Host", "localhost:7700"}, {"Origin", "http://localhost:7700"}}),
            200U);
  EXPECT_EQ(status_with(gate, {{"Host", "localhost:7700"}, {"Origin", "http://localhost:80"}}),
            403U);
  EXPECT_EQ(status_with(gate, {{"Host", "127.0.0.1"}, {"Origin", "null"}}), 403U);
}

}  // namespace
}  // namespace hearth::http
