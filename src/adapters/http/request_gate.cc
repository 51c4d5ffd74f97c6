#include "adapters/http/request_gate.h"

#include <algorithm>

#include <arpa/inet.h>

#include "base/check.h"

namespace hearth::http {
namespace {

/// Takes the same time wherever the two differ, so that response times do not reveal a token byte
/// by byte. (Its length is no secret.)
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  const bool bearer = authorization.size() > kScheme.size() &&
                      std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                                 [](char want, char got) { return want == (got | 0x20); });
  return bearer ? authorization.substr(kScheme.size()) : std::string_view();
}

/// Only these hosts cannot be pointed at this machine by the owner of a domain name.
bool names_an_address(std::string_view host) {
  if (host.starts_with('[')) return true;
  const std::string name(host.substr(0, host.find(':')));
  in_addr address{};
  return name == "localhost" || inet_pton(AF_INET, name.c_str(), &address) == 1;
}

}  // namespace

RequestGate RequestGate::for_network(std::string token) {
  HEARTH_CHECK(!token.empty());
  return RequestGate(std::move(token));
}

std::optional<RequestGate::Denial> RequestGate::judge(const HttpRequest& request,
                                                      HttpAccess access) const {
  if (access == HttpAccess::kOpen) return std::nullopt;
  if (!token_.empty()) {
    const std::string_view authorization = request.header("authorization");
    if (equal_in_constant_time(bearer_token(authorization), token_)) return std::nullopt;
    return Denial{
        401,
        {ErrorCode::kUnauthorized,
         authorization.empty() ? "this requires the cluster's token as 'Authorization: Bearer …'"
                               : "the token does not belong to this cluster"}};
  }
  const std::string_view host = request.header("host");
  const std::string_view origin = request.header("origin");
  if (!host.empty() && !names_an_address(host)) {
    return Denial{403,
                  {ErrorCode::kUnauthorized,
                   "address a listener on loopback by its IP address or as localhost"}};
  }
  if (!origin.empty() && origin != "http://" + std::string(host)) {
    return Denial{403, {ErrorCode::kUnauthorized, "requests from foreign web pages are refused"}};
  }
  return std::nullopt;
}

}  // namespace hearth::http
