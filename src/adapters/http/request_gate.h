#pragma once

#include <string>

#include "adapters/http/http_router.h"

namespace hearth::http {

/// Decides whether a request is admitted: the only place that checks the token.
///
/// Off loopback, every route except the open ones requires `Authorization: Bearer <token>`. On
/// loopback no token is required, and the danger is a web page in a browser on this machine:
/// requests that such a page can cause (from a foreign origin, or by a name rebound to 127.0.0.1)
/// are refused.
class RequestGate {
 public:
  /// For a listener on loopback.
  static RequestGate for_loopback() { return RequestGate({}); }
  /// For any other listener. `token` is not empty.
  static RequestGate for_network(std::string token);

  struct Denial {
    unsigned status;
    Error error;
  };
  /// nullopt: the request is admitted.
  std::optional<Denial> judge(const HttpRequest& request, HttpAccess access) const;

 private:
  explicit RequestGate(std::string token) : token_(std::move(token)) {}

  std::string token_;  ///< Empty: on loopback.
};

}  // namespace hearth::http
