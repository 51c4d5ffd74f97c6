#include "ports/http.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(ShowEndpoint, PutsAnIpv6AddressInBrackets) {
  EXPECT_EQ(show_endpoint({"127.0.0.1", 7700}), "127.0.0.1:7700");
  EXPECT_EQ(show_endpoint({"::1", 7700}), "[::1]:7700");
}

TEST(PercentEncoding, GoesThereAndBack) {
  std::string every;
  for (int byte = 1; byte < 256; ++byte) every += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(every)), every);
  EXPECT_EQ(percent_encode("heater-1_a.b~c"), "heater-1_a.b~c");
  EXPECT_EQ(percent_encode("a/b c"), "a%2Fb%20c");
}

TEST(PercentEncoding, RefusesBrokenEscapesAndNul) {
  for (const char* text : {"%", "%4", "%zz", "a%g0", "%00"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(HttpRequest, FindsAHeaderWhateverItsCase) {
  HttpRequest request;
  request.headers = {{"Content-Type", "text/plain"}};
  EXPECT_EQ(request.header("content-type"), "text/plain");
  EXPECT_EQ(request.header("accept"), "");
}

TEST(Notifier, WakesEachWaiterOnceAndTheLastOnesWhenItGoes) {
  int woken = 0;
  int removed = 0;
  {
    Notifier notifier;
    notifier.add([&] { ++woken; });
    notifier.remove(notifier.add([&] { ++removed; }));
    notifier.notify_all();
    notifier.notify_all();
    EXPECT_EQ(woken, 1);
    notifier.add([&] { ++woken; });
  }
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(removed, 0);
}

}  // namespace
}  // namespace hearth
