#include "shell/api/query.h"

#include <gtest/gtest.h>

#include "testing/exchange/fake_http_exchange.h"

namespace hearth {
namespace {

HttpRequest request_with(const std::string& query) {
  return FakeHttpExchange(HttpMethod::kGet, "/?" + query).request();
}

TEST(Query, ReadsFlagsAndNumbers) {
  EXPECT_EQ(query_flag(request_with("follow=1"), "follow"), true);
  EXPECT_EQ(query_flag(request_with("follow=false"), "follow"), false);
  EXPECT_EQ(query_flag(request_with(""), "follow"), false);
  EXPECT_EQ(query_number(request_with("tail=12"), "tail", 5, 100), 12U);
  EXPECT_EQ(query_number(request_with(""), "tail", 5, 100), 5U);
}

TEST(Query, RefusesAnythingElse) {
  EXPECT_FALSE(query_flag(request_with("follow=yes"), "follow"));
  for (const char* text : {"tail=", "tail=x", "tail=-1", "tail=101", "tail=1x", "tail=1.5",
                           "tail=99999999999999999999"}) {
    const auto number = query_number(request_with(text), "tail", 0, 100);
    ASSERT_FALSE(number) << text;
    EXPECT_EQ(number.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(page_request(request_with("limit=0")));
  EXPECT_FALSE(page_request(request_with("limit=1001")));
}

std::string page_of(const std::string& query) {
  PageWriter page(*page_request(request_with(query)));
  for (const char* key : {"a", "b", "c", "d"}) {
    if (page.admit(key)) page.json().value(key);
    if (page.full()) break;
  }
  return std::move(page).finish();
}

TEST(Page, NamesTheCursorOfTheNextOne) {
  EXPECT_EQ(page_of(""), R"({"items":["a","b","c","d"],"next":null})");
  EXPECT_EQ(page_of("limit=2"), R"({"items":["a","b"],"next":"b"})");
  EXPECT_EQ(page_of("limit=2&after=b"), R"({"items":["c","d"],"next":null})");
  EXPECT_EQ(page_of("after=bb"), R"({"items":["c","d"],"next":null})");
  EXPECT_EQ(page_of("after=z"), R"({"items":[],"next":null})");
}

}  // namespace
}  // namespace hearth
