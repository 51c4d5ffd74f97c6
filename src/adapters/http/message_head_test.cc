#include "adapters/http/message_head.h"

#include <gtest/gtest.h>

namespace hearth::http {
namespace {

TEST(HeadWriter, WritesRequestsAndAnswers) {
  EXPECT_EQ(HeadWriter::request("GET", "/v1?a=b").field("Host", "h:1").finish(),
            "GET /v1?a=b HTTP/1.1\r\nHost: h:1\r\n\r\n");
  EXPECT_EQ(HeadWriter::answer(404).field("Content-Length", 0).finish(),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

TEST(HeadWriter, LetsNoValueBeginAnotherLine) {
  EXPECT_EQ(
      HeadWriter::request("GET", "/\r\nX: y").field("A\n", "b\r\n\r\nGET / HTTP/1.1").finish(),
      "GET /  X: y HTTP/1.1\r\nA : b    GET / HTTP/1.1\r\n\r\n");
}

}  // namespace
}  // namespace hearth::http
