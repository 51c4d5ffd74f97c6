#include "adapters/http/request_target.h"

#include <algorithm>

#include "wire/percent_coding.h"

namespace hearth::http {

std::optional<RequestTarget> split_target(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (target.starts_with(kScheme)) {
    target.remove_prefix(std::min(target.find('/', kScheme.size()), target.size()));
  }
  if (!target.starts_with('/')) return std::nullopt;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::size_t query = std::min(mark + 1, target.size());
  return RequestTarget{target.substr(0, mark), target.substr(query)};
}

std::optional<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto key = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!key || !value) return std::nullopt;
    if (!key->empty()) query[*std::move(key)] = *std::move(value);
  }
  return query;
}

}  // namespace hearth::http
