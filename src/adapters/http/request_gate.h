#pragma once

#include <string>

#include "adapters/http/http_router.h"

namespace hearth::http {

/// Decides whether a request may come in at all: the one place where the token is asked for.
///
/// Off loopback every route but the open ones wants `Authorization: Bearer <token>`. On loopback
/// there is no token, and the danger is a web page in the browser of somebody on this machine:
/// so a request that such a page can cause (from a foreign origin, or by a name that was rebound
/// to 127.0.0.1) is refused there.
class RequestGate {
 public:
  /// Listening on loopback.
  static RequestGate for_loopback() { return RequestGate({}); }
  /// Listening anywhere else. `token` is not empty.
  static RequestGate for_network(std::string token);

  struct Denial {
    unsigned status;
    Error error;
  };
  /// Nullopt: it may come in.
  std::optional<Denial> judge(const HttpRequest& request, HttpAccess access) const;

 private:
  explicit RequestGate(std::string token) : token_(std::move(token)) {}

  std::string token_;  ///< Empty: on loopback.
};

}  // namespace hearth::http
