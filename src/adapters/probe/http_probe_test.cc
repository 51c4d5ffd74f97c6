#include "adapters/probe/http_probe.h"

#include <gtest/gtest.h>

#include "base/version.h"

namespace hearth::probe {
namespace {

const std::string kAgent = "User-Agent: hearth/" + std::string(version()) + "\r\n";

TEST(HttpProbe, AsksAsABrowserlessClient) {
  EXPECT_EQ(request_of({.port = 8080}, {"10.0.0.7", 8080}),
            "GET / HTTP/1.1\r\nHost: 10.0.0.7:8080\r\n" + kAgent +
                "Accept: */*\r\nConnection: close\r\n\r\n");
}

TEST(HttpProbe, NamesAnIpv6HostInBrackets) {
  EXPECT_NE(request_of({.port = 80}, {"fd00::7", 80}).find("Host: [fd00::7]:80\r\n"),
            std::string::npos);
}

TEST(HttpProbe, TheWorkloadsHeadersTakePrecedence) {
  EXPECT_EQ(request_of({.port = 80,
                        .path = "/x",
                        .headers = {{"host", "heater.example"}, {"ACCEPT", "text/plain"}}},
                       {"10.0.0.7", 80}),
            "GET /x HTTP/1.1\r\n" + kAgent +
                "Connection: close\r\nACCEPT: text/plain\r\nhost: heater.example\r\n\r\n");
}

TEST(HttpProbe, NoPathAndNoHeaderCanBreakTheRequest) {
  const std::string request = request_of(
      {.port = 80, .path = "a b\r\nX: 1#\x7f\xc3\xa4?q=1", .headers = {{"A", "1\r\nB: 2"}}},
      {"10.0.0.7", 80});
  EXPECT_TRUE(request.starts_with("GET /a%20b%0D%0AX:%201%23%7F%C3%A4?q=1 HTTP/1.1\r\n"))
      << request;
  EXPECT_EQ(request.find("\r\nB: 2"), std::string::npos) << request;
}

}  // namespace
}  // namespace hearth::probe
