#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ports/http.h"

namespace hearth {

/// Finds the handler for a method and a path. Filled once, before the server listens.
class HttpRouter final : public HttpRoutes {
 public:
  struct Found {
    const HttpRoute* route;
    std::map<std::string, std::string> parameters;
  };
  struct WrongMethod {
    std::string allowed;  ///< For the Allow header: "GET, HEAD, PUT".
  };
  struct Missing {};

  void enter(HttpRoute route) override;

  /// `path` is still percent-encoded, so that an encoded slash does not split a segment. A HEAD
  /// without a route of its own uses that of GET; the server drops the body.
  std::variant<Found, WrongMethod, Missing> find(HttpMethod method, std::string_view path) const;

  const std::vector<HttpRoute>& routes() const { return routes_; }

 private:
  std::vector<HttpRoute> routes_;
};

}  // namespace hearth
