#include "adapters/http/http_router.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

HttpRouter make_router() {
  HttpRouter router;
  const HttpHandler handler = [](HttpExchange&) -> Result<void> { return {}; };
  router.add(HttpMethod::kGet, "/v1/nodes", handler);
  router.add(HttpMethod::kGet, "/v1/nodes/{name}", handler);
  router.add(HttpMethod::kPost, "/v1/nodes/import", handler);
  router.add(HttpMethod::kPut, "/v1/nodes/{name}", handler);
  router.add(HttpMethod::kGet, "/v1/nodes/{name}/logs/{line}", handler);
  return router;
}

std::string pattern_of(HttpMethod method, std::string_view path) {
  const HttpRouter router = make_router();
  const auto match = router.find(method, path);
  if (const auto* found = std::get_if<HttpRouter::Found>(&match)) return found->route->pattern;
  if (const auto* wrong = std::get_if<HttpRouter::WrongMethod>(&match)) {
    return "allowed " + wrong->allowed;
  }
  return "missing";
}

TEST(HttpRouter, FindsARouteByMethodAndPath) {
  EXPECT_EQ(pattern_of(HttpMethod::kGet, "/v1/nodes"), "/v1/nodes");
  EXPECT_EQ(pattern_of(HttpMethod::kGet, "/v1/nodes/a"), "/v1/nodes/{name}");
  EXPECT_EQ(pattern_of(HttpMethod::kPost, "/v1/nodes/import"), "/v1/nodes/import");
}

TEST(HttpRouter, DecodesThePathParameters) {
  const HttpRouter router = make_router();
  const auto match = router.find(HttpMethod::kGet, "/v1/nodes/a%2Fb/logs/12");
  const auto* found = std::get_if<HttpRouter::Found>(&match);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->parameters,
            (std::map<std::string, std::string>{{"name", "a/b"}, {"line", "12"}}));
}

TEST(HttpRouter, NamesTheMethodsAllowedOnAKnownPath) {
  EXPECT_EQ(pattern_of(HttpMethod::kDelete, "/v1/nodes/a"), "allowed GET, HEAD, PUT");
  EXPECT_EQ(pattern_of(HttpMethod::kDelete, "/v1/nodes/import"), "allowed GET, HEAD, POST, PUT");
}

TEST(HttpRouter, AnswersHeadWithTheRouteOfGet) {
  EXPECT_EQ(pattern_of(HttpMethod::kHead, "/v1/nodes/a"), "/v1/nodes/{name}");
}

TEST(HttpRouter, MatchesWholeNonEmptySegmentsOnly) {
  for (const char* path : {"", "/", "v1/nodes", "/v1/nodes/", "/v1/nodesx", "/v1/nodes//logs/1",
                           "/v1/nodes/a/", "/v1/nodes/a/b", "/v1/nodes/%zz", "/v1/nodes/%00"}) {
    EXPECT_EQ(pattern_of(HttpMethod::kGet, path), "missing") << path;
  }
}

}  // namespace
}  // namespace hearth
