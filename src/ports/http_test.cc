#include "ports/http.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(HttpRequest, FindsAHeaderInAnyCase) {
  HttpRequest request;
  request.headers = {{"Content-Type", "text/plain"}};
  EXPECT_EQ(request.header("content-type"), "text/plain");
  EXPECT_EQ(request.header("accept"), "");
}

TEST(Notifier, WakesEachWaiterOnceAndTheRestWhenDestroyed) {
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
