#include "adapters/http/http_router.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "wire/percent_coding.h"

namespace hearth {
namespace {

/// Removes the next segment from `path`, which starts with '/'.
std::string_view take_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  const std::string_view segment = path.substr(1, end - 1);
  path.remove_prefix(end);
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

std::optional<std::map<std::string, std::string>> match(std::string_view pattern,
                                                        std::string_view path) {
  std::map<std::string, std::string> parameters;
  while (pattern.starts_with('/') && path.starts_with('/')) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (!is_parameter(wanted)) {
      if (wanted != given) return std::nullopt;
      continue;
    }
    std::optional<std::string> value = percent_decode(given);
    if (!value || value->empty()) return std::nullopt;
    parameters.emplace(wanted.substr(1, wanted.size() - 2), *std::move(value));
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return parameters;
}

}  // namespace

void HttpRouter::enter(HttpRoute route) {
  HEARTH_CHECK(route.pattern.starts_with('/'));
  HEARTH_CHECK(std::none_of(routes_.begin(), routes_.end(), [&](const HttpRoute& other) {
    return other.method == route.method && other.pattern == route.pattern;
  }));
  routes_.push_back(std::move(route));
}

std::variant<HttpRouter::Found, HttpRouter::WrongMethod, HttpRouter::Missing> HttpRouter::find(
    HttpMethod method, std::string_view path) const {
  std::optional<Found> found;
  std::vector<std::string_view> allowed;
  for (const HttpRoute& route : routes_) {
    auto parameters = match(route.pattern, path);
    if (!parameters) continue;
    if (route.method == method) return Found{&route, *std::move(parameters)};
    if (route.method == HttpMethod::kGet) {
      allowed.push_back(name_of(HttpMethod::kHead));
      if (method == HttpMethod::kHead) found = Found{&route, *std::move(parameters)};
    }
    allowed.push_back(name_of(route.method));
  }
  if (found) return *std::move(found);
  if (allowed.empty()) return Missing{};
  std::sort(allowed.begin(), allowed.end());
  allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
  WrongMethod wrong;
  for (const std::string_view name : allowed) {
    wrong.allowed += wrong.allowed.empty() ? "" : ", ";
    wrong.allowed += name;
  }
  return wrong;
}

}  // namespace hearth
