#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ports/http.h"

namespace hearth {

/// Who may call a route when the server wants a token.
enum class HttpAccess : std::uint8_t {
  kToken,
  kOpen,  ///< Anyone: it must tell nothing.
};

struct HttpRoute {
  HttpMethod method = HttpMethod::kGet;
  std::string pattern;  ///< "/v1/nodes/{name}": a parameter is one whole, non-empty segment.
  HttpAccess access = HttpAccess::kToken;
  HttpHandler handler;
};

/// Which handler answers a method and a path. Filled once, before the server listens.
class HttpRouter {
 public:
  struct Found {
    const HttpRoute* route;
    std::map<std::string, std::string> parameters;
  };
  struct WrongMethod {
    std::string allowed;  ///< For the Allow header: "GET, HEAD, PUT".
  };
  struct Missing {};

  /// The same method and pattern twice is a programmer's error.
  void add(HttpMethod method, std::string pattern, HttpHandler handler,
           HttpAccess access = HttpAccess::kToken);

  /// `path` is still percent-encoded, so that an encoded slash does not part a segment. HEAD is
  /// answered by the route of GET where it has none of its own; the server drops the body.
  std::variant<Found, WrongMethod, Missing> find(HttpMethod method, std::string_view path) const;

  const std::vector<HttpRoute>& routes() const { return routes_; }

 private:
  std::vector<HttpRoute> routes_;
};

}  // namespace hearth
